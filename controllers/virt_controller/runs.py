"""Run strategies: whether a machine's guest should be there, by what it is, what was asked, and how it ended before.

Requests are `status.stateChangeRequests` as KubeVirt's clients know them: the first of the list alone counts, and a
restart is a Stop followed by a Start. A Stop names the guest it is for, so that it never hits that guest's successor.

    Always          is there; one that has ended is made anew
    RerunOnFailure  is started once and made anew when it has failed; one that has shut down goes
    Manual          is there between a Start and a Stop, also when it has ended
    Once            is started once, and stays when it has ended
    Halted          is not there, and no start is waited for

A guest that failed soon after its start is started again later each time: 10 s, doubling, up to five minutes, and at
once again when it has run for as long.
"""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from controllers.virt_controller.guest_life import FINAL
from controllers.virt_controller.objects import Guest, Machine
from controllers.virt_controller.statements import moment, seconds_since, timestamp
from kvnode.api.virtual_machine import VirtualMachineStartFailure, VirtualMachineStateChangeRequest

START, STOP = "Start", "Stop"
STRATEGIES = ("Always", "RerunOnFailure", "Manual", "Once", "Halted")
_FIRST_DELAY_S = 10
_LONGEST_DELAY_S = 300
STABLE_S = 300.0
"""A guest that ran for so long was not a failed start."""

Step = Literal["start", "stop", "wait", "nothing"]
Requests = tuple[VirtualMachineStateChangeRequest, ...]


class Course(Struct, frozen=True):
    """What to do about a machine's guest, and what is to be remembered.

    step           -- ``wait`` is a start that is put off
    requests       -- those that are still open; written before the step
    start_failure  -- failed starts so far, or None; written before the step
    wait_s         -- seconds until something is due though nothing happens
    paused         -- the start was asked for with the guest's processors stopped
    """

    step: Step
    requests: Requests
    start_failure: VirtualMachineStartFailure | None = None
    wait_s: float | None = None
    paused: bool = False


def course(machine: Machine, strategy: str, guest: Guest | None, now: datetime) -> Course:
    """The course of a machine with this strategy; ``guest`` is its own, in whatever state, or None."""
    requests = open_requests(machine.status.state_change_requests, guest)
    if strategy == "Halted":
        # A start that was still to come would otherwise come with the next change of the strategy.
        requests = tuple(one for one in requests if one.action != START)
    failure = start_failure(machine, strategy, guest, now)
    if guest is None:
        return _without_guest(machine, strategy, requests, failure, now)
    calm_s = _calm_after_s(guest, failure, now)
    if guest.metadata.deletion_timestamp:
        return Course("nothing", requests, failure, calm_s)
    if not _should_go(strategy, guest, requests):
        return Course("nothing", requests, failure, calm_s)
    if strategy == "RerunOnFailure" and guest.phase == "Failed" and not requests:
        # Remembered before the guest goes: afterwards nothing would tell a failed guest from one that was stopped.
        requests = (*requests, VirtualMachineStateChangeRequest(action=START))
    return Course("stop", requests, failure)


def _should_go(strategy: str, guest: Guest, requests: Requests) -> bool:
    if strategy == "Halted" or _first_is_stop_of(guest, requests):
        return True
    return strategy in ("Always", "RerunOnFailure") and guest.phase in FINAL


def _without_guest(
    machine: Machine,
    strategy: str,
    requests: Requests,
    failure: VirtualMachineStartFailure | None,
    now: datetime,
) -> Course:
    asked = requests[0] if requests and requests[0].action == START else None
    # A strategy that hasn't been in force yet starts its guest the first time.
    fresh = machine.status.run_strategy != strategy
    wanted = strategy == "Always" or asked is not None or (fresh and strategy in ("RerunOnFailure", "Once"))
    if strategy == "Halted" or not wanted:
        return Course("nothing", requests, failure)
    wait_s = _still_to_wait_s(failure, now)
    if wait_s > 0:
        return Course("wait", requests, failure, wait_s)
    return Course("start", requests, failure, paused=asked is not None and (asked.data or {}).get("paused") == "true")


def open_requests(requests: Requests, guest: Guest | None) -> Requests:
    """Without those at the head that are done: a Stop of a guest that is gone, a Start whose guest is there."""
    while requests:
        first = requests[0]
        if first.action == STOP and guest is not None and first.uid and first.uid == guest.metadata.uid:
            break
        alive = guest is not None and not guest.metadata.deletion_timestamp and guest.phase not in FINAL
        if first.action == START and not alive:
            break
        requests = requests[1:]
    return requests


def _first_is_stop_of(guest: Guest, requests: Requests) -> bool:
    return bool(requests) and requests[0].action == STOP and requests[0].uid == guest.metadata.uid


def start_failure(
    machine: Machine, strategy: str, guest: Guest | None, now: datetime
) -> VirtualMachineStartFailure | None:
    """Failed starts in a row, this guest's included; None where there are none.

    Failed is a guest that ended before it ran, however that is called, and one that failed within five minutes (with
    Once only the former: no second one waits). A guest that was asked to go has not failed. Worked: the third guest in
    a row that fails within five minutes of its start has its successor wait for 40 s.
    """
    known = machine.status.start_failure
    if strategy in ("Halted", "Manual"):
        return None
    if guest is None:
        return known
    ran_s = _ran_s(guest, now)
    if ran_s is not None and (strategy == "Once" or ran_s >= STABLE_S):
        return None
    counted = known is not None and known.last_failed_vmi_uid == guest.metadata.uid
    if guest.phase not in FINAL or guest.metadata.deletion_timestamp or counted:
        return known
    if guest.phase == "Succeeded" and ran_s is not None:
        return known
    count = ((known.consecutive_fail_count if known is not None else 0) or 0) + 1
    delay_s = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2 ** min(count - 1, 16))
    return VirtualMachineStartFailure(
        consecutive_fail_count=count,
        last_failed_vmi_uid=guest.metadata.uid,
        retry_after_timestamp=timestamp(now + timedelta(seconds=delay_s)),
    )


def _ran_s(guest: Guest, now: datetime) -> float | None:
    """How long the guest has run, or ran until it ended; None where it never did."""
    entered = {one.phase: one.phase_transition_timestamp for one in guest.status.phase_transition_timestamps}
    begun = moment(entered.get("Running"))
    if begun is None:
        return None
    ended = moment(entered.get(guest.phase)) if guest.phase in FINAL else None
    return ((ended or now) - begun).total_seconds()


def _calm_after_s(guest: Guest, failure: VirtualMachineStartFailure | None, now: datetime) -> float | None:
    """When failed starts will be forgotten, in seconds from now."""
    if failure is None or guest.phase in FINAL:
        return None
    ran_s = _ran_s(guest, now)
    return None if ran_s is None else max(STABLE_S - ran_s, 1.0)


def _still_to_wait_s(failure: VirtualMachineStartFailure | None, now: datetime) -> float:
    if failure is None:
        return 0.0
    since_s = seconds_since(failure.retry_after_timestamp, now)
    # A clock that jumped must not put a start off for longer than the longest delay.
    return 0.0 if since_s is None else min(max(-since_s, 0.0), float(_LONGEST_DELAY_S))
