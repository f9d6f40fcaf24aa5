"""Run strategies, requests, failed starts, and what a machine shows of itself."""

import pytest

from controllers.virt_controller.actions import Apply, Create, Delete, Patch, Tell
from controllers.virt_controller.machine_life import Seen, decide, guest_of, printable_status
from controllers.virt_controller.objects import MACHINE_FINALIZER
from kvnode.api.identity import firmware_uuid
from kvnode.api.meta import ObjectMeta
from tests.controllers.virt_objects import NOW, SPEC, at, guest, machine

HELD = {"finalizers": [MACHINE_FINALIZER]}
START = {"action": "Start"}


def stop(uid="g-1"):
    return {"action": "Stop", "uid": uid}


def its(phase="Running", **more):
    return guest(phase, machine="m-1", **more)


def decision(subject, its_guest=None):
    return decide(Seen(subject, its_guest, NOW))


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
        ("RerunOnFailure", "nothing", "nothing", "nothing", "stop"),
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


# The guest.


def test_the_guest_is_the_template_as_it_is_written():
    template = {
        "metadata": {"labels": {"app": "web"}, "annotations": {"note": "1"}},
        "spec": {**SPEC, "fieldOfTomorrow": {"deep": [1, None]}},
    }
    made = guest_of(machine(spec={"template": template}))
    assert made["spec"]["fieldOfTomorrow"] == {"deep": [1, None]}
    assert made["metadata"]["labels"] == {"app": "web"}
    assert made["metadata"]["annotations"] == {"note": "1", "kubevirt.io/vm-generation": "7"}
    [owner] = made["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("VirtualMachine", "m-1", True)
    assert "firmware" not in template["spec"]["domain"]


def test_its_firmware_uuid_is_the_machines_and_not_the_guests():
    uuid = guest_of(machine())["spec"]["domain"]["firmware"]["uuid"]
    assert uuid == firmware_uuid(ObjectMeta(name="tiny", namespace="lab"))
    mine = "5d307ca9-b3ef-428c-8861-06e72d69f223"
    spec = {**SPEC, "domain": {**SPEC["domain"], "firmware": {"uuid": mine}}}
    assert guest_of(machine(spec={"template": {"spec": spec}}))["spec"]["domain"]["firmware"]["uuid"] == mine


def test_a_start_may_be_paused():
    subject = machine("Manual", in_force="Manual", requests=[{**START, "data": {"paused": "true"}}], **HELD)
    [made] = [one for one in decision(subject).actions if isinstance(one, Create)]
    assert made.body["spec"]["startStrategy"] == "Paused"


@pytest.mark.parametrize(
    ("its_guest", "word"),
    [
        (None, "Stopped"),
        (guest("Scheduling"), "Starting"),
        (guest("Scheduled"), "Starting"),
        (guest("Running"), "Running"),
        (guest("Running", conditions=[{"type": "Paused", "status": "True"}]), "Paused"),
        (guest("Running", deletionTimestamp=at(0)), "Stopping"),
        (guest("Succeeded"), "Stopped"),
        (guest("Unknown"), "Unknown"),
        (
            guest("Scheduling", conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]),
            "ErrorUnschedulable",
        ),
        (
            guest("Scheduling", conditions=[{"type": "Synchronized", "status": "False", "reason": "ErrImagePull"}]),
            "ErrImagePull",
        ),
    ],
)
def test_one_word_for_people(its_guest, word):
    assert printable_status(its_guest) == word


def test_a_machine_is_ready_when_its_guest_is():
    ready = its(conditions=[{"type": "Ready", "status": "True"}])
    found = decision(machine(in_force="Always", **HELD), ready)
    assert shown(found)["ready"] is True
    assert shown(found)["created"] is True
    [condition] = shown(found)["conditions"]
    assert (condition["type"], condition["status"], condition["lastTransitionTime"]) == ("Ready", "True", at(0))
