"""Run strategies, requests, failed starts, deletion, and what can't be."""

import pytest

from controllers.virt_controller.actions import Apply, Create, Delete, Patch, Tell
from controllers.virt_controller.machine_life import Seen, decide
from controllers.virt_controller.objects import MACHINE_FINALIZER
from tests.controllers.virt_objects import NOW, at, guest, machine

HELD = {"finalizers": [MACHINE_FINALIZER]}
START = {"action": "Start"}


def stop(uid="g-1"):
    return {"action": "Stop", "uid": uid}


def its(phase="Running", **more):
    return guest(phase, machine="m-1", **more)


def decision(subject, its_guest=None, left_behind=None):
    return decide(Seen(subject, its_guest, NOW, left_behind))


def step(found):
    """What happens to the guest: start, stop or nothing."""
    steps = [{Create: "start", Delete: "stop"}.get(type(one)) for one in found.actions]
    return next((one for one in steps if one), "nothing")


def remembered(found):
    """Every field of status that is patched, with the number of the action that does so and of the step."""
    patches = [one.patch["status"] for one in found.actions if isinstance(one, Patch) and "status" in one.patch]
    return {key: value for patch in patches for key, value in patch.items()}


def shown(found):
    return next(one.status for one in found.actions if isinstance(one, Apply))


def position(found, wanted):
    return next(number for number, one in enumerate(found.actions) if wanted(one))


ENDED = ["Succeeded", "Failed"]


@pytest.mark.parametrize(
    ("strategy", "without", "running", "succeeded", "failed"),
    [
        ("Always", "start", "nothing", "stop", "stop"),
        ("RerunOnFailure", "nothing", "nothing", "stop", "stop"),
        ("Manual", "nothing", "nothing", "nothing", "nothing"),
        ("Once", "nothing", "nothing", "nothing", "nothing"),
        ("Halted", "nothing", "stop", "stop", "stop"),
    ],
)
def test_what_a_strategy_in_force_does(strategy, without, running, succeeded, failed):
    subject = machine(strategy, in_force=strategy, **HELD)
    assert step(decision(subject)) == without
    for phase in ("", "Pending", "Scheduling", "Scheduled", "Running", "Unknown"):
        assert step(decision(subject, its(phase))) == running
    assert step(decision(subject, its("Succeeded"))) == succeeded
    assert step(decision(subject, its("Failed"))) == failed


@pytest.mark.parametrize(
    ("strategy", "does"),
    [("Always", "start"), ("RerunOnFailure", "start"), ("Once", "start"), ("Manual", "nothing"), ("Halted", "nothing")],
)
def test_a_strategy_that_comes_into_force(strategy, does):
    for before in (None, "Halted"):
        subject = machine(strategy, in_force=before, **HELD)
        if strategy == before:
            continue
        found = decision(subject)
        assert step(found) == does
        assert remembered(found)["runStrategy"] == strategy
        if does == "start":
            made = position(found, lambda one: isinstance(one, Create))
            noted = position(found, lambda one: isinstance(one, Patch) and "runStrategy" in one.patch.get("status", {}))
            # The other way round, a death in between would leave a machine that never starts.
            assert made < noted


@pytest.mark.parametrize(("running", "does"), [(True, "start"), (False, "nothing")])
def test_the_older_way_to_say_it(running, does):
    found = decision(machine(None, spec={"running": running}, **HELD))
    assert step(found) == does
    assert remembered(found)["runStrategy"] == ("Always" if running else "Halted")


@pytest.mark.parametrize("strategy", ["RerunOnFailure", "Manual", "Once"])
def test_a_start_that_was_asked_for(strategy):
    subject = machine(strategy, in_force=strategy, requests=[START], **HELD)
    assert step(decision(subject)) == "start"
    found = decision(subject, its("Scheduling", uid="g-2"))
    assert step(found) == "nothing"
    assert remembered(found) == {"stateChangeRequests": None}


@pytest.mark.parametrize("strategy", ["RerunOnFailure", "Manual", "Once", "Always"])
def test_a_stop_that_was_asked_for_hits_its_own_guest_alone(strategy):
    subject = machine(strategy, in_force=strategy, requests=[stop("g-1")], **HELD)
    assert step(decision(subject, its("Running", uid="g-1"))) == "stop"
    found = decision(subject, its("Running", uid="g-2"))
    assert step(found) == "nothing"
    assert remembered(found) == {"stateChangeRequests": None}


@pytest.mark.parametrize("strategy", ["RerunOnFailure", "Manual"])
def test_a_stopped_guest_stays_stopped(strategy):
    found = decision(machine(strategy, in_force=strategy, requests=[stop()], **HELD))
    assert step(found) == "nothing"
    assert remembered(found) == {"stateChangeRequests": None}


@pytest.mark.parametrize("strategy", ["RerunOnFailure", "Manual", "Always"])
def test_a_restart_is_a_stop_and_then_a_start(strategy):
    subject = machine(strategy, in_force=strategy, requests=[stop(), START], **HELD)
    assert step(decision(subject, its("Running"))) == "stop"
    deleting = decision(subject, its("Running", deletionTimestamp=at(0)))
    assert (step(deleting), remembered(deleting)) == ("nothing", {})
    gone = decision(subject)
    assert step(gone) == "start"
    assert remembered(gone)["stateChangeRequests"] == [START]


