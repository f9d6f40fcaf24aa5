"""A real API server and its etcd on this machine's loopback, for as long as the tests of this layer run.

No node, no controller, no scheduler: what is tested here speaks to the API alone. Both programs come from where the
cluster's come from (deploy/cluster/binaries.py), so a machine that has made a cluster builds nothing here.
"""

import json
import secrets
import signal
import socket
import ssl
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

from deploy.cluster.binaries import find_program
from deploy.cluster.certificates import Authority, Pair, service_account_keys
from deploy.cluster.faults import last_lines
from deploy.cluster.kube_api import kubeconfig

READY_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 20.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Answer(NamedTuple):
    """What a call was answered, and warnings beside it."""

    body: bytes
    warnings: tuple[str, ...]


class ApiServer:
    """Two processes, their certificates and their data in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.etcd_port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.authority = Authority.create(folder / "pki", "test-ca")
        self.serving = self.authority.issue("kube-apiserver", names=("DNS:localhost", "IP:127.0.0.1"))
        self.admin = self.authority.issue("admin", groups=("system:masters",))
        self.account_keys = service_account_keys(folder / "pki")
        # For aggregated APIs: who the server is to them, which nobody else can be.
        self.front_authority = Authority.create(folder / "front-proxy", "test-front-proxy-ca")
        self.front_proxy = self.front_authority.issue("front-proxy-client")
        # A user with a token, for what a token's life is about; its rights are granted by its group.
        self.token = secrets.token_hex(16)
        (folder / "tokens.csv").write_text(f'{self.token},tokenuser,1,"system:masters"\n')
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.write_text(self.kubeconfig_for(self.admin, "admin"))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def kubeconfig_for(self, pair: Pair, user: str, server: str | None = None) -> str:
        return kubeconfig(server or self.url, self.authority.pair.certificate, pair, user)

    def start(self) -> None:
        self.start_etcd()
        self.start_api_server()

    def start_etcd(self) -> None:
        url = f"http://127.0.0.1:{self.etcd_port}"
        peer = f"http://127.0.0.1:{free_port()}"
        self._spawn(
            "etcd",
            *("--name=test", f"--data-dir={self.folder / 'etcd'}"),
            *(f"--listen-client-urls={url}", f"--advertise-client-urls={url}"),
            *(f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}"),
            *(f"--initial-cluster=test={peer}", "--unsafe-no-fsync", "--log-level=warn"),
        )

    def start_api_server(self) -> None:
        keys = self.account_keys
        self._spawn(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
            *("--bind-address=127.0.0.1", f"--secure-port={self.port}", "--endpoint-reconciler-type=none"),
            *(f"--tls-cert-file={self.serving.certificate}", f"--tls-private-key-file={self.serving.key}"),
            f"--client-ca-file={self.authority.pair.certificate}",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--service-cluster-ip-range=10.97.0.0/24",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",
            "--service-account-issuer=https://kubernetes.default.svc",
            *(f"--service-account-key-file={keys.certificate}", f"--service-account-signing-key-file={keys.key}"),
            f"--requestheader-client-ca-file={self.front_authority.pair.certificate}",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            *(
                f"--proxy-client-cert-file={self.front_proxy.certificate}",
                f"--proxy-client-key-file={self.front_proxy.key}",
            ),
            # An aggregated API's address comes from its EndpointSlice: there is no kube-proxy.
            "--enable-aggregator-routing=true",
            f"--cert-dir={self.folder / 'certs'}",
            "--profiling=false",
        )
        self.await_ready()

    def _spawn(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as out:
            self.processes[name] = subprocess.Popen(
                [find_program(name, print), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.folder,
                start_new_session=True,
            )

    def await_ready(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while True:
            for name, process in self.processes.items():
                assert process.poll() is None, f"{name} ended:\n{last_lines(self.folder / f'{name}.log')}"
            try:
                if self.request("GET", "/readyz") == b"ok":
                    return
            except OSError as error:
                assert time.monotonic() < deadline, f"{error}\n{last_lines(self.folder / 'kube-apiserver.log')}"
            time.sleep(0.1)

    def request(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> bytes:
        """A call of the administrator's, by another client than the one that is tested; an HTTPError where it fails."""
        return self.ask(method, path, body, content_type).body

    def ask(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Answer:
        """The same, with what the API server warned of."""
        tls = ssl.create_default_context(cafile=str(self.authority.pair.certificate))
        tls.load_cert_chain(self.admin.certificate, self.admin.key)
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": content_type}, method=method)
        with urllib.request.urlopen(request, context=tls, timeout=30) as answer:
            # A warning is `299 - "what there is to say"`.
            warned = [json.loads(one.split(" - ", 1)[1]) for one in answer.headers.get_all("Warning") or ()]
            return Answer(answer.read(), tuple(warned))

    def stop(self, name: str, signal_number: int = signal.SIGTERM) -> None:
        process = self.processes.pop(name)
        process.send_signal(signal_number)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End both at once: nothing of theirs is needed any more."""
        for name in list(self.processes):
            self.stop(name, signal.SIGKILL)
