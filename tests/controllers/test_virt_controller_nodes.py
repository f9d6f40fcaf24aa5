"""Nodes that are silent, and guests on nodes that are lost: what is decided of each."""

import pytest

from controllers.runtime.informer import Change, Informer
from controllers.runtime.resources import Request
from controllers.virt_controller.actions import Apply, Delete, Patch, Tell
from controllers.virt_controller.daemon import wake_guests
from controllers.virt_controller.guest_life import Seen as GuestSeen
from controllers.virt_controller.guest_life import decide as decide_guest
from controllers.virt_controller.guest_ready import TWO_HEARTBEATS_S
from controllers.virt_controller.heartbeats import Heartbeats
from controllers.virt_controller.node_life import SILENT_S, Seen, decide, trimmed
from controllers.virt_controller.objects import GUEST_FINALIZER, GUESTS, HEARTBEAT, SCHEDULABLE, Guest, Node
from controllers.virt_controller.reconcilers import ON_NODE, node_of
from controllers.virt_controller.settings import LauncherSettings
from kvnode.api.decode import convert
from tests.controllers.virt_objects import NOW, RUNS, at, ended, guest, pod

HELD = {"finalizers": [GUEST_FINALIZER]}
READY = {"type": "Ready", "status": "True"}
LOST = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting."}
SAID = {"type": "Ready", "status": "True", "lastTransitionTime": at(-500)}


def node(schedulable="true", beat="2026-06-01T11:00:00Z", condition=READY, **meta):
    labels = {} if schedulable is None else {SCHEDULABLE: schedulable}
    annotations = {} if beat is None else {HEARTBEAT: beat}
    metadata = {"name": "node1", "uid": "n-1", "resourceVersion": "5", "labels": labels, "annotations": annotations}
    return convert({"metadata": {**metadata, **meta}, "status": {"conditions": [condition]}}, Node)


# A silent handler.


@pytest.mark.parametrize("beat", ["1999-01-01T00:00:00Z", "2199-01-01T00:00:00Z", "no time at all", None])
def test_a_heartbeats_own_time_counts_for_nothing(beat):
    """A node's clock may be years off: what counts is that the heartbeat changes."""
    found = decide(Seen(node(beat=beat), SILENT_S - 100))
    assert (found.actions, found.requeue_after_s) == ([], 100)


def test_a_node_whose_heartbeat_does_not_change_gets_nothing_new():
    patch, told = decide(Seen(node(), SILENT_S)).actions
    assert patch == Patch({"metadata": {"labels": {SCHEDULABLE: "false"}}})
    assert isinstance(told, Tell)
    assert (told.type, told.reason) == ("Warning", "NodeUnresponsive")
    assert "2026-06-01T11:00:00Z" in told.message
    assert "virt-handler" in told.message


@pytest.mark.parametrize("label", ["false", None, "maybe"])
def test_a_node_that_takes_no_guests_is_left_alone(label):
    assert decide(Seen(node(label), SILENT_S * 10)).actions == []


def test_of_a_node_only_what_is_asked_for_is_kept():
    labels = {SCHEDULABLE: "true", "kubernetes.io/os": "linux"}
    document = {
        "metadata": {"name": "a", "uid": "u", "resourceVersion": "7", "labels": labels, "annotations": {"x": "y"}},
        "status": {"conditions": [{"type": "DiskPressure", "status": "False"}, READY], "images": [{"names": ["i"]}]},
    }
    kept = trimmed(convert(document, Node))
    assert (kept.metadata.name, kept.metadata.uid, kept.metadata.resource_version) == ("a", "u", "7")
    assert kept.metadata.labels == {SCHEDULABLE: "true"}
    assert kept.metadata.annotations is None
    assert [one.type for one in kept.status.conditions] == ["Ready"]