def test_a_manual_guest_that_has_ended_is_started_again_by_a_restart():
    subject = machine("Manual", in_force="Manual", requests=[stop(), START], **HELD)
    assert step(decision(subject, its("Succeeded"))) == "stop"


def test_a_start_that_follows_a_failure_is_on_record_before_the_guest_goes():
    subject = machine("RerunOnFailure", in_force="RerunOnFailure", **HELD)
    found = decision(subject, its("Failed"))
    assert remembered(found)["stateChangeRequests"] == [START]
    noted = position(found, lambda one: isinstance(one, Patch))
    assert noted < position(found, lambda one: isinstance(one, Delete))


def test_a_guest_that_shut_itself_down_goes_and_is_not_started_again():
    subject = machine("RerunOnFailure", in_force="RerunOnFailure", **HELD)
    found = decision(subject, its("Succeeded", entered={"Running": -50, "Succeeded": -1}))
    assert (step(found), remembered(found)) == ("stop", {})
    assert step(decision(subject)) == "nothing"


@pytest.mark.parametrize("strategy", ["Manual", "Once"])
def test_a_guest_that_has_ended_stays_where_nobody_says_otherwise(strategy):
    for phase in ENDED:
        assert step(decision(machine(strategy, in_force=strategy, **HELD), its(phase))) == "nothing"


def test_halting_takes_back_a_start_that_is_still_to_come():
    for requests in ([START], [stop(), START]):
        found = decision(machine("Halted", in_force="RerunOnFailure", requests=requests, **HELD))
        assert remembered(found)["stateChangeRequests"] is None
        assert step(found) == "nothing"
    held = decision(machine("Halted", in_force="Halted", requests=[stop(), START], **HELD), its("Running"))
    assert remembered(held)["stateChangeRequests"] == [stop()]


def test_a_stop_of_a_failed_guest_is_no_restart():
    subject = machine("RerunOnFailure", in_force="RerunOnFailure", requests=[stop()], **HELD)
    found = decision(subject, its("Failed"))
    assert step(found) == "stop"
    assert "stateChangeRequests" not in remembered(found)


# Failed starts.


def failures(count, after_s=0.0, uid="g-0"):
    return {"consecutiveFailCount": count, "lastFailedVMIUID": uid, "retryAfterTimestamp": at(after_s)}


@pytest.mark.parametrize(("before", "delay_s"), [(None, 10), (1, 20), (2, 40), (4, 160), (5, 300), (500, 300)])
def test_each_failed_start_puts_the_next_one_off_for_longer(before, delay_s):
    known = None if before is None else failures(before)
    found = decision(machine(in_force="Always", failure=known, **HELD), its("Failed"))
    assert remembered(found)["startFailure"] == {
        "consecutiveFailCount": (before or 0) + 1,
        "lastFailedVMIUID": "g-1",
        "retryAfterTimestamp": at(delay_s),
    }
    assert step(found) == "stop"


def test_a_failed_guest_is_counted_once():
    found = decision(machine(in_force="Always", failure=failures(3, uid="g-1"), **HELD), its("Failed"))
    assert "startFailure" not in remembered(found)


@pytest.mark.parametrize("strategy", ["Always", "RerunOnFailure"])
def test_a_start_that_is_put_off_waits_for_its_time(strategy):
    waiting = machine(strategy, in_force=strategy, requests=[START], failure=failures(2, 17), **HELD)
    found = decision(waiting)
    assert (step(found), found.requeue_after_s) == ("nothing", 17.0)
    assert shown(found)["printableStatus"] == "CrashLoopBackOff"
    assert (
        step(decision(machine(strategy, in_force=strategy, requests=[START], failure=failures(2, 0), **HELD)))
        == "start"
    )


def test_a_clock_that_jumped_puts_no_start_off_for_good():
    found = decision(machine(in_force="Always", failure=failures(2, 86400 * 365), **HELD))
    assert found.requeue_after_s == 300.0


def test_a_guest_that_ran_for_long_was_no_failed_start():
    ran = its("Failed", entered={"Running": -400, "Failed": -1})
    found = decision(machine(in_force="Always", failure=failures(3), **HELD), ran)
    assert remembered(found)["startFailure"] is None
    short = its("Failed", entered={"Running": -100, "Failed": -1})
    assert remembered(decision(machine(in_force="Always", **HELD), short))["startFailure"]["consecutiveFailCount"] == 1


def test_failures_are_forgotten_when_the_guest_has_run_for_a_while():
    subject = machine(in_force="Always", failure=failures(3), **HELD)
    early = decision(subject, its("Running", entered={"Running": -100}))
    assert ("startFailure" in remembered(early), early.requeue_after_s) == (False, 200.0)
    late = decision(subject, its("Running", entered={"Running": -300}))
    assert remembered(late)["startFailure"] is None


