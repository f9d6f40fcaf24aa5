"""Guests and machines on the cluster, as their user has them: a user with the cluster role ``edit`` in one namespace.

Everything goes through the API server with that user's certificate: objects, subresources, and the console, which is a
websocket of another library than the daemons'.
"""

from __future__ import annotations

import json
import re
import ssl
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import websocket
import yaml

from deploy.cluster.cluster import Cluster
from deploy.cluster.kube_api import KubeApi, NotAnswering, Refused

T = TypeVar("T")

EXAMPLES = Path(__file__).resolve().parents[2] / "deploy/examples"
NAMESPACE = "default"
BOOT_S = 120.0
SUBPROTOCOL = "plain.kubevirt.io"


def wait_for(what: str, true: Callable[[], object], said: Callable[[], str] = str, timeout_s: float = BOOT_S) -> None:
    """Wait until it is so; what was known instead is told where it never is. An API server that is away is a no."""
    deadline = time.monotonic() + timeout_s
    while True:
        with suppress(NotAnswering):
            if true():
                return
        assert time.monotonic() < deadline, f"{what}: not within {timeout_s:.0f} s\n{said()}"
        time.sleep(0.2)


def patiently(ask: Callable[[], T], timeout_s: float = 60.0) -> T:
    """Ask again where the answer is that nobody can answer now (503): on a machine that is busy, or in an upheaval, the
    API server takes an aggregated API for away until its next look."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return ask()
        except (Refused, websocket.WebSocketBadStatusException) as error:
            status = error.status if isinstance(error, Refused) else error.status_code
            if status != 503 or time.monotonic() > deadline:
                raise
        time.sleep(1)


def example(kind: str) -> dict[str, Any]:
    """The shipped example: ``vmi-tiny`` or ``vm-tiny``."""
    document: dict[str, Any] = yaml.safe_load((EXAMPLES / f"{kind}.yaml").read_text())
    return document


class Thing:
    """One object of the user's, and the guest that belongs to it."""

    plural = ""

    def __init__(self, cluster: Cluster, user: KubeApi, name: str) -> None:
        self.cluster = cluster
        self.user = user
        self.name = name

    def path(self, plural: str = "", subresource: str = "") -> str:
        """Of this name's object, or of one of its subresources."""
        root = "/apis/subresources.kubevirt.io/v1" if subresource else "/apis/kubevirt.io/v1"
        path = f"{root}/namespaces/{NAMESPACE}/{plural or self.plural}/{self.name}"
        return f"{path}/{subresource}" if subresource else path

    def create(self, document: dict[str, Any]) -> None:
        """Make it, under our name; its labels name it too, so that a Service finds its Pod.

        As kubectl does it: a field that nobody knows is refused.
        """
        document["metadata"] = {"name": self.name, "labels": {"app": self.name}}
        self.user.request("POST", f"{self.path().rpartition('/')[0]}?fieldValidation=Strict", document)

    def get(self) -> dict[str, Any]:
        return self.user.get(self.path())

    def patch(self, change: dict[str, Any]) -> None:
        """Change it, as `kubectl patch --type=merge` does."""
        self.user.request("PATCH", self.path(), change, "application/merge-patch+json")

    # The guest.

    def guest(self) -> dict[str, Any] | None:
        return self.user.find(self.path("virtualmachineinstances"))

    @property
    def phase(self) -> str:
        guest = self.guest()
        return "" if guest is None else str(guest.get("status", {}).get("phase", ""))

    def running(self, timeout_s: float = BOOT_S) -> str:
        """The guest's address, once it runs."""
        wait_for(f"{self.name} is Running", lambda: self.phase == "Running", self.said, timeout_s)
        guest = self.guest()
        assert guest is not None
        return str(guest["status"]["interfaces"][0]["ipAddress"])

    @property
    def uid(self) -> str:
        guest = self.guest()
        return "" if guest is None else str(guest["metadata"]["uid"])

    @property
    def node(self) -> str:
        guest = self.guest()
        assert guest is not None
        return str(guest["status"]["nodeName"])

    def pods(self) -> list[dict[str, Any]]:
        """Its launchers' Pods that have not ended."""
        selector = f"vm.kubevirt.io%2Fname%3D{self.name}"
        pods = self.cluster.api.get(f"/api/v1/namespaces/{NAMESPACE}/pods?labelSelector={selector}")["items"]
        return [pod for pod in pods if pod["status"]["phase"] not in ("Succeeded", "Failed")]

    def pod(self) -> dict[str, Any]:
        (pod,) = self.pods()
        return pod

    def qemus(self) -> int:
        """How many QEMUs run on all nodes under this guest's name."""
        domain = f"guest={NAMESPACE}_{self.name},"
        found = 0
        for machine in self.cluster.nodes.values():
            found += machine.run("ps", "-ewwo", "args").stdout.count(domain)
        return found

    def condition(self, kind: str) -> dict[str, Any]:
        """A condition of the guest; empty where it isn't there."""
        guest = self.guest() or {}
        conditions = guest.get("status", {}).get("conditions", [])
        return next((one for one in conditions if one["type"] == kind), {})

    def events(self) -> list[dict[str, Any]]:
        """What was told of it and of its guest."""
        selector = f"involvedObject.name%3D{self.name}"
        return list(self.user.get(f"/api/v1/namespaces/{NAMESPACE}/events?fieldSelector={selector}")["items"])

    def said(self) -> str:
        """All that people see of it, for whoever reads why a test failed."""
        return self.cluster.kubectl("describe", "vm,vmi,pod", "-n", NAMESPACE, check=False)[-6000:]

    def console(self) -> Console:
        """A console, as a terminal program opens it."""
        return patiently(lambda: Console(self.user, self.path("virtualmachineinstances", "console")))

    def await_gone(self, timeout_s: float = BOOT_S) -> None:
        """Wait until neither object nor guest nor launcher is there."""
        wait_for(
            f"{self.name} is gone",
            lambda: self.user.find(self.path()) is None and self.guest() is None and not self.pods(),
            self.said,
            timeout_s,
        )

    def remove(self) -> None:
        """Take it away, whatever it is in the middle of."""
        if self.user.find(self.path()) is not None:
            self.user.request("DELETE", self.path())
        self.await_gone()