def test_a_heartbeat_is_silent_for_as_long_as_it_stays_what_it_is():
    now = [1000.0]
    heartbeats = Heartbeats(lambda: now[0])
    assert heartbeats.silent_for_s("node1") == 0.0, "nothing is known of a node that wasn't seen"
    assert heartbeats.see(node()) == 0.0
    now[0] += 40
    assert (heartbeats.see(node()), heartbeats.silent_for_s("node1")) == (40.0, 40.0)
    assert heartbeats.see(node(beat="2026-06-01T10:00:00Z")) == 0.0, "set back, and alive"
    now[0] += 40
    assert heartbeats.see(node(beat="2026-06-01T10:00:00Z", uid="n-2")) == 0.0, "another node of that name"
    heartbeats.forget("node1")
    assert heartbeats.silent_for_s("node1") == 0.0


# Guests of a node that is lost.


def running(conditions=(SAID,), phase="Running", **more):
    return guest(phase, node="node1", conditions=list(conditions), **HELD, **more)


def not_ready_pod(**meta):
    return pod("Running", RUNS, conditions=[{"type": "Ready", "status": "False"}], **meta)


def ready_pod(**meta):
    return pod("Running", RUNS, conditions=[READY], **meta)


def decision(subject, its_pod, its_node=None, missed_for_s=0.0, silent_for_s=TWO_HEARTBEATS_S):
    return decide_guest(GuestSeen(subject, its_pod, NOW, missed_for_s, its_node, silent_for_s), LauncherSettings())


def ready(found):
    """The condition that is written, or None."""
    applied = [one for one in found.actions if isinstance(one, Apply)]
    if not applied:
        return None
    [[condition]] = [one.status["conditions"] for one in applied]
    assert condition["type"] == "Ready", "every other condition stays the handler's"
    return condition


def told(found):
    return [(one.type, one.reason) for one in found.actions if isinstance(one, Tell)]


LOST_NODE = node(condition=LOST)


@pytest.mark.parametrize("its_pod", [ready_pod(), not_ready_pod(), not_ready_pod(deletionTimestamp=at(0))])
def test_a_handler_that_is_heard_of_speaks_for_itself(its_pod):
    """Its kubelet is gone and it isn't: two writers of one condition would write by turns."""
    for subject in (running(), running(deletionTimestamp=at(0))):
        found = decision(subject, not_ready_pod(deletionTimestamp=at(0)), LOST_NODE, silent_for_s=50.0)
        assert (found.actions, found.requeue_after_s) == ([], TWO_HEARTBEATS_S - 50.0)
        assert decision(subject, not_ready_pod(deletionTimestamp=at(0)), node()).actions == []
    assert decision(running(), its_pod, LOST_NODE, silent_for_s=50.0).actions == []


@pytest.mark.parametrize("its_pod", [ready_pod(), not_ready_pod()])
def test_on_a_node_that_is_lost_nobody_is_ready(its_pod):
    found = decision(running(), its_pod, LOST_NODE)
    assert (ready(found)["status"], ready(found)["reason"]) == ("False", "NodeNotReady")
    assert ready(found)["lastTransitionTime"] == at(0)
    assert "Kubelet stopped posting." in ready(found)["message"]
    assert told(found) == [("Warning", "NodeNotReady")]
    assert not any(isinstance(one, Patch | Delete) for one in found.actions), "what isn't known is not destroyed"


def test_what_would_do_is_told_when_its_pod_is_to_go():
    first = decision(running(), not_ready_pod(), LOST_NODE)
    found = decision(running([ready(first)]), not_ready_pod(deletionTimestamp=at(0)), LOST_NODE)
    assert ready(found)["reason"] == "NodeNotReady"
    assert "out-of-service" in ready(found)["message"]
    assert told(found) == [], "once is enough"
    assert not any(isinstance(one, Patch | Delete) for one in found.actions)


@pytest.mark.parametrize("its_pod", [not_ready_pod(), ready_pod(deletionTimestamp=at(0))])
@pytest.mark.parametrize("its_node", [None, node()])
def test_on_a_node_that_is_ready_or_not_known_the_handler_says_how_its_guests_are(its_pod, its_node):
    found = decision(running(), its_pod, its_node)
    assert (found.actions, found.requeue_after_s) == ([], None)


@pytest.mark.parametrize(
    ("its_pod", "its_node"),
    [(ready_pod(), node()), (ready_pod(), None), (pod("Running", RUNS), node(condition={"type": "DiskPressure"}))],
)
def test_where_nothing_is_wrong_nothing_is_written(its_pod, its_node):
    assert decision(running(), its_pod, its_node).actions == []


