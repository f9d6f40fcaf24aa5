"""What a machine shows of itself: the one word, its guest's conditions, what fails."""

import pytest

from controllers.virt_controller.actions import Apply, Tell
from controllers.virt_controller.machine_life import Seen, decide, refused
from controllers.virt_controller.machine_status import printable_status
from controllers.virt_controller.objects import MACHINE_FINALIZER
from tests.controllers.virt_objects import NOW, at, guest, machine

HELD = {"finalizers": [MACHINE_FINALIZER]}
PAUSED = {"type": "Paused", "status": "True", "reason": "PausedByUser"}


def its(phase="Running", **more):
    return guest(phase, machine="m-1", **more)


def synchronized(reason, status="False"):
    return {"type": "Synchronized", "status": status, "reason": reason}


def decision(subject, its_guest=None):
    return decide(Seen(subject, its_guest, NOW))


def shown(found):
    return next(one.status for one in found.actions if isinstance(one, Apply))


def word(strategy, its_guest=None, **more):
    return shown(decision(machine(strategy, in_force=strategy, **HELD, **more), its_guest))["printableStatus"]


def conditions(found):
    return {one["type"]: one for one in shown(found)["conditions"]}


@pytest.mark.parametrize(
    ("its_guest", "expected"),
    [
        (None, "Stopped"),
        (guest(""), "Starting"),
        (guest("Pending"), "Starting"),
        (guest("Scheduling"), "Starting"),
        (guest("Scheduled"), "Starting"),
        (guest("Running"), "Running"),
        (guest("Running", conditions=[PAUSED]), "Paused"),
        (guest("Running", conditions=[{**PAUSED, "status": "False"}]), "Running"),
        (guest("Succeeded", conditions=[PAUSED]), "Stopped"),
        (guest("Running", conditions=[PAUSED], deletionTimestamp=at(0)), "Stopping"),
        (guest("Scheduling", deletionTimestamp=at(0)), "Stopping"),
        (guest("Succeeded"), "Stopped"),
        (guest("Failed"), "Stopped"),
        (guest("Failed", deletionTimestamp=at(0)), "Stopped"),
        (guest("Unknown"), "Unknown"),
        (
            guest("Scheduling", conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]),
            "ErrorUnschedulable",
        ),
        (guest("Scheduling", conditions=[synchronized("ErrImagePull")]), "ErrImagePull"),
        (guest("Scheduling", conditions=[synchronized("ImagePullBackOff")]), "ImagePullBackOff"),
        (guest("Scheduling", conditions=[synchronized("InvalidImageName")]), "ErrImagePull"),
        (guest("Scheduling", conditions=[synchronized("CreateContainerError")]), "Starting"),
        (guest("Scheduling", conditions=[synchronized("ErrImagePull", "True")]), "Starting"),
        (guest("Running", conditions=[synchronized("ErrImagePull")]), "Running"),
    ],
)
def test_one_word_for_people(its_guest, expected):
    assert printable_status(its_guest) == expected


@pytest.mark.parametrize("strategy", ["Always", "RerunOnFailure", "Once"])
def test_a_failed_start_is_a_crash_loop_from_its_end_on(strategy):
    """Already while the guest that failed is taken away, and with Once for as long as it is there."""
    failed = {"entered": {"Scheduling": -5, "Failed": -1}}
    assert word(strategy, its("Failed", **failed)) == "CrashLoopBackOff"
    if strategy != "Once":
        failure = {"consecutiveFailCount": 1, "lastFailedVMIUID": "g-1", "retryAfterTimestamp": at(9)}
        assert word(strategy, its("Failed", deletionTimestamp=at(0), **failed), failure=failure) == "CrashLoopBackOff"
        waiting = machine(strategy, in_force=strategy, failure=failure, requests=[{"action": "Start"}], **HELD)
        assert shown(decision(waiting))["printableStatus"] == "CrashLoopBackOff"


