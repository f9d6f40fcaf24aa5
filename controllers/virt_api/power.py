"""Start, stop and restart of a VirtualMachine: what is written, or why it can't be.

What a call does depends on the run strategy, as users of KubeVirt know it. Where the strategy itself says whether the
guest runs (Always, Halted), it is the strategy that changes; where it doesn't (Manual, RerunOnFailure), the wish goes
to `status.stateChangeRequests`, and virt-controller does it.

              start               stop                restart
    Always    refused             Halted              Stop, Start
    Rerun..   Start               Stop                Stop, Start
    Manual    Start               Stop                Stop, Start
    Once      refused             Halted              refused
    Halted    Always              see below           refused

A Stop names the guest that it is for. A stop with a shorter grace than the guest has is taken of a halted machine
too, and a restart without any of one that is restarting: that is how a guest which is slow to go is hurried along.
"""

from typing import Any, Literal

from msgspec import Struct

from controllers.virt_api.objects import FINAL, Guest, Machine
from kvnode.api.subresources import RestartOptions, StartOptions, StopOptions
from kvnode.errors import KvnodeError

Verb = Literal["start", "stop", "restart"]
VERBS: tuple[Verb, ...] = ("start", "stop", "restart")

UNSAID_GRACE_S = 30
"""What a guest has for its shutdown that says nothing of it (kvnode.planning.planner)."""

Options = StartOptions | StopOptions | RestartOptions
OPTIONS: dict[Verb, type[StartOptions] | type[StopOptions] | type[RestartOptions]] = {
    "start": StartOptions,
    "stop": StopOptions,
    "restart": RestartOptions,
}


class NotNow(KvnodeError):
    """The machine is in a state in which this can't be done."""

    reason = "Conflict"


class NotThat(KvnodeError):
    """The call's options can't be followed."""

    reason = "BadRequest"


class Write(Struct, frozen=True):
    """What to write, as merge patches; None for nothing.

    spec         -- to the machine
    requests     -- the machine's state change requests from now on
    grace_s      -- seconds that the guest may take from now on, written to the guest
    grace_first  -- before the machine is written to, as it is more than the guest has now
    """

    spec: dict[str, Any] | None = None
    requests: list[dict[str, Any]] | None = None
    grace_s: int | None = None
    grace_first: bool = False


def write_of(machine: Machine, guest: Guest | None, options: Options) -> Write:
    """What the call writes. Raises NotNow, or NotThat where the options are at fault.

    guest -- the VirtualMachineInstance of the machine's name that the machine controls, or None
    """
    if options.dry_run not in ((), ("All",)):
        raise NotThat(f"dryRun: {list(options.dry_run)!r} is none of its values: leave it out, or say All")
    if machine.metadata.deletion_timestamp:
        raise NotNow("the VirtualMachine is being deleted")
    if isinstance(options, StartOptions):
        return _start(machine, guest, options)
    if isinstance(options, StopOptions):
        return _stop(machine, guest, options)
    return _restart(machine, guest, options)


def _start(machine: Machine, guest: Guest | None, options: StartOptions) -> Write:
    strategy = machine.strategy
    if options.paused:
        raise NotThat("paused: this build can't start a guest with its processors stopped yet: start it without")
    if guest is not None and guest.phase not in ("", "Unknown", *FINAL):
        raise NotNow("VM is already running")
    if strategy == "Halted":
        return Write(spec=_running(machine, True))
    if strategy in ("Manual", "RerunOnFailure"):
        if guest is not None and strategy == "RerunOnFailure" and guest.phase == "Failed":
            raise NotNow(
                "RerunOnFailure does not support starting VM from failed state: it is started again by itself, or "
                "restart it"
            )
        first = [_stop_of(guest)] if guest is not None and guest.phase in FINAL else []
        return Write(requests=_asked(machine, [*first, {"action": "Start"}]))
    raise NotNow(f"{strategy} does not support manual start requests: set spec.runStrategy to Manual to ask for starts")


def _stop(machine: Machine, guest: Guest | None, options: StopOptions) -> Write:
    strategy, grace_s = machine.strategy, options.grace_period
    if grace_s is not None and grace_s < 0:
        raise NotThat(f"gracePeriod: {grace_s} seconds is less than none: give 0 or more")
    alive = guest is not None and guest.phase not in FINAL
    grace_s = grace_s if alive else None
    longer = grace_s is not None and grace_s > _grace_of(guest)
    if strategy in ("Always", "Once"):
        return Write(spec=_running(machine, False), grace_s=grace_s, grace_first=longer)
    if guest is None or not alive:
        raise NotNow("VM is not running")
    if strategy == "Halted":
        known_s = guest.spec.termination_grace_period_seconds
        if grace_s is None or (known_s is not None and grace_s >= known_s):
            raise NotNow(
                f"Halted only supports manual stop requests with a shorter graceperiod: the guest is stopping, and has "
                f"{'its default' if known_s is None else known_s} seconds"
            )
    return Write(requests=_asked(machine, [_stop_of(guest)]), grace_s=grace_s, grace_first=longer)


def _restart(machine: Machine, guest: Guest | None, options: RestartOptions) -> Write:
    strategy, grace_s = machine.strategy, options.grace_period_seconds
    if grace_s not in (None, 0):
        raise NotThat(
            f"gracePeriodSeconds: {grace_s} is not taken: for a force restart, only gracePeriod=0 is supported for "
            "now; leave it out for a gentle one"
        )
    if strategy in ("Halted", "Once"):
        raise NotNow(f"{strategy} does not support manual restart requests: set spec.runStrategy to one that does")
    if guest is None or guest.phase == "Succeeded" or (guest.phase == "Failed" and strategy != "RerunOnFailure"):
        raise NotNow("VM is not running")
    grace_s = grace_s if guest.phase not in FINAL else None
    if grace_s is not None and _is_restarting(machine, guest):
        return Write(grace_s=grace_s)
    return Write(requests=_asked(machine, [_stop_of(guest), {"action": "Start"}]), grace_s=grace_s)


def _is_restarting(machine: Machine, guest: Guest) -> bool:
    """Whether a restart of this very guest was asked for and isn't done."""
    known = [(one.action, one.uid or None) for one in machine.status.state_change_requests]
    return known == [("Stop", guest.metadata.uid), ("Start", None)]


def _grace_of(guest: Guest | None) -> int:
    """Seconds that a guest has to shut down as it is."""
    known_s = guest.spec.termination_grace_period_seconds if guest is not None else None
    return UNSAID_GRACE_S if known_s is None else known_s


def _running(machine: Machine, wanted: bool) -> dict[str, Any]:
    """The strategy in the words that the machine uses already."""
    if machine.spec.running is not None:
        return {"running": wanted}
    return {"runStrategy": "Always" if wanted else "Halted"}


def _stop_of(guest: Guest) -> dict[str, Any]:
    return {"action": "Stop", "uid": guest.metadata.uid}


def _asked(machine: Machine, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The requests from now on: a stop alone takes the place of what was asked before, all else has to wait."""
    known = machine.status.state_change_requests
    if known and not (len(wanted) == 1 and wanted[0]["action"] == "Stop"):
        actions = ", ".join(one.action for one in known)
        raise NotNow(f"unable to complete request: stop/start already underway ({actions}): try again when it is done")
    return wanted
