"""Start, stop and restart as decisions, one for each strategy and state."""

from typing import Any

import pytest

from controllers.virt_api.objects import Guest, Machine
from controllers.virt_api.power import NotNow, NotThat, Options, write_of
from kvnode.api.decode import convert
from kvnode.api.encode import to_dict
from kvnode.api.subresources import RestartOptions, StartOptions, StopOptions
from kvnode.planning import planner

STOP = {"action": "Stop", "uid": "g1"}
START = {"action": "Start"}
HALTED = {"spec": {"runStrategy": "Halted"}}


def machine(strategy: str | None = None, requests: Any = (), **spec: Any) -> Machine:
    document = {
        "metadata": {"name": "m", "uid": "m1"},
        "spec": {**({"runStrategy": strategy} if strategy else {}), **spec},
        "status": {"stateChangeRequests": list(requests)},
    }
    return convert(document, Machine)


def guest(phase: str, grace_s: int | None = 30) -> Guest:
    spec = {} if grace_s is None else {"terminationGracePeriodSeconds": grace_s}
    return convert({"metadata": {"name": "m", "uid": "g1"}, "spec": spec, "status": {"phase": phase}}, Guest)


def written(machine: Machine, guest: Guest | None, options: Options) -> dict[str, Any]:
    """What is written, without what isn't."""
    write = to_dict(write_of(machine, guest, options))
    return {key: value for key, value in write.items() if value is not None and value is not False}


@pytest.mark.parametrize(
    ("strategy", "phase", "expected"),
    [
        ("Halted", None, {"spec": {"runStrategy": "Always"}}),
        ("Halted", "Succeeded", {"spec": {"runStrategy": "Always"}}),
        ("Manual", None, {"requests": [START]}),
        ("Manual", "", {"requests": [START]}),
        ("Manual", "Failed", {"requests": [STOP, START]}),
        ("Manual", "Succeeded", {"requests": [STOP, START]}),
        ("RerunOnFailure", None, {"requests": [START]}),
        ("RerunOnFailure", "Succeeded", {"requests": [STOP, START]}),
    ],
)
def test_start(strategy: str, phase: str | None, expected: Any) -> None:
    seen = None if phase is None else guest(phase)
    assert written(machine(strategy), seen, StartOptions()) == expected


@pytest.mark.parametrize(
    ("strategy", "phase", "why"),
    [
        ("Halted", "Running", "VM is already running"),
        ("Manual", "Scheduling", "VM is already running"),
        ("Always", None, "Always does not support manual start requests"),
        ("Once", None, "Once does not support manual start requests"),
        ("RerunOnFailure", "Failed", "does not support starting VM from failed state"),
    ],
)
def test_start_that_is_refused(strategy: str, phase: str | None, why: str) -> None:
    with pytest.raises(NotNow, match=why):
        write_of(machine(strategy), None if phase is None else guest(phase), StartOptions())


@pytest.mark.parametrize(
    ("strategy", "phase", "options", "expected"),
    [
        ("Always", "Running", StopOptions(), {"spec": {"runStrategy": "Halted"}}),
        ("Always", None, StopOptions(), {"spec": {"runStrategy": "Halted"}}),
        ("Always", None, StopOptions(grace_period=1), {"spec": {"runStrategy": "Halted"}}),
        ("Once", "Running", StopOptions(grace_period=0), {"spec": {"runStrategy": "Halted"}, "grace_s": 0}),
        ("Manual", "Running", StopOptions(), {"requests": [STOP]}),
        ("Manual", "Running", StopOptions(grace_period=99), {"requests": [STOP], "grace_s": 99, "grace_first": True}),
        ("Always", "Running", StopOptions(grace_period=31), {**HALTED, "grace_s": 31, "grace_first": True}),
        ("Always", "Running", StopOptions(grace_period=30), {**HALTED, "grace_s": 30}),
        ("RerunOnFailure", "Scheduled", StopOptions(), {"requests": [STOP]}),
        ("Halted", "Running", StopOptions(grace_period=29), {"requests": [STOP], "grace_s": 29}),
    ],
)
def test_stop(strategy: str, phase: str | None, options: StopOptions, expected: Any) -> None:
    assert written(machine(strategy), None if phase is None else guest(phase), options) == expected


