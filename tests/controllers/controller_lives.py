"""Lives that virt-controller's reconciles are tried in, with a failure at each of their writes.

Each plays everybody else (user, scheduler, kubelet, handler, the cluster's own controllers) in a `World` of
test_virt_controller_faults.py, and returns what stood there after each step, which no failure may change. Where a life
begins with what another one is about, it says by `began` from which write on it is its own.
"""

from controllers.runtime.resources import ApiObject, Request
from controllers.virt_controller.guest_ready import TWO_HEARTBEATS_S
from controllers.virt_controller.node_life import SILENT_S
from controllers.virt_controller.objects import GUESTS, HEARTBEAT, MACHINES, NODES, PODS, SCHEDULABLE, Guest
from tests.controllers.virt_objects import SPEC

MERGE = "application/merge-patch+json"
LONG_AGO = "2026-01-01T00:00:00Z"
READY = {"type": "Ready", "status": "True", "lastTransitionTime": LONG_AGO}
LOST = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting."}
NOT_READY = {"type": "Ready", "status": "False"}


async def life_of_a_template(world):
    """Changed under a running guest, changed back, halted and the like, changed again, and restarted."""
    seen = []

    async def note():
        await world.settle(MACHINES)
        status = (await world.document(MACHINES))["status"]
        conditions = {one["type"]: one["status"] for one in status["conditions"]}
        seen.append((conditions, status["printableStatus"], status["desiredGeneration"] - status["observedGeneration"]))
        return {one["type"]: one.get("message") for one in status["conditions"]}.get("RestartRequired")

    async def change(**spec):
        await world.api.merge_patch(MACHINES, world.request, {"spec": spec})

    await make_machine(world, "Manual", requests=[{"action": "Start"}])
    first = await world.api.find(GUESTS, world.request, Guest)
    assert await note() is None
    world.began = world.client.writes
    await change(template={"spec": {"hostname": "other"}})
    assert "spec.template.spec.hostname" in await note()
    await change(template={"spec": {"hostname": None}})
    assert await note() is None
    await change(runStrategy="RerunOnFailure")
    assert await note() is None
    await change(template={"metadata": {"labels": {"app": "web"}}, "spec": {"hostname": "other"}})
    assert await note() is not None
    requests = [{"action": "Stop", "uid": first.metadata.uid}, {"action": "Start"}]
    await world.set_status(MACHINES, "tiny", {"stateChangeRequests": requests})
    assert await note() is None
    second = await world.api.find(GUESTS, world.request, Guest)
    assert second.metadata.uid != first.metadata.uid
    assert second.spec["hostname"] == "other"
    return seen


async def life_on_a_lost_node(world):
    """The node is lost and comes back; is lost again with its Pods told to go, and its handler is heard of."""
    seen = []
    pod = await runs_on_the_node(world)
    world.began = world.client.writes

    async def note():
        seen.append(await said(world))
        return seen[-1]

    await lost(world, pod)
    assert await note() == ("True", "", "Running", True), "its handler was heard of a moment ago"
    world.clock_s += TWO_HEARTBEATS_S
    assert await note() == ("False", "NodeNotReady", "Running", False)
    await node_says(world, READY)
    assert await note() == ("False", "PodNotReady", "Running", False)
    await pod_says(world, pod, READY)
    assert await note() == ("True", None, "Running", True)

    await lost(world, pod)
    await world.api.delete(PODS, Request(world.namespace, pod))
    world.clock_s += TWO_HEARTBEATS_S
    assert await note() == ("False", "NodeNotReady", "Running", False)
    conditions = (await world.document(GUESTS))["status"]["conditions"]
    assert "out-of-service" in next(one["message"] for one in conditions if one["type"] == "Ready")
    await the_handler_says(world)
    assert await note() == ("True", "", "Running", True), "it lives, and is not written over again"
    return seen


async def life_after_a_lost_node(world):
    """What may still run has no second; what is gone by force has failed, and starts again elsewhere."""
    seen = []
    pod = await runs_on_the_node(world)
    world.began = world.client.writes
    first = await world.document(GUESTS)
    await lost(world, pod)
    await world.api.delete(PODS, Request(world.namespace, pod))
    seen.append(await said(world))
    assert len(await world.pods()) == 1

    await world.api.delete(PODS, Request(world.namespace, pod), grace_period_s=0)
    result = await world.settle(GUESTS)
    assert result.requeue_after_s == 15.0, "a Pod that isn't seen isn't gone yet"
    world.clock_s += result.requeue_after_s
    await world.settle(GUESTS)
    failed = await world.document(GUESTS)
    assert (failed["status"]["phase"], failed["status"]["reason"]) == ("Failed", "PodGone")
    for resource in (MACHINES, GUESTS, MACHINES, GUESTS):
        await world.settle(resource)
    seen.append(await said(world))
    assert seen[-1][2:] == ("Starting", False)
    second, [other] = await world.document(GUESTS), await world.pods()
    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    assert other["metadata"]["name"] != pod
    return seen


