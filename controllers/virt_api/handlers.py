"""Where a guest's streams end: the virt-handler of its node, and what it has to serve for that.

The contract, which virt-handler keeps (controllers/virt_handler/stream_server.py):

- It listens on port 8186 of its Pod, TLS only. It shows the certificate of the Secret `kubevirt-virt-handler-certs`
  (which virt-api makes and renews; the handler only reads it), good for the name `virt-handler`, and takes nobody but
  the holder of a certificate of the same authority with the common name `virt-api`.
- `GET /v1/namespaces/{namespace}/virtualmachineinstances/{name}/console?uid={uid}` is a websocket of the subprotocol
  `plain.kubevirt.io`: bytes of the guest's first serial console both ways, in binary messages of at most 512 KiB. The
  uid is the guest's; another one of that name is 404.
- What it refuses it refuses before the upgrade, by HTTP's status and a sentence in the header `Refusal`,
  percent-encoded: 400 for a call that is none of these, 403 for another caller, 404 where there is no such guest on its
  node, 409 where the guest doesn't run or has no serial console, 503 for what may be otherwise in a moment.
- It ends a stream with a code and a sentence: 1000 with the guest, 1001 where a newer stream takes the console over
  or the handler ends, 1013 for whoever fell too far behind.

A handler is found by its Pod: label `kubevirt.io=virt-handler`, the guest's node, ready.

What users are told goes by what their clients do: `virtctl console` asks again for minutes after a 400, so that is
the answer while a guest is on its way, and any other code where waiting is no use.
"""

from controllers.runtime.informer import Informer
from controllers.runtime.peers import HANDLER_PORT
from controllers.runtime.resources import Request, request_of
from controllers.virt_api.answers import bad_request, conflict, unavailable
from controllers.virt_api.objects import GUESTS, Guest, Pod

SELECTOR = "kubevirt.io=virt-handler"
ON_NODE = "node"
"""The index that finds handlers' Pods by their node."""


def node_of(pod: Pod) -> list[str]:
    """The node of a Pod, as a list of one or none."""
    return [pod.spec.node_name] if pod.spec.node_name else []


def is_ready(pod: Pod) -> bool:
    """Whether a Pod can be called."""
    return bool(pod.status.pod_ip) and any(
        one.type == "Ready" and one.status == "True" for one in pod.status.conditions
    )


class Handlers:
    """The handlers of all nodes, from an informer of their Pods."""

    def __init__(self, pods: Informer[Pod], port: int = HANDLER_PORT) -> None:
        self._pods = pods
        self._port = port

    def console_url(self, guest: Guest) -> str:
        """Where the console of a guest is. Raises Refusal where the guest has none, or its handler can't be found."""
        request = request_of(guest)
        if guest.spec.domain.devices.autoattach_serial_console is False:
            raise conflict(
                GUESTS, request, "No serial consoles are present: spec.domain.devices.autoattachSerialConsole is false"
            )
        if guest.phase == "Failed":
            raise conflict(GUESTS, request, "VMI is in failed status, and a console needs one that runs")
        if guest.phase != "Running":
            phase = guest.phase or "not known yet"
            raise bad_request(f"VMI is not running: its phase is {phase}, and a console needs Running")
        path = f"/v1{GUESTS.path_of(request).removeprefix(f'/apis/{GUESTS.group}/{GUESTS.version}')}/console"
        return f"{self._address(guest, request)}{path}?uid={guest.metadata.uid}"

    def _address(self, guest: Guest, request: Request) -> str:
        node = guest.status.node_name or ""
        found = self._pods.by_index(ON_NODE, node) if node else []
        address = next((pod.status.pod_ip for pod in found if is_ready(pod)), None)
        if address is None:
            there = "is not ready" if found else "is not there"
            raise unavailable(
                f'the guest "{request}" runs on the node "{node}", whose virt-handler {there}: see its Pod there; the '
                "guest itself runs on"
            )
        host = f"[{address}]" if ":" in address else address
        return f"https://{host}:{self._port}"
