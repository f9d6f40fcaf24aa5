"""Guests, machines and Pods for the controller's tests, as an API server would have them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import kvnode
from controllers.launchers import pod_name
from controllers.virt_controller.objects import Guest, Machine, Pod
from kvnode.api.decode import convert

EXAMPLES = Path(__file__).resolve().parents[2] / "deploy/examples"
NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
SPEC = kvnode.to_dict(kvnode.load(EXAMPLES / "vmi-tiny.yaml"))["spec"]


def at(seconds):
    """A time of Kubernetes', so many seconds after NOW."""
    return (NOW + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def guest(phase="", *, uid="g-1", name="tiny", spec=None, entered=None, machine=None, **more):
    """`entered` says when phases were entered, in seconds from NOW."""
    owner = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "name": name, "controller": True}
    status = {
        "phase": phase or None,
        "conditions": more.pop("conditions", []),
        "nodeName": more.pop("node", None),
        "phaseTransitionTimestamps": [
            {"phase": one, "phaseTransitionTimestamp": at(seconds)} for one, seconds in (entered or {}).items()
        ],
    }
    meta = {"name": name, "namespace": "lab", "uid": uid, "resourceVersion": "1", **more}
    if machine:
        meta["ownerReferences"] = [{**owner, "uid": machine}]
        # The generation of the machine below.
        meta.setdefault("annotations", {"kubevirt.io/vm-generation": "7"})
    return convert({"metadata": meta, "spec": spec or SPEC, "status": status}, Guest)


def pod(phase="Pending", state=None, *, uid="g-1", name="tiny", node="node1", conditions=(), **meta):
    owner = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "name": name, "uid": uid}
    statuses = [] if state is None else [{"name": "compute", "ready": True, "state": state, "image": "launcher:v1"}]
    return convert(
        {
            "metadata": {
                "name": pod_name(name, uid),
                "namespace": "lab",
                "uid": f"pod-of-{uid}",
                "ownerReferences": [{**owner, "controller": True}],
                **meta,
            },
            "spec": {"nodeName": node},
            "status": {"phase": phase, "containerStatuses": statuses, "conditions": list(conditions)},
        },
        Pod,
    )


HEAD = {"name": "tiny", "namespace": "lab", "resourceVersion": "1"}
RUNS = {"running": {"startedAt": at(0)}}


def ended(status, seconds=0, **more):
    return {"terminated": {"exitCode": status, "finishedAt": at(seconds), **more}}


def machine(strategy="Always", *, in_force=None, requests=(), failure=None, spec=None, **meta):
    """`in_force` is the strategy that its status says; `status` has more of it."""
    status = {
        **meta.pop("status", {}),
        "runStrategy": in_force,
        "stateChangeRequests": list(requests),
        "startFailure": failure,
    }
    return convert(
        {
            "metadata": {
                "name": "tiny",
                "namespace": "lab",
                "uid": "m-1",
                "resourceVersion": "1",
                "generation": 7,
                **meta,
            },
            "spec": {"runStrategy": strategy, "template": {"spec": SPEC}, **(spec or {})},
            "status": status,
        },
        Machine,
    )
