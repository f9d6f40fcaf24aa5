"""Where the API server is and who we are to it, from the official client's loaders; read again when it changes.

A kubelet renews a service account's token in its file every hour or so; an exec plugin's token expires as well. The
client reads its file again each minute by itself; beyond that, a 401 is answered by loading everything anew
(`ApiClient` does it), so that rotated tokens, client certificates and authorities are all one case.

Importing the official client costs 20 MB of private memory in version 37, which is its asyncio half's parent
package and what that imports (requests, websocket, pydantic); its generated models are never touched.
"""

import hashlib
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config import ConfigException, load_kube_config
from kubernetes.aio.config.incluster_config import (
    SERVICE_CERT_FILENAME,
    SERVICE_TOKEN_FILENAME,
    InClusterConfigLoader,
)

from controllers.runtime.faults import in_words
from kvnode.errors import KvnodeError

Load = Callable[[], Awaitable[Configuration]]


class NoCredentials(KvnodeError):
    """There is no configuration to reach an API server with."""

    reason = "NoCredentials"


def from_kubeconfig(path: str | Path, context: str | None = None) -> Load:
    """The server and user of a kubeconfig's context, its current one by default."""

    async def load() -> Configuration:
        if not Path(path).is_file():
            raise NoCredentials(f"there is no kubeconfig at {path}; name one by --kubeconfig or in KUBECONFIG")
        configuration = Configuration()
        try:
            await load_kube_config(str(path), context, configuration, persist_config=False)
        except Exception as error:  # the loader looks at little before it uses it; whatever it meets is the file's
            raise NoCredentials(f"the kubeconfig {path} can't be used: {in_words(error)}") from None
        return configuration

    return load


def in_cluster(
    token: str | Path = SERVICE_TOKEN_FILENAME,
    authority: str | Path = SERVICE_CERT_FILENAME,
    environment: Mapping[str, str] = os.environ,
) -> Load:
    """The API server as a Pod sees it, and the Pod's service account."""

    async def load() -> Configuration:
        configuration = Configuration()
        loader = InClusterConfigLoader(str(token), str(authority), environ=environment)
        try:
            loader.load_and_set(configuration)
        except ConfigException as error:
            raise NoCredentials(
                f"this is no Pod with a service account ({error}); outside of a cluster name a kubeconfig"
            ) from None
        return configuration

    return load


def find(kubeconfig: str | Path | None = None) -> Load:
    """The kubeconfig that is named here or in KUBECONFIG, or else the Pod's service account."""
    named = kubeconfig or os.environ.get("KUBECONFIG")
    return from_kubeconfig(named) if named else in_cluster()


def transport_identity(configuration: Configuration) -> str:
    """A hash of all that a connection is made with: while it stays, so may the connections."""
    digest = hashlib.sha256(repr((configuration.host, configuration.proxy, configuration.verify_ssl)).encode())
    for name in (configuration.ssl_ca_cert, configuration.cert_file, configuration.key_file):
        digest.update(Path(name).read_bytes() if name and Path(name).is_file() else repr(name).encode())
    return digest.hexdigest()
