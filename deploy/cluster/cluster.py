"""A whole cluster: made, found again, used and removed.

``create_cluster`` gives a cluster in which everything is Ready, ``find_cluster`` one that another process made,
``remove_cluster`` leaves nothing of it, whatever state it is in: made, half made, or with the process that made it
killed. What is kept are the caches: programs and compiled sources.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from deploy.cluster import control_plane, node
from deploy.cluster.binaries import Binaries, find_binaries
from deploy.cluster.certificates import Authority, Pair
from deploy.cluster.cgroups import hierarchies, remove_cgroups
from deploy.cluster.faults import ClusterError, last_lines
from deploy.cluster.images import compile_pause, write_busybox_image, write_pause_image
from deploy.cluster.kube_api import KubeApi, wait_until
from deploy.cluster.layout import STATE, Layout, node_name
from deploy.cluster.machine import Machine, end_machines, processes_of
from deploy.cluster.network import connect, disconnect
from deploy.setup.cache import cache_folder, locked

Progress = Callable[[str], None]

CONTROL = "control"
CONTROL_PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
NODE_PROGRAMS = ("containerd", "containerd-shim-runc-v2", "ctr", "kubelet", "kube-proxy")
CONTROL_DAEMONS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
NODE_DAEMONS = ("containerd", "kubelet", "kube-proxy")
KUBECTL_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Cluster:
    """A cluster that is up. ``nodes`` are its machines by number, from 1."""

    layout: Layout
    control: Machine
    nodes: dict[int, Machine]
    api: KubeApi

    @property
    def kubeconfig(self) -> Path:
        """The administrator's, with every certificate in it."""
        return self.layout.folder / "kubeconfig"

    @property
    def kubectl_program(self) -> Path:
        return self.layout.folder / "kubectl"

    @property
    def node_names(self) -> list[str]:
        return [node_name(number) for number in self.nodes]

    @property
    def audit_log(self) -> Path:
        """One JSON object a line for every request: verb, resource, user, status."""
        return self.control.path(control_plane.AUDIT_LOG)

    def machine(self, name: str) -> Machine:
        """``control``, or a node by its name."""
        machines = {machine.name: machine for machine in (self.control, *self.nodes.values())}
        if name not in machines:
            raise ClusterError(f"the cluster has no machine {name!r}; it has {', '.join(machines)}")
        return machines[name]

    def user(self, name: str, *groups: str) -> KubeApi:
        """The API as a user of this name sees it, whose rights are those that roles give to name and groups."""
        authority = _authority(self.control)
        return KubeApi(self.layout.server, authority.pair.certificate, authority.issue(name, groups=groups))

    def kubectl(
        self, *words: str | Path, stdin: str | None = None, timeout_s: float = KUBECTL_TIMEOUT_S, check: bool = True
    ) -> str:
        """What kubectl prints as the cluster's administrator; ClusterError where it fails (if ``check``)."""
        command = [str(self.kubectl_program), f"--cache-dir={self.layout.folder / 'kubectl-cache'}", *map(str, words)]
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        told = f"kubectl {' '.join(map(str, words))}"
        try:
            done = subprocess.run(
                command,
                input=stdin or "",
                env=environment,
                capture_output=True,
                text=True,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ClusterError(f"{told} did not end within {timeout_s:.0f} s") from None
        if check and done.returncode:
            raise ClusterError(f"{told}: status {done.returncode}: {(done.stderr or done.stdout).strip()[-3000:]}")
        return done.stdout

    def load_image(self, archive: Path) -> None:
        """Load every image of an archive into every node; an OCI layout in a tar file, or what ``docker save`` writes.

        Pods that use one need ``imagePullPolicy: IfNotPresent`` or ``Never``: there is no registry to pull from.
        """
        _at_once(lambda machine: node.import_image(machine, archive), list(self.nodes.values()))

    def apply(self, folder: Path) -> None:
        """``kubectl apply --server-side -k FOLDER``, and wait until what it holds is rolled out and available."""
        self.kubectl("apply", "--server-side", "-k", folder)
        rendered = json.loads(self.kubectl("apply", "--server-side", "--dry-run=server", "-o", "json", "-k", folder))
        items = rendered.get("items", [rendered])
        for kinds, words in (
            (("Deployment", "DaemonSet"), ("rollout", "status")),
            (("KubeVirt",), ("wait", "--for=condition=Available")),
        ):
            for item in items:
                if item["kind"] in kinds:
                    what = f"{item['kind']}/{item['metadata']['name']}"
                    self.kubectl(*words, "-n", item["metadata"]["namespace"], what, "--timeout=110s")

    def restart(self, machine: str, daemon: str, signal_number: int = signal.SIGTERM) -> None:
        """End a daemon by a signal and start it again; see ``await_all_ready``."""
        where = self.machine(machine)
        if daemon in CONTROL_DAEMONS and where is self.control:
            control_plane.restart(self.layout, where, daemon, signal_number)
            return
        number = next((number for number, member in self.nodes.items() if member is where), 0)
        if not number or daemon not in NODE_DAEMONS:
            raise ClusterError(f"{machine} has no daemon {daemon!r}")
        where.stop(daemon, signal_number)
        _start_on_node(self.layout, number, where, daemon)
        if daemon == "containerd":
            node.await_containerd(where)

    def await_all_ready(self) -> None:
        """Wait until the API server and all nodes are Ready; ClusterError says which isn't, and why."""
        control_plane.await_api(self.control, self.api)
        for daemon in CONTROL_DAEMONS:
            self.control.require(daemon)
        for number, machine in self.nodes.items():
            node.await_ready(self.api, number, machine)
        wait_until(
            "the namespace default has a service account",
            lambda: self.api.find("/api/v1/namespaces/default/serviceaccounts/default") is not None,
            60,
            lambda: last_lines(self.control.log("kube-controller-manager")),
        )


def create_cluster(layout: Layout, progress: Progress) -> Cluster:
    """Make the cluster and wait until all of it is Ready. Raises ClusterError, and leaves what there is.

    Where a cluster of this number is there already, that is an error: it may be half of one.
    """
    if os.geteuid() != 0:
        raise ClusterError("a cluster needs root, for namespaces, mounts and links: run it as root")
    binaries = find_binaries(progress)
    hierarchies()
    with locked(cache_folder() / f"cluster.{layout.number}.lock", f"cluster {layout.number}"):
        if layout.folder.exists():
            raise ClusterError(
                f"cluster {layout.number} is there already, whole or in part ({layout.folder}): remove it first "
                "(make cluster-down)"
            )
        layout.folder.mkdir(mode=0o755, parents=True)
        (layout.folder / "cluster.json").write_text(json.dumps({"nodes": layout.nodes}))
        cluster = _boot_machines(layout, binaries, progress)
        _start_all(cluster, progress)
        return cluster


def _machines(layout: Layout) -> tuple[Machine, dict[int, Machine]]:
    def machine(name: str) -> Machine:
        return Machine(name, layout.folder / name, f"{layout.cgroup}/{name}")

    return machine(CONTROL), {number: machine(node_name(number)) for number in layout.node_numbers}


def _authority(control: Machine) -> Authority:
    folder = control.path(control_plane.PKI)
    return Authority(folder, Pair(folder / "ca.crt", folder / "ca.key"))


def _boot_machines(layout: Layout, binaries: Binaries, progress: Progress) -> Cluster:
    """Machines with their files and wires, and no daemon yet."""
    control, nodes = _machines(layout)
    pause = layout.folder / "pause"
    compile_pause(pause)
    (layout.folder / "kubectl").symlink_to(binaries["kubectl"])
    hosts = {CONTROL: layout.control_address}
    hosts |= {node_name(number): layout.node_address(number) for number in nodes}
    control.create({"pause": pause, **{name: binaries[name] for name in CONTROL_PROGRAMS}}, hosts)
    for machine in nodes.values():
        machine.create({"pause": pause, **{name: binaries[name] for name in NODE_PROGRAMS}}, hosts)
    authority = Authority.create(control.path(control_plane.PKI), "kvnode-cluster-ca")
    api = control_plane.prepare(layout, control, authority)
    for number, machine in nodes.items():
        node.prepare(layout, number, machine, authority, binaries["runc"])
    connect(layout, control, nodes)
    progress(f"machines: {CONTROL}, {', '.join(machine.name for machine in nodes.values())}, each in its namespaces")
    return Cluster(layout, control, nodes, api)


def _start_all(cluster: Cluster, progress: Progress) -> None:
    """Start every daemon in the order in which they need one another, images meanwhile."""
    control_plane.start_store(cluster.layout, cluster.control)
    machines = list(cluster.nodes.values())
    for machine in machines:
        node.start_containerd(machine)
    _at_once(node.await_containerd, machines)
    progress("containerd answers on every node")
    pause, busybox = cluster.layout.folder / "pause.tar", cluster.layout.folder / "busybox.tar"
    write_pause_image(cluster.layout.folder / "pause", pause)
    write_busybox_image(busybox)
    for archive in (pause, busybox):
        cluster.load_image(archive)
        archive.unlink()
    progress("images: pause and busybox are on every node")
    control_plane.await_api(cluster.control, cluster.api)
    progress("the API server is ready")
    control_plane.start_controllers(cluster.layout, cluster.control)
    for number, machine in cluster.nodes.items():
        _start_on_node(cluster.layout, number, machine, "kubelet")
        _start_on_node(cluster.layout, number, machine, "kube-proxy")
    for number, machine in cluster.nodes.items():
        node.await_ready(cluster.api, number, machine)
        progress(f"{machine.name} is Ready")
    cluster.await_all_ready()
    progress("everything is Ready")


def _start_on_node(layout: Layout, number: int, machine: Machine, daemon: str) -> None:
    match daemon:
        case "containerd":
            node.start_containerd(machine)
        case "kubelet":
            node.start_kubelet(layout, number, machine)
        case "kube-proxy":
            node.start_proxy(machine)


def _at_once(act: Callable[[Machine], None], machines: list[Machine]) -> None:
    """The same for every machine at the same time; the first failure is raised when all have ended."""
    with ThreadPoolExecutor(len(machines)) as pool:
        for done in [pool.submit(act, machine) for machine in machines]:
            done.result()


def find_cluster(number: int = 0) -> Cluster:
    """The cluster of this number that is up; ClusterError where there is none, or only half of one."""
    folder = Layout(number).folder
    try:
        nodes = int(json.loads((folder / "cluster.json").read_text())["nodes"])
    except (FileNotFoundError, ValueError, KeyError):
        raise ClusterError(f"there is no cluster {number} ({folder}): make one (make cluster)") from None
    layout = Layout(number, nodes)
    control, machines = _machines(layout)
    for machine in (control, *machines.values()):
        machine.pid()
    authority = _authority(control)
    client = Pair(authority.folder / "kubernetes-admin.crt", authority.folder / "kubernetes-admin.key")
    return Cluster(layout, control, machines, KubeApi(layout.server, authority.pair.certificate, client))


def cluster_exists(number: int = 0) -> bool:
    """Whether anything of a cluster of this number is there: files, or processes of its machines."""
    folder = Layout(number).folder
    return folder.exists() or any(processes_of(folder))


def remove_cluster(number: int, progress: Progress) -> None:
    """End the cluster and leave nothing of it: processes, namespaces, links, mounts, rules, cgroups, files.

    It needs no cluster that is whole, and is not an error where there is none. Raises ClusterError where the kernel
    doesn't let go of something.
    """
    layout = Layout(number)
    with locked(cache_folder() / f"cluster.{number}.lock", f"cluster {number}"):
        ended = end_machines(layout.folder)
        if ended:
            progress(f"{ended} machines ended, with all that ran in them")
        disconnect(layout)
        remove_cgroups(layout.cgroup)
        if layout.folder.exists():
            _remove_files(layout.folder)
            progress(f"{layout.folder} is removed")
        if STATE.is_dir() and not any(STATE.iterdir()):
            STATE.rmdir()


def _remove_files(folder: Path) -> None:
    mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    inside = [point for point in mounted if Path(point).is_relative_to(folder)]
    if inside:
        raise ClusterError(
            f"{inside[0]} is mounted on this host, which the cluster never does: unmount it, and ask again"
        )
    deadline = time.monotonic() + 30
    while True:
        try:
            shutil.rmtree(folder)
            return
        except OSError as error:
            # The last process of a mount namespace is gone a moment before its mounts are.
            if time.monotonic() > deadline:
                raise ClusterError(f"{folder} can't be removed: {error}") from None
            time.sleep(0.1)
