"""What the node half hands over to a launcher, in a sandbox and in a Pod alike: the network, and the order to start.

Both modes come here with a plan and a launcher that waits.  What differs between them (who made the namespaces, where
the disks lie) is theirs.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence

import msgspec

from kvnode.domain import render
from kvnode.errors import HostError
from kvnode.network.dnsmasq import find_dnsmasq, start_dnsmasq
from kvnode.network.links import apply_links
from kvnode.network.netns import Netns
from kvnode.planning import DomainPlan
from kvnode.planning.network_plans import NetworkPlan
from kvnode.runtime.process import Process
from kvnode.runtime.protocol import Connection, Follow, ProtocolError, Refused, Start, Status

START_S = 120.0
"""How long libvirt may take over creating the domain: on a busy machine a QEMU takes seconds to come up."""

STARTED_ALREADY = "AlreadyStarted"


class DomainFailed(HostError):
    """libvirt could not start the domain, in the launcher's words; it ends then."""

    def __init__(self, message: str, reason: str = "StartFailed") -> None:
        super().__init__(f"{message} ({reason})")
        self.message = message
        self.reason = reason


def hand_over_network(network: NetworkPlan, launcher_pid: int, uid: int, through: Sequence[str] = ()) -> None:
    """Makes the links of the plan in the launcher's network namespace, and starts what leases the addresses.

    uid      -- the launcher's user, who may open the taps
    through  -- a command that executes what follows it; dnsmasq is started by it

    May be repeated: what is there stays.  Raises HostError.
    """
    with Netns.of_pid(launcher_pid) as netns:
        apply_links(network, netns, uid)
    start_address_servers(network, launcher_pid, through)


def allow_locked_memory(plan: DomainPlan, launcher: Process) -> None:
    """Lets the launcher, and so the QEMU that it starts, lock as much memory as the plan wants.

    Never less than it may already; a launcher can't raise its own limit.  Raises HostError.
    """
    wanted = plan.memory_lock_bytes
    if wanted is None or not launcher.alive():
        return
    try:
        soft, hard = resource.prlimit(launcher.pid, resource.RLIMIT_MEMLOCK)
        resource.prlimit(launcher.pid, resource.RLIMIT_MEMLOCK, (_at_least(soft, wanted), _at_least(hard, wanted)))
    except ProcessLookupError:
        return  # it has ended, and whoever speaks to it next says so with its last words
    except OSError as error:
        raise HostError(
            f"spec.domain.memory.reservedOverhead.memLock: the guest may not lock {wanted >> 20} MiB of memory, and "
            f"its limit can't be raised: {error.strerror or error}; that takes root with CAP_SYS_RESOURCE"
        ) from error


def _at_least(limit: int, wanted: int) -> int:
    return limit if limit == resource.RLIM_INFINITY else max(limit, wanted)


def start_address_servers(network: NetworkPlan, launcher_pid: int, through: Sequence[str] = ()) -> int:
    """Starts the DHCP servers of the plan that don't run beside the launcher; returns how many those were."""
    started = 0
    for interface in network.interfaces:
        if interface.dhcp is not None and not find_dnsmasq(launcher_pid, interface.dhcp.bridge):
            start_dnsmasq(interface.dhcp, launcher_pid, through=through)
            started += 1
    return started


def start_order(plan: DomainPlan) -> Start:
    """The order that starts a plan's domain; without a real-time scheduler, which a launcher may not give.

    That is ``give_realtime``'s, once the domain runs.
    """
    tune = plan.cpu_tune
    if tune is not None and tune.realtime is not None:
        plan = msgspec.structs.replace(plan, cpu_tune=msgspec.structs.replace(tune, realtime=None))
    order = Start(render(plan), plan.grace_period_s)
    if plan.devices.serials:
        serial = plan.devices.serials[0]
        order = msgspec.structs.replace(order, serial_socket=serial.path, serial_log=serial.logged)
    return order


def start_domain(connection: Connection, order: Start) -> Status:
    """Has the launcher start the domain, and follows it from then on; returns its Status once it runs.

    A launcher that has an order already is followed.  Raises DomainFailed with libvirt's reason, ProtocolError where
    the domain doesn't run in time, whatever else the launcher says meanwhile.
    """
    taken = connection.ask(order)
    if isinstance(taken, Refused) and taken.reason != STARTED_ALREADY:
        raise DomainFailed(taken.message, taken.reason)
    deadline = time.monotonic() + START_S
    connection.limit(START_S)
    reply = connection.ask(Follow())
    while isinstance(reply, Status) and reply.phase == "Scheduled":
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise ProtocolError(f"the launcher has been starting its domain for {START_S:.0f} s")
        connection.limit(left_s)
        reply = connection.receive()
    if isinstance(reply, Refused) or reply.phase != "Running":
        raise DomainFailed(reply.message, reply.reason)
    return reply