async def said(world):
    """What guest and machine say once both are settled."""
    await world.settle(GUESTS)
    await world.settle(MACHINES)
    guest, machine = await world.document(GUESTS), (await world.document(MACHINES))["status"]
    [ready] = [one for one in guest["status"]["conditions"] if one["type"] == "Ready"]
    return ready["status"], ready.get("reason"), machine["printableStatus"], machine["ready"]


async def runs_on_the_node(world):
    """A machine's guest that runs on the world's node; its Pod's name."""
    await make_node(world)
    await make_machine(world, "Always")
    await world.settle(GUESTS)
    pod = await runs(world)
    await world.settle(GUESTS)
    await the_handler_says(world)
    await world.settle(NODES)
    assert await said(world) == ("True", "", "Running", True)
    return pod


async def lost(world, pod):
    """What the cluster's own controllers say of a node that they don't hear of, and of its Pods."""
    await node_says(world, LOST)
    await pod_says(world, pod, NOT_READY)


async def life_of_a_silent_node(world):
    """Its handler beats, falls silent, and is back."""
    seen = []

    async def note():
        result = await world.settle(NODES)
        node = await world.api.get(NODES, world.node, ApiObject)
        seen.append((node.metadata.labels[SCHEDULABLE], result.requeue_after_s))
        return seen[-1]

    async def beats(time):
        head = {"labels": {SCHEDULABLE: "true"}, "annotations": {HEARTBEAT: time}}
        await world.api.merge_patch(NODES, world.node, {"metadata": head})

    await make_node(world)
    assert await note() == ("true", SILENT_S)
    world.clock_s += SILENT_S - 1
    assert await note() == ("true", 1.0)
    await beats("1999-01-01T00:00:00Z")
    assert await note() == ("true", SILENT_S), "a clock that was set back is no silence"
    world.clock_s += SILENT_S
    assert await note() == ("false", None)
    world.clock_s += SILENT_S
    assert await note() == ("false", None)
    await beats("1999-01-01T00:01:00Z")
    assert await note() == ("true", SILENT_S)
    # Of a write whose answer is lost nothing is told: it may have been another one's.
    assert world.told.reasons == ["NodeUnresponsive"] or (world.client.hit and not world.told.reasons)
    await world.api.delete(NODES, world.node)
    await world.settle(NODES)
    return seen


# What everybody else does.


async def make_node(world):
    head = {"name": world.node.name, "labels": {SCHEDULABLE: "true"}, "annotations": {HEARTBEAT: LONG_AGO}}
    await world.api.create(NODES, {"apiVersion": "v1", "kind": "Node", "metadata": head})
    await node_says(world, READY)


async def node_says(world, condition):
    path = NODES.path_of(world.node, "status")
    await world.api.request("PATCH", path, body={"status": {"conditions": [condition]}}, content_type=MERGE)


async def make_machine(world, strategy, requests=()):
    head = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine"}
    metadata = {"name": "tiny", "namespace": world.namespace}
    await world.api.create(
        MACHINES, {**head, "metadata": metadata, "spec": {"runStrategy": strategy, "template": {"spec": SPEC}}}
    )
    if requests:
        await world.set_status(MACHINES, "tiny", {"stateChangeRequests": list(requests)})
    await world.settle(MACHINES)


async def runs(world):
    """The scheduler gives the Pod to the node, and the kubelet runs it; its name."""
    [pod] = await world.pods()
    name = pod["metadata"]["name"]
    binding = {"metadata": {"name": name}, "target": {"kind": "Node", "name": world.node.name}}
    await world.api.request("POST", PODS.path(world.namespace, name, "binding"), body=binding)
    compute = {"name": "compute", "ready": True, "image": "launcher:v1", "imageID": "", "restartCount": 0}
    statuses = [{**compute, "state": {"running": {"startedAt": LONG_AGO}}}]
    await world.set_status(PODS, name, {"phase": "Running", "containerStatuses": statuses, "conditions": [READY]})
    return name


async def pod_says(world, name, condition):
    await world.set_status(PODS, name, {"conditions": [condition]})


async def the_handler_says(world):
    """Its report, server-side applied as it applies it, and its phase."""
    condition = {**READY, "reason": "", "message": ""}
    synchronized = {**condition, "type": "Synchronized"}
    guest = await world.api.get(GUESTS, world.request, Guest)
    head = {"name": "tiny", "namespace": world.namespace, "uid": guest.metadata.uid}
    await world.api.apply(
        GUESTS, {"metadata": head, "status": {"conditions": [condition, synchronized]}}, subresource="status"
    )
    entered = [{"phase": "Running", "phaseTransitionTimestamp": LONG_AGO}]
    await world.set_status(GUESTS, "tiny", {"phase": "Running", "phaseTransitionTimestamps": entered})
