"""Probes: how Kubernetes asks whether a guest is alive and ready.

A probe names exactly one way to ask. A command runs inside the guest through its agent; HTTP and TCP go to the
guest's address.
"""

from kvnode.api.base import Int32, IntOrString, Model


class ExecAction(Model, frozen=True):
    """A command to run in the guest by its agent; status 0 is healthy."""

    command: tuple[str, ...] = ()


class HTTPHeader(Model, frozen=True):
    """One header of a probe's request."""

    name: str = ""
    value: str = ""


class HTTPGetAction(Model, frozen=True):
    """An HTTP request to the guest; any status from 200 to 399 is healthy."""

    host: str | None = None
    http_headers: tuple[HTTPHeader, ...] = ()
    path: str | None = None
    port: IntOrString = 0
    scheme: str | None = None


class TCPSocketAction(Model, frozen=True):
    """A TCP port of the guest that should accept a connection."""

    host: str | None = None
    port: IntOrString = 0


class GuestAgentPing(Model, frozen=True):
    """Asks the guest agent for a sign of life."""


class Probe(Model, frozen=True):
    """One way to ask a guest how it is, and how often to ask."""

    exec: ExecAction | None = None
    failure_threshold: Int32 | None = None
    guest_agent_ping: GuestAgentPing | None = None
    http_get: HTTPGetAction | None = None
    initial_delay_seconds: Int32 | None = None
    period_seconds: Int32 | None = None
    success_threshold: Int32 | None = None
    tcp_socket: TCPSocketAction | None = None
    timeout_seconds: Int32 | None = None