@pytest.mark.parametrize("strategy", ["Always", "RerunOnFailure", "Once"])
def test_an_end_before_it_ran_is_a_failed_start_whatever_it_is_called(strategy):
    for phase in ENDED:
        found = decision(machine(strategy, in_force=strategy, **HELD), its(phase, entered={"Scheduled": -9, phase: -1}))
        assert remembered(found)["startFailure"]["consecutiveFailCount"] == 1


def test_once_counts_no_guest_that_ran():
    ran = its("Failed", entered={"Running": -100, "Failed": -1})
    assert "startFailure" not in remembered(decision(machine("Once", in_force="Once", **HELD), ran))


def test_a_guest_that_was_asked_to_go_has_not_failed():
    going = its("Failed", entered={"Scheduled": -9, "Failed": -1}, deletionTimestamp=at(-2))
    assert "startFailure" not in remembered(decision(machine(in_force="Always", **HELD), going))


def test_a_guest_that_shut_down_soon_is_no_failed_start():
    short = its("Succeeded", entered={"Running": -20, "Succeeded": -1})
    assert "startFailure" not in remembered(decision(machine(in_force="Always", **HELD), short))


def test_halting_forgets_failures():
    assert (
        remembered(decision(machine("Halted", in_force="Always", failure=failures(3), **HELD)))["startFailure"] is None
    )


# Deletion, owners, faults.


def test_a_machine_is_held_before_its_guest_is_made():
    found = decision(machine())
    assert found.actions[0].patch == {"metadata": {"finalizers": [MACHINE_FINALIZER]}}


def test_deletion_takes_the_guest_along_and_then_lets_go():
    deleted = machine(in_force="Always", deletionTimestamp=at(0), **HELD)
    assert step(decision(deleted, its())) == "stop"
    assert shown(decision(deleted, its()))["printableStatus"] == "Terminating"
    assert step(decision(deleted, its(deletionTimestamp=at(0)))) == "nothing"
    [action] = decision(deleted).actions
    assert action.patch == {"metadata": {"finalizers": []}}


def test_a_machine_that_others_hold_shows_that_it_is_to_go():
    for finalizers in ([MACHINE_FINALIZER, "their.own/one"], ["their.own/one"]):
        found = decision(machine(in_force="Always", deletionTimestamp=at(0), finalizers=finalizers))
        assert shown(found)["printableStatus"] == "Terminating"
        patches = [one.patch["metadata"]["finalizers"] for one in found.actions if isinstance(one, Patch)]
        assert patches == [["their.own/one"]] * (len(finalizers) - 1)


def test_no_second_guest_while_the_first_ones_pod_is_there():
    for subject in (
        machine(in_force="Always", **HELD),
        machine("Manual", in_force="Manual", requests=[START], **HELD),
        machine("Once", **HELD),
    ):
        found = decision(subject, left_behind="virt-launcher-tiny-abcde")
        assert step(found) == "nothing"
        assert "runStrategy" not in remembered(found), "it has yet to come into force"
        [failure] = [one for one in shown(found)["conditions"] if one["type"] == "Failure"]
        assert failure["reason"] == "GuestLeftBehind"
        assert "virt-launcher-tiny-abcde" in failure["message"]
    halted = machine("Halted", in_force="Halted", **HELD)
    assert decision(halted, left_behind="virt-launcher-tiny-abcde") == decision(halted)


def test_an_orphaned_guest_runs_on():
    deleted = machine(in_force="Always", deletionTimestamp=at(0), finalizers=[MACHINE_FINALIZER, "orphan"])
    [action] = decision(deleted, its()).actions
    assert action.patch == {"metadata": {"finalizers": ["orphan"]}}


@pytest.mark.parametrize("other", [guest("Running"), guest("Running", machine="m-0")])
def test_a_guest_of_somebody_elses_is_not_touched(other):
    for strategy in ("Always", "Halted"):
        found = decision(machine(strategy, in_force=strategy, **HELD), other)
        assert step(found) == "nothing"
        [failure] = [one for one in shown(found)["conditions"] if one["type"] == "Failure"]
        assert failure["reason"] == "GuestNotOwned"


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"running": True}, "spec.running"),
        ({"runStrategy": "Sometimes"}, "spec.runStrategy"),
        ({"instancetype": {"name": "large"}}, "spec.instancetype"),
        ({"dataVolumeTemplates": [{"metadata": {"name": "d"}}]}, "spec.dataVolumeTemplates"),
        ({"template": {}}, "spec.template.spec"),
        ({"template": {"spec": "a guest"}}, "spec.template.spec"),
    ],
)
def test_what_cannot_be_is_told_by_its_path_and_starts_nothing(spec, field):
    found = decision(machine("Always", spec=spec, **HELD))
    assert step(found) == "nothing"
    [failure] = [one for one in shown(found)["conditions"] if one["type"] == "Failure"]
    assert failure["message"].startswith(field)
    assert [one.reason for one in found.actions if isinstance(one, Tell)] == [failure["reason"]]