class Guest(Thing):
    """A VirtualMachineInstance of its own."""

    plural = "virtualmachineinstances"

    def apply(self, **spec: Any) -> None:
        """Make it of the example, with these parts of its spec in the example's place."""
        document = example("vmi-tiny")
        document["spec"].update(spec)
        self.create(document)


class Machine(Thing):
    """A VirtualMachine."""

    plural = "virtualmachines"

    def apply(self, strategy: str) -> None:
        """Make it of the example."""
        document = example("vm-tiny")
        document["spec"]["runStrategy"] = strategy
        document["spec"]["template"]["metadata"]["labels"] = {"app": self.name}
        self.create(document)

    def ask(self, verb: str, **options: Any) -> None:
        """`virtctl start`, `stop` or `restart`."""
        patiently(lambda: self.user.request("PUT", self.path(subresource=verb), options))

    @property
    def printed(self) -> str:
        """What `kubectl get vm` shows under STATUS."""
        return str(self.get().get("status", {}).get("printableStatus", ""))


class Console:
    """A serial console by the API server; ``heard`` is all that came."""

    def __init__(self, user: KubeApi, path: str) -> None:
        self.heard = ""
        tls = {
            "ca_certs": str(user.authority),
            "certfile": str(user.client.certificate),
            "keyfile": str(user.client.key),
            "cert_reqs": ssl.CERT_REQUIRED,
        }
        self._socket = websocket.WebSocket(sslopt=tls)
        self._socket.settimeout(30)
        try:
            self._socket.connect(user.server.replace("https:", "wss:", 1) + path, subprotocols=[SUBPROTOCOL])
            assert self._socket.getsubprotocol() == SUBPROTOCOL
        except BaseException:
            self._socket.close()
            raise

    def type(self, text: str) -> None:
        """Type it, with Enter."""
        self._socket.send_binary(text.encode() + b"\r")

    def expect(self, pattern: str, timeout_s: float = 60) -> re.Match[str]:
        """Read until the pattern has come since the last match."""
        deadline = time.monotonic() + timeout_s
        while (found := re.search(pattern, self.heard)) is None:
            left = deadline - time.monotonic()
            assert left > 0, f"{pattern!r} did not come; what came: {self.heard[-2000:]!r}"
            self._socket.settimeout(left)
            with suppress(websocket.WebSocketTimeoutException):
                data = self._socket.recv()
                assert data or self._socket.connected, f"the console closed; what came: {self.heard[-2000:]!r}"
                self.heard += data.decode(errors="replace") if isinstance(data, bytes) else data
        self.heard = self.heard[found.end() :]
        return found

    def await_shell(self, timeout_s: float = BOOT_S) -> None:
        """Press Enter until the guest's shell answers."""
        deadline = time.monotonic() + timeout_s
        while True:
            self.type("echo here-$((40+2))")
            try:
                self.expect("here-42", 3)
                return
            except AssertionError:
                if time.monotonic() > deadline or not self._socket.connected:
                    raise

    def close(self) -> None:
        self._socket.close()
        # Of a stream that the other side has closed the library keeps the connection.
        self._socket.shutdown()

    def __enter__(self) -> Console:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def facts_of(address: str, timeout_s: float = BOOT_S) -> dict[str, str]:
    """What the guest's own web server says of it, asked until it answers."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            with urllib.request.urlopen(f"http://{address}/", timeout=5) as answer:
                return dict(re.findall(r"^(\S+?)=(.*)$", answer.read().decode(), re.MULTILINE))
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def uptime_s(address: str) -> float:
    """How long the guest says that it runs."""
    return float(facts_of(address)["uptime"])


def manifest(document: dict[str, Any]) -> str:
    """What `kubectl apply -f -` reads."""
    return json.dumps(document)
