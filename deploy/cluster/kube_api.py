"""The API server as this host asks it: JSON over HTTPS with the administrator's certificate.

Just what it takes to bring a cluster up and to look at it; whoever does more uses kubectl or a client library with the
kubeconfig.
"""

import base64
import http.client
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deploy.cluster.certificates import Pair
from deploy.cluster.faults import ClusterError

REQUEST_TIMEOUT_S = 30.0


class NotAnswering(ClusterError):
    """Nobody answers at the API server's address."""

    reason = "NotAnswering"
    retryable = True


class Refused(ClusterError):
    """The API server's answer is no; ``status`` is HTTP's."""

    reason = "Refused"

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class KubeApi:
    """One API server at ``https://ADDRESS:PORT``, and who we are to it."""

    server: str
    authority: Path
    client: Pair

    def request(
        self, method: str, path: str, body: object = None, content_type: str = "application/json"
    ) -> dict[str, Any]:
        """The decoded answer; text that isn't JSON stands under ``text``.

        Raises NotAnswering where there is no answer, Refused for a status from 400 on.
        """
        tls = ssl.create_default_context(cafile=str(self.authority))
        tls.load_cert_chain(self.client.certificate, self.client.key)
        address = urlsplit(self.server)
        connection = http.client.HTTPSConnection(
            address.hostname or "", address.port, timeout=REQUEST_TIMEOUT_S, context=tls
        )
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": content_type, "Accept": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise NotAnswering(f"{method} {self.server}{path}: {error}") from None
        finally:
            connection.close()
        if answer.status >= 400:
            raise Refused(f"{method} {path}: {answer.status} {_message(text)}", answer.status)
        try:
            decoded = json.loads(text)
        except ValueError:
            return {"text": text}
        return decoded if isinstance(decoded, dict) else {"value": decoded}

    def get(self, path: str) -> dict[str, Any]:
        return self.request("GET", path)

    def find(self, path: str) -> dict[str, Any] | None:
        """The object, or None where there is none."""
        try:
            return self.get(path)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise


def _message(text: str) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text.strip()[:1000]


def wait_until(what: str, holds: Callable[[], bool], timeout_s: float, otherwise: Callable[[], str]) -> None:
    """Ask until it holds; at the deadline raise ClusterError with what ``otherwise`` knows. NotAnswering is a no."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            if holds():
                return
            last = ""
        except NotAnswering as error:
            last = f" ({error})"
        if time.monotonic() > deadline:
            raise ClusterError(f"{what}: not so after {timeout_s:.0f} s{last}; {otherwise()}")
        time.sleep(0.1)


def kubeconfig(server: str, authority: Path, client: Pair, user: str) -> str:
    """A kubeconfig with everything in it, so it may be copied; JSON, which every reader of YAML reads."""

    def inline(path: Path) -> str:
        return base64.b64encode(path.read_bytes()).decode()

    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": "kvnode", "cluster": {"server": server, "certificate-authority-data": inline(authority)}}
            ],
            "users": [
                {
                    "name": user,
                    "user": {
                        "client-certificate-data": inline(client.certificate),
                        "client-key-data": inline(client.key),
                    },
                }
            ],
            "contexts": [{"name": "kvnode", "context": {"cluster": "kvnode", "user": user, "namespace": "default"}}],
            "current-context": "kvnode",
        },
        indent=1,
    )
