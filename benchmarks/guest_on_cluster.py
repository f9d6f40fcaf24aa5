"""A guest on a cluster, from its apply to its first answer, by who took how long; and what stands beside its QEMU.

    make cluster && make bench-cluster

Guests are started one after the other on a cluster of ``deploy/cluster`` with kvnode on it, and two watches note when
what was seen. Of several rounds the smallest of each step is told, and the whole of the best round. Memory is that of
the last guest, once it answers: each process's proportional set size (PSS), what of it no file is behind, and what the
Pod's cgroup counts. Shared libraries are paid once for a node, so the first guest pays more of them than the tenth:
``--guests`` starts some more of them before anything is weighed.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import socket
import ssl
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from deploy.cluster.cluster import Cluster, find_cluster
from deploy.cluster.kube_api import KubeApi
from deploy.cluster.machine import Machine

EXAMPLE = Path(__file__).resolve().parents[1] / "deploy/examples/vmi-tiny.yaml"
NAMESPACE = "default"
GUESTS = f"/apis/kubevirt.io/v1/namespaces/{NAMESPACE}/virtualmachineinstances"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
MIB = 1 << 20
PATIENCE_S = 180.0

# What is seen, in its order, and who brings it about.
STEPS = {
    "created": "API server, with virt-api's webhooks",
    "pod": "virt-controller: the Pod",
    "bound": "scheduler",
    "pod runs": "kubelet and containerd",
    "Scheduled": "virt-controller: the handover",
    "Running": "virt-handler, launcher, libvirt, QEMU",
    "answers": "the guest: firmware, kernel, DHCP, web server",
}


@dataclass
class Start:
    """One guest's start: seconds from apply until each thing was seen."""

    name: str
    begun: float = 0.0
    seen_s: dict[str, float] = field(default_factory=dict)

    def note(self, what: str) -> None:
        self.seen_s.setdefault(what, time.monotonic() - self.begun)

    def steps_s(self) -> dict[str, float]:
        """How long each step took, by what ended it."""
        before, took = 0.0, {}
        for what in STEPS:
            took[what] = self.seen_s[what] - before
            before = self.seen_s[what]
        return took


class Watch:
    """A watch of the API server's, read on a thread: calls ``seen`` with each object until it is closed."""

    def __init__(self, api: KubeApi, path: str, seen: Any) -> None:
        tls = ssl.create_default_context(cafile=str(api.authority))
        tls.load_cert_chain(api.client.certificate, api.client.key)
        address = urlsplit(api.server)
        self._connection = http.client.HTTPSConnection(
            address.hostname or "", address.port, timeout=PATIENCE_S, context=tls
        )
        self._connection.request(
            "GET", f"{path}?watch=1&resourceVersion={api.get(path)['metadata']['resourceVersion']}"
        )
        self._answer = self._connection.getresponse()
        self._seen = seen
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            for line in self._answer:
                self._seen(json.loads(line)["object"])
        except (OSError, ValueError, http.client.HTTPException):
            return  # closed

    def close(self) -> None:
        if self._connection.sock is not None:
            self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._connection.close()


def start(cluster: Cluster, name: str) -> tuple[Start, str]:
    """Start a guest and wait for its answer; its address beside the times."""
    run, done = Start(name), threading.Event()

    def guest_seen(guest: dict[str, Any]) -> None:
        if guest["metadata"].get("name") == name:
            phase = guest.get("status", {}).get("phase")
            run.note("Running" if phase == "Running" else "Scheduled" if phase == "Scheduled" else "phase")
            if phase in ("Running", "Failed"):
                done.set()

    def pod_seen(pod: dict[str, Any]) -> None:
        if pod["metadata"].get("labels", {}).get("vm.kubevirt.io/name") == name:
            run.note("pod")
            if pod["spec"].get("nodeName"):
                run.note("bound")
            if pod["status"].get("phase") == "Running":
                run.note("pod runs")

    watches = [Watch(cluster.api, GUESTS, guest_seen), Watch(cluster.api, PODS, pod_seen)]
    document = yaml.safe_load(EXAMPLE.read_text())
    document["metadata"] = {"name": name}
    run.begun = time.monotonic()
    try:
        cluster.api.request("POST", GUESTS, document)
        run.note("created")
        if not done.wait(PATIENCE_S) or "Running" not in run.seen_s:
            raise SystemExit(f"{name} does not run:\n{cluster.kubectl('describe', 'vmi', name, check=False)}")
    finally:
        for watch in watches:
            watch.close()
    address = str(cluster.api.get(f"{GUESTS}/{name}")["status"]["interfaces"][0]["ipAddress"])
    while not answers(address):
        if time.monotonic() - run.begun > PATIENCE_S:
            raise SystemExit(f"{name} runs and doesn't answer at {address}")
        time.sleep(0.02)
    run.note("answers")
    return run, address


def answers(address: str) -> bool:
    """Whether the guest's web server says anything."""
    try:
        with urllib.request.urlopen(f"http://{address}/", timeout=2) as answer:
            return bool(answer.read(1))
    except OSError:
        return False


def remove(cluster: Cluster, names: list[str]) -> None:
    """Take guests away, and wait until they are gone."""
    for name in names:
        if cluster.api.find(f"{GUESTS}/{name}") is not None:
            cluster.api.request("DELETE", f"{GUESTS}/{name}")
    deadline = time.monotonic() + PATIENCE_S
    while any(cluster.api.find(f"{GUESTS}/{name}") for name in names) and time.monotonic() < deadline:
        time.sleep(0.2)


def handler_steps(cluster: Cluster, name: str) -> str:
    """What the node's handler logged of a start: its steps, each with its seconds."""
    told = cluster.kubectl("-n", "kubevirt", "logs", "-l", "kubevirt.io=virt-handler", "--tail=200")
    found = re.findall(rf" {NAMESPACE}/{re.escape(name)}: (.* s)$", told, re.MULTILINE)
    return str(found[-1]) if found else "its log says nothing"


