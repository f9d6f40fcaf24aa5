"""One life of a guest: what is decided in each state that guest and Pod can be in."""

import pytest

from controllers.virt_controller.actions import Apply, Create, Delete, Patch, Tell
from controllers.virt_controller.guest_life import Seen, decide, refused
from controllers.virt_controller.objects import GUEST_FINALIZER
from controllers.virt_controller.settings import launcher_settings
from tests.controllers.virt_objects import NOW, RUNS, SPEC, at, ended, guest, pod

SETTINGS = launcher_settings({"developerConfiguration": {"useEmulation": True}}, "launcher:v1")
HELD = {"finalizers": [GUEST_FINALIZER]}


def decision(subject, its_pod=None, missed_for_s=0.0):
    return decide(Seen(subject, its_pod, NOW, missed_for_s), SETTINGS)


def kinds(found):
    return [type(action).__name__ for action in found.actions]


def phase(found):
    """The phase that is written, or None."""
    statuses = [one.patch["status"] for one in found.actions if isinstance(one, Patch) and "status" in one.patch]
    return statuses[0]["phase"] if statuses else None


def conditions(found):
    [applied] = [one for one in found.actions if isinstance(one, Apply)]
    return {one["type"]: one for one in applied.status["conditions"]}


def told(found):
    return [(one.type, one.reason) for one in found.actions if isinstance(one, Tell)]


def as_said(found, subject_of):
    """The guest with the conditions that a decision writes."""
    return subject_of(conditions=list(conditions(found).values()))


def test_a_new_guest_is_held_before_anything_is_made_for_it():
    found = decision(guest())
    assert kinds(found) == ["Patch", "Create", "Tell", "Apply", "Patch"]
    assert found.actions[0].patch == {"metadata": {"finalizers": [GUEST_FINALIZER]}}
    assert phase(found) == "Scheduling"
    assert conditions(found)["Ready"]["status"] == "False"


def test_other_finalizers_stay():
    found = decision(guest(finalizers=["their.own/one"]))
    assert found.actions[0].patch["metadata"]["finalizers"] == ["their.own/one", GUEST_FINALIZER]


def test_the_pod_is_the_same_whenever_it_is_decided():
    [first, second] = [next(one for one in decision(guest()).actions if isinstance(one, Create)) for _ in "12"]
    assert first == second


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"noSuchField": 1}, "spec.noSuchField"),
        ({"domain": {**SPEC["domain"], "memory": {"guest": "lots"}}}, "spec.domain.memory.guest"),
        ({"domain": {**SPEC["domain"], "devices": {"tpm": {}}}}, "spec.domain.devices.tpm"),
        ({"domain": "a machine"}, "spec.domain"),
    ],
)
def test_a_bad_manifest_fails_and_says_where(change, words):
    found = decision(guest(spec={**SPEC, **change}))
    assert phase(found) == "Failed"
    assert not any(isinstance(one, Create) for one in found.actions)
    assert words in conditions(found)["Synchronized"]["message"]
    assert told(found) == [("Warning", "InvalidManifest")]


def test_a_refused_pod_is_told_once_and_waited_for():
    seen = Seen(guest(**HELD), None, NOW)
    found = refused(seen, "FailedCreate", "exceeded quota: memory")
    assert told(found) == [("Warning", "FailedCreate")]
    assert phase(found) == "Pending"
    again = refused(
        Seen(as_said(found, lambda **kw: guest("Pending", **HELD, **kw)), None, NOW),
        "FailedCreate",
        "exceeded quota: memory",
    )
    assert again.actions == []


def test_a_pod_that_is_seen_before_its_phase_was_written_is_taken_up():
    assert phase(decision(guest(**HELD), pod())) == "Scheduling"


def test_while_the_pod_waits_its_trouble_is_told_once():
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/2 nodes"}
    found = decision(guest("Scheduling", **HELD), pod(conditions=[condition], node=None))
    assert told(found) == [("Warning", "Unschedulable")]
    assert conditions(found)["PodScheduled"]["reason"] == "Unschedulable"
    assert phase(found) is None
    again = decision(
        as_said(found, lambda **kw: guest("Scheduling", **HELD, **kw)), pod(conditions=[condition], node=None)
    )
    assert again.actions == []


def test_a_trouble_that_has_passed_is_taken_back():
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/2 nodes"}
    troubled = decision(guest("Scheduling", **HELD), pod(conditions=[condition], node=None))
    found = decision(as_said(troubled, lambda **kw: guest("Scheduling", **HELD, **kw)), pod())
    assert set(conditions(found)) == {"Ready", "Synchronized"}
    assert conditions(found)["Synchronized"]["status"] == "True"