@pytest.mark.parametrize(
    ("strategy", "phase", "options", "why"),
    [
        ("Manual", None, StopOptions(), "VM is not running"),
        ("RerunOnFailure", "Failed", StopOptions(), "VM is not running"),
        ("Halted", None, StopOptions(), "VM is not running"),
        ("Halted", "Running", StopOptions(), "shorter graceperiod.*has 30 seconds"),
        ("Halted", "Running", StopOptions(grace_period=30), "shorter graceperiod"),
    ],
)
def test_stop_that_is_refused(strategy: str, phase: str | None, options: StopOptions, why: str) -> None:
    with pytest.raises(NotNow, match=why):
        write_of(machine(strategy), None if phase is None else guest(phase), options)


@pytest.mark.parametrize("strategy", ["Always", "Manual", "RerunOnFailure"])
def test_restart(strategy: str) -> None:
    assert written(machine(strategy), guest("Running"), RestartOptions()) == {"requests": [STOP, START]}
    forced = written(machine(strategy), guest("Running"), RestartOptions(grace_period_seconds=0))
    assert forced == {"requests": [STOP, START], "grace_s": 0}
    for phase in (None, "Succeeded"):
        with pytest.raises(NotNow, match="VM is not running"):
            write_of(machine(strategy), None if phase is None else guest(phase), RestartOptions())


@pytest.mark.parametrize("strategy", ["Halted", "Once"])
def test_restart_that_is_refused(strategy: str) -> None:
    with pytest.raises(NotNow, match=f"{strategy} does not support manual restart requests"):
        write_of(machine(strategy), guest("Running"), RestartOptions())


def test_a_request_under_way_is_waited_for_but_a_stop_goes_before_all() -> None:
    busy = machine("Manual", [START])
    with pytest.raises(NotNow, match=r"already underway \(Start\)"):
        write_of(busy, None, StartOptions())
    with pytest.raises(NotNow, match="already underway"):
        write_of(busy, guest("Running"), RestartOptions())
    restarting = machine("Manual", [STOP, START])
    assert written(restarting, guest("Running"), StopOptions()) == {"requests": [STOP]}
    assert written(restarting, guest("Running"), RestartOptions(grace_period_seconds=0)) == {"grace_s": 0}
    for other in ([STOP], [START, STOP], [{**STOP, "uid": "g0"}, START]):
        with pytest.raises(NotNow, match="already underway"):
            write_of(machine("Manual", other), guest("Running"), RestartOptions(grace_period_seconds=0))


def test_a_guest_that_says_nothing_of_its_grace_period_has_the_planners() -> None:
    unsaid = guest("Running", grace_s=None)
    assert written(machine("Always"), unsaid, StopOptions(grace_period=planner.GRACE_PERIOD_S)) == {
        **HALTED,
        "grace_s": planner.GRACE_PERIOD_S,
    }
    longer = write_of(machine("Always"), unsaid, StopOptions(grace_period=planner.GRACE_PERIOD_S + 1))
    assert longer.grace_first


def test_the_older_way_to_say_it_stays_in_use() -> None:
    assert written(machine(running=False), None, StartOptions()) == {"spec": {"running": True}}
    assert written(machine(running=True), guest("Running"), StopOptions()) == {"spec": {"running": False}}
    assert written(machine(), None, StartOptions()) == {"spec": {"runStrategy": "Always"}}


@pytest.mark.parametrize(
    "options",
    [
        StartOptions(paused=True),
        StartOptions(dry_run=("Some",)),
        StopOptions(grace_period=-1),
        RestartOptions(grace_period_seconds=5),
    ],
)
def test_options_that_cannot_be_followed(options: Options) -> None:
    with pytest.raises(NotThat):
        write_of(machine("Always"), guest("Running"), options)


def test_a_machine_that_is_being_deleted_is_left_alone() -> None:
    leaving = convert({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}, "spec": {}}, Machine)
    for options in (StartOptions(), StopOptions(), RestartOptions()):
        with pytest.raises(NotNow, match="is being deleted"):
            write_of(leaving, guest("Running"), options)