# -- what it weighs


@dataclass(frozen=True)
class Weight:
    """One process's memory, in bytes."""

    part: str
    pss: int
    anonymous: int


def part_of(command: str) -> str:
    """Which part of a guest a process is, by its command line."""
    for part, words in {"QEMU": "qemu-system", "launcher": "virt_launcher", "dnsmasq": "dnsmasq"}.items():
        if words in command:
            return part
    return "other"


def weigh(cluster: Cluster, name: str) -> tuple[list[Weight], dict[str, int]]:
    """The processes of a guest's Pod, its sandbox's own aside; and what its cgroup counts, in bytes."""
    guest = cluster.api.get(f"{GUESTS}/{name}")
    selector = f"kubevirt.io%2Fcreated-by%3D{guest['metadata']['uid']}"
    (pod,) = cluster.api.get(f"{PODS}?labelSelector={selector}")["items"]
    node = cluster.machine(guest["status"]["nodeName"])
    uid = pod["metadata"]["uid"]
    return _processes(node, uid), _cgroup(node, uid)


def _processes(node: Machine, pod_uid: str) -> list[Weight]:
    script = (
        'for p in /proc/[0-9]*; do grep -qs "pod$1" "$p/cgroup" || continue; '
        'echo "== $(tr "\\0" " " <"$p/cmdline" | cut -c1-200)"; '
        'grep -E "^(Pss|Anonymous):" "$p/smaps_rollup" 2>/dev/null; done'
    )
    found = []
    for text in node.run("sh", "-c", script, "sh", pod_uid).stdout.split("== ")[1:]:
        sizes = {key: int(kib) * 1024 for key, kib in re.findall(r"^(Pss|Anonymous):\s+(\d+) kB", text, re.MULTILINE)}
        command = text.partition("\n")[0]
        if sizes and not command.startswith("/pause"):
            found.append(Weight(part_of(command), sizes["Pss"], sizes["Anonymous"]))
    return found


def _cgroup(node: Machine, pod_uid: str) -> dict[str, int]:
    """``anonymous`` and ``all`` (with the page cache of the images that it read), of the Pod's own cgroup."""
    script = (
        'f=$(find /sys/fs/cgroup -type d -name "pod$1" -path "*memory*" | head -n 1); '
        '[ -n "$f" ] || f=$(find /sys/fs/cgroup -type d -name "pod$1" | head -n 1); '
        'cat "$f/memory.stat"; echo all $(cat "$f/memory.usage_in_bytes" 2>/dev/null || cat "$f/memory.current")'
    )
    said = dict(line.split(maxsplit=1) for line in node.run("sh", "-c", script, "sh", pod_uid).stdout.splitlines())
    return {"anonymous": int(said.get("total_rss") or said["anon"]), "all": int(said["all"])}


# -- what is told


def tell_times(cluster: Cluster, starts: list[Start]) -> None:
    least = {what: min(run.steps_s()[what] for run in starts) for what in STEPS}
    best = min(starts, key=lambda run: run.seen_s["answers"])
    print(f"\nseconds, {len(starts)} starts of vmi-tiny: the least of each step, and the best start whole")
    for what, who in STEPS.items():
        print(f"  {who:<48}{least[what]:8.3f}{best.steps_s()[what]:8.3f}")
    print(f"    of which by virt-handler: {handler_steps(cluster, best.name)}")
    print(f"  {'apply to Running':<48}{'':8}{best.seen_s['Running']:8.3f}")
    print(f"  {'apply to the answer':<48}{'':8}{best.seen_s['answers']:8.3f}")


def tell_weights(weights: list[Weight], cgroup: dict[str, int]) -> None:
    print("\nMiB of the last guest's Pod              PSS   anonymous")
    for part in ("QEMU", "launcher", "dnsmasq", "other"):
        mine = [one for one in weights if one.part == part]
        if mine:
            pss, anonymous = sum(one.pss for one in mine), sum(one.anonymous for one in mine)
            print(f"  {part:<32}{pss / MIB:10.1f}{anonymous / MIB:10.1f}")
    beside = [one for one in weights if one.part != "QEMU"]
    print(
        f"  {'beside QEMU':<32}{sum(one.pss for one in beside) / MIB:10.1f}"
        f"{sum(one.anonymous for one in beside) / MIB:10.1f}"
    )
    print(f"  the Pod's cgroup: {cgroup['anonymous'] / MIB:.1f} anonymous, {cgroup['all'] / MIB:.1f} with page cache")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--number", type=int, default=0, help="which cluster; 0")
    parser.add_argument("--rounds", type=int, default=5, help="how many starts are timed; 5")
    parser.add_argument("--guests", type=int, default=0, help="how many run beside the one that is weighed; 0")
    arguments = parser.parse_args()
    cluster = find_cluster(arguments.number)
    beside = [f"beside-{number}" for number in range(arguments.guests)]
    starts: list[Start] = []
    try:
        for name in beside:
            start(cluster, name)
        for number in range(arguments.rounds):
            name = f"figure-{number}"
            starts.append(start(cluster, name)[0])
            print(f"{name}: {starts[-1].seen_s['answers']:.2f} s", file=sys.stderr, flush=True)
            if number + 1 < arguments.rounds:
                remove(cluster, [name])
        weights, cgroup = weigh(cluster, starts[-1].name)
    finally:
        remove(cluster, [*beside, *(f"figure-{number}" for number in range(arguments.rounds))])
    tell_times(cluster, starts)
    tell_weights(weights, cgroup)
    return 0


if __name__ == "__main__":
    sys.exit(main())