def test_the_handler_gets_the_guest_with_its_node_when_the_launcher_runs():
    found = decision(guest("Scheduling", **HELD), pod("Running", RUNS))
    assert kinds(found)[0] == "Patch"
    assert found.actions[0].patch == {"metadata": {"labels": {"kubevirt.io/nodeName": "node1"}}}
    status = found.actions[-1].patch["status"]
    assert (status["phase"], status["nodeName"]) == ("Scheduled", "node1")
    assert status["activePods"] == {"pod-of-g-1": "node1"}
    assert status["launcherContainerImageVersion"] == "launcher:v1"
    assert status["phaseTransitionTimestamps"][-1] == {"phase": "Scheduled", "phaseTransitionTimestamp": at(0)}


def test_phases_that_were_entered_before_stay_on_record():
    found = decision(guest("Scheduling", entered={"Scheduling": -5}, **HELD), pod("Running", RUNS))
    entered = found.actions[-1].patch["status"]["phaseTransitionTimestamps"]
    assert [one["phase"] for one in entered] == ["Scheduling", "Scheduled"]


@pytest.mark.parametrize("state", ["Scheduled", "Running", "Unknown", "WaitingForSync"])
def test_under_the_handler_nothing_is_written(state):
    assert decision(guest(state, **HELD), pod("Running", RUNS)).actions == []
    deleting = pod("Running", RUNS, deletionTimestamp=at(-5))
    assert decision(guest(state, **HELD), deleting).actions == []


@pytest.mark.parametrize("state", ["Scheduled", "Running"])
def test_an_end_is_the_handlers_to_tell_while_it_may_come(state):
    over = pod("Failed", ended(4, -10))
    found = decision(guest(state, **HELD), over)
    assert (found.actions, found.requeue_after_s) == ([], 50.0)


@pytest.mark.parametrize(
    ("over", "phase_then", "reason"),
    [
        (pod("Failed", ended(4, -61)), "Failed", "GuestCrashed"),
        (pod("Succeeded", ended(0, -61)), "Succeeded", "GuestEnded"),
    ],
)
def test_an_end_that_no_handler_tells_is_told_by_the_pod(over, phase_then, reason):
    found = decision(guest("Running", **HELD), over)
    assert phase(found) == phase_then
    assert conditions(found)["Synchronized"]["reason"] == reason


def test_a_missed_pod_is_waited_for_and_then_the_guest_has_failed():
    missed = decision(guest("Running", node="node1", **HELD), None, 4.0)
    assert (missed.actions, missed.requeue_after_s) == ([], 11.0)
    found = decision(guest("Running", node="node1", **HELD), None, 15.0)
    assert phase(found) == "Failed"
    assert "node1" in conditions(found)["Synchronized"]["message"]


@pytest.mark.parametrize(
    "its_pod", [None, pod(deletionTimestamp=at(0)), pod("Failed", ended(1)), pod("Succeeded", ended(0))]
)
def test_a_pod_lost_before_the_guest_started_ends_the_guest(its_pod):
    assert phase(decision(guest("Scheduling", **HELD), its_pod)) == "Failed"


def test_a_launcher_that_outlives_its_guest_is_ended_after_a_while():
    for state in ("Succeeded", "Failed"):
        found = decision(guest(state, entered={"Running": -99, state: -20}, **HELD), pod("Running", RUNS))
        assert (found.actions, found.requeue_after_s) == ([], 40.0)
        found = decision(guest(state, entered={"Running": -99, state: -60}, **HELD), pod("Running", RUNS))
        assert kinds(found) == ["Delete"]
        assert decision(guest(state, entered={state: -99}, **HELD), pod("Succeeded", ended(0))).actions == []


def test_deletion_ends_the_pod_and_holds_the_guest_until_nothing_runs():
    deleted = guest("Running", deletionTimestamp=at(0), **HELD)
    found = decision(deleted, pod("Running", RUNS))
    [action] = found.actions
    assert isinstance(action, Delete)
    assert action.uid == "pod-of-g-1"
    assert decision(deleted, pod("Running", RUNS, deletionTimestamp=at(0))).actions == []
    for gone in (None, pod("Succeeded", ended(0))):
        [action] = decision(deleted, gone).actions
        assert action.patch == {"metadata": {"finalizers": []}}


def test_a_deleted_guest_gets_no_pod():
    assert decision(guest(deletionTimestamp=at(0), finalizers=["their.own/one"]), None).actions == []