@pytest.mark.parametrize("strategy", ["Manual", "Halted"])
def test_where_nothing_is_started_again_nothing_loops(strategy):
    assert word(strategy, its("Failed", entered={"Failed": -1})) == "Stopped"


def test_a_guest_that_ran_and_ended_is_stopped():
    ran = {"entered": {"Running": -400, "Failed": -1}}
    for strategy in ("Always", "RerunOnFailure", "Once", "Manual"):
        assert word(strategy, its("Failed", **ran)) == "Stopped"


def test_what_is_under_way_goes_before():
    assert word("Always") == "Starting"
    assert word("Halted", its("Running")) == "Stopping"
    assert word("Always", its("Running"), deletionTimestamp=at(0)) == "Terminating"
    stop = [{"action": "Stop", "uid": "g-1"}, {"action": "Start"}]
    assert word("Always", its("Running"), requests=stop) == "Stopping"


def test_a_machine_is_ready_when_its_guest_is():
    ready = its(conditions=[{"type": "Ready", "status": "True"}])
    found = decision(machine(in_force="Always", **HELD), ready)
    assert (shown(found)["ready"], shown(found)["created"]) == (True, True)
    [condition] = shown(found)["conditions"]
    assert (condition["type"], condition["status"], condition["lastTransitionTime"]) == ("Ready", "True", at(0))


@pytest.mark.parametrize("status", ["False", "Unknown"])
def test_what_the_guest_says_of_being_ready_the_machine_says(status):
    known = {"type": "Ready", "status": status, "reason": "LauncherSilent", "message": "it doesn't answer"}
    found = decision(machine(in_force="Always", **HELD), its(conditions=[known]))
    assert shown(found)["ready"] is False
    assert conditions(found)["Ready"] == {**known, "lastTransitionTime": at(0)}


def test_without_a_guest_and_with_one_that_says_nothing():
    assert conditions(decision(machine("Halted", **HELD)))["Ready"]["reason"] == "VMINotExists"
    assert conditions(decision(machine(in_force="Always", **HELD), its("")))["Ready"]["reason"] == "VMIConditionMissing"


def test_every_condition_of_the_guest_is_the_machines_too_but_those_that_speak_of_the_machine():
    theirs = [
        {"type": "LiveMigratable", "status": "False", "reason": "DisksNotLiveMigratable", "message": "its own disks"},
        {"type": "AgentConnected", "status": "True"},
        PAUSED,
        {"type": "Failure", "status": "True", "reason": "NotMine"},
        {"type": "RestartRequired", "status": "True", "reason": "NotMine"},
    ]
    found = conditions(decision(machine(in_force="Always", **HELD), its(conditions=theirs)))
    assert set(found) == {"Ready", "LiveMigratable", "AgentConnected", "Paused"}
    assert found["LiveMigratable"] == {**theirs[0], "lastTransitionTime": at(0)}


def as_shown(found, **more):
    return machine(in_force="Always", status=shown(found), **HELD, **more)


def test_what_is_shown_is_not_written_again_and_what_is_gone_goes():
    connected = {"type": "AgentConnected", "status": "True"}
    first = decision(machine(in_force="Always", **HELD), its(conditions=[connected]))
    assert decision(as_shown(first), its(conditions=[connected])).actions == []
    later = decision(as_shown(first), its(conditions=[]))
    assert set(conditions(later)) == {"Ready"}


def test_a_guest_that_is_refused_is_a_failure_told_once():
    seen = Seen(machine(in_force="Always", **HELD), None, NOW)
    found = refused(seen, "FailedCreate", "exceeded quota: memory")
    assert [(one.type, one.reason) for one in found.actions if isinstance(one, Tell)] == [("Warning", "FailedCreate")]
    assert conditions(found)["Failure"]["message"] == "exceeded quota: memory"
    again = refused(Seen(as_shown(found), None, NOW), "FailedCreate", "exceeded quota: memory")
    assert again.actions == []
    started = decision(as_shown(found), its("Scheduling"))
    assert "Failure" not in conditions(started)
