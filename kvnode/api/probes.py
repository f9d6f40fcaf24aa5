"""Probes: how Kubernetes asks whether a guest is alive and ready.

A probe names exactly one way to ask. A command runs inside the guest through its agent; HTTP and TCP go to the
guest's address.
"""

from kvnode.api.base import EMPTY, ZERO, Int32, IntOrString, Model


class ExecAction(Model, frozen=True):
    """A command to run in the guest by its agent; status 0 is healthy."""

    command: tuple[str, ...] = ()  # the program and its arguments, without a shell


class HTTPHeader(Model, frozen=True):
    """One header of a probe's request."""

    name: str = EMPTY  # the header's name
    value: str = EMPTY  # the header's value


class HTTPGetAction(Model, frozen=True):
    """An HTTP request to the guest; any status from 200 to 399 is healthy."""

    host: str | None = None  # whom to ask; none means the guest's address
    port: IntOrString = ZERO  # number or name of the port
    path: str | None = None  # path of the request
    scheme: str | None = None  # how it is asked: by `HTTP`, as is usual, or `HTTPS`
    http_headers: tuple[HTTPHeader, ...] = ()  # headers of the request; one may come several times


class TCPSocketAction(Model, frozen=True):
    """A TCP port of the guest that should accept a connection."""

    host: str | None = None  # whom to ask; none means the guest's address
    port: IntOrString = ZERO  # number or name of the port


class GuestAgentPing(Model, frozen=True):
    """Asks the guest agent for a sign of life."""


class Probe(Model, frozen=True):
    """One way to ask a guest how it is, and how often to ask."""

    exec: ExecAction | None = None  # asks by a command in the guest
    guest_agent_ping: GuestAgentPing | None = None  # asks the guest agent
    http_get: HTTPGetAction | None = None  # asks by HTTP
    tcp_socket: TCPSocketAction | None = None  # asks by a TCP connection
    initial_delay_seconds: Int32 | None = None  # how long after the start to ask first
    period_seconds: Int32 | None = None  # how often to ask
    timeout_seconds: Int32 | None = None  # how long to wait for an answer
    success_threshold: Int32 | None = None  # how many good answers in a row make it healthy again
    failure_threshold: Int32 | None = None  # how many bad ones in a row make it fail