@pytest.mark.parametrize(
    "said",
    [
        {"type": "Ready", "status": "False", "reason": "GuestNotRunning"},
        {"type": "Ready", "status": "Unknown", "reason": "LauncherSilent"},
        {"type": "Synchronized", "status": "True"},
    ],
)
def test_what_the_handler_says_otherwise_stands(said):
    for its_pod, its_node in ((not_ready_pod(), LOST_NODE), (ready_pod(), node())):
        assert decision(running([said]), its_pod, its_node).actions == []


def test_what_was_taken_is_given_back_and_told_once():
    taken = ready(decision(running(), not_ready_pod(), LOST_NODE))
    assert decision(running([taken]), not_ready_pod(), LOST_NODE).actions == []
    still = decision(running([taken]), not_ready_pod(), node())
    assert ready(still)["reason"] == "PodNotReady", "the kubelet is back, and has yet to say how the Pod is"
    assert told(still) == []
    going = decision(running([taken]), not_ready_pod(deletionTimestamp=at(0)), node())
    assert ready(going)["reason"] == "PodTerminating"
    back = decision(running([ready(still)]), ready_pod(), node())
    assert back.actions == [Apply({"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": at(0)}]})]


def test_a_pod_that_ended_with_its_node_is_not_ready_but_over():
    taken = ready(decision(running(), not_ready_pod(), LOST_NODE))
    found = decision(running([taken]), pod("Failed", ended(137, -61), conditions=[READY]), node())
    [phase] = [one.patch["status"]["phase"] for one in found.actions if isinstance(one, Patch)]
    assert phase == "Failed"


def test_a_deleted_guest_on_a_lost_node_stays_and_says_so():
    going = running(deletionTimestamp=at(0))
    found = decision(going, not_ready_pod(deletionTimestamp=at(0)), LOST_NODE)
    assert ready(found)["reason"] == "NodeNotReady"
    assert [type(one) for one in found.actions] == [Tell, Apply], "its finalizer stays with its Pod"


def test_when_its_pod_is_gone_by_force_it_has_failed_with_its_node():
    found = decision(running(), None, LOST_NODE, missed_for_s=15.0)
    [patch] = [one.patch["status"] for one in found.actions if isinstance(one, Patch)]
    assert (patch["phase"], patch["reason"]) == ("Failed", "PodGone")
    [applied] = [one.status["conditions"] for one in found.actions if isinstance(one, Apply)]
    why = {one["type"]: one for one in applied}["Synchronized"]["message"]
    assert "node1" in why
    assert "Kubelet stopped posting." in why


@pytest.mark.parametrize(
    ("before", "now", "wakes"),
    [
        (node(), LOST_NODE, True),
        (LOST_NODE, node(), True),
        (None, LOST_NODE, True),
        (LOST_NODE, None, True),
        (None, node(), False),
        (node(), node(beat="2026-06-01T11:01:00Z"), False),
        (LOST_NODE, node("false", condition=LOST), False),
    ],
)
def test_a_nodes_guests_are_looked_at_again_when_it_is_lost_and_when_it_is_back(before, now, wakes):
    guests = Informer(None, GUESTS, Guest, indexers={ON_NODE: node_of})
    elsewhere = guest("Running", name="other", node="node2")
    for one in (running(), elsewhere):
        guests.store.put(Request("lab", one.metadata.name), one)
    woken = []

    class Queue:
        def enqueue(self, request):
            woken.append(request)

    wake_guests(Change(Request("", "node1"), old=before, new=now), guests, Queue())
    assert woken == ([Request("lab", "tiny")] if wakes else [])


def test_a_pod_that_the_cluster_ended_says_who_did_it():
    by = {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "DeletionByPodGC",
        "message": "PodGC: node is out of service",
    }
    found = decision(running(), pod("Failed", conditions=[by]), LOST_NODE)
    [patch] = [one.patch["status"] for one in found.actions if isinstance(one, Patch)]
    assert (patch["phase"], patch["reason"]) == ("Failed", "DeletionByPodGC")
