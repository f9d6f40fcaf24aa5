"""Pods for tests: small manifests, and waiting for them."""

import time
from typing import Any

from deploy.cluster.cluster import Cluster
from deploy.cluster.images import BUSYBOX_IMAGE


def busybox_pod(name: str, node: str, *command: str, **spec: object) -> dict[str, Any]:
    """A Pod with one container of the busybox image on this node; ``spec`` joins the Pod's."""
    container = {"name": "main", "image": BUSYBOX_IMAGE, "command": list(command), "terminationMessagePolicy": "File"}
    container |= {key: spec.pop(key) for key in ("volumeMounts", "securityContext") if key in spec}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "nodeSelector": {"kubernetes.io/hostname": node},
            "terminationGracePeriodSeconds": 0,
            "containers": [container],
            **spec,
        },
    }


def await_pod(cluster: Cluster, name: str, phase: str = "Running", timeout_s: float = 60) -> dict[str, Any]:
    """The Pod of the namespace default when it has reached the phase, with every container ready if that is Running."""
    deadline = time.monotonic() + timeout_s
    while True:
        pod = cluster.api.get(f"/api/v1/namespaces/default/pods/{name}")
        status = pod["status"]
        ready = all(container["ready"] for container in status.get("containerStatuses", []))
        if status.get("phase") == phase and (phase != "Running" or ready):
            return pod
        assert time.monotonic() < deadline, f"{name} is not {phase}:\n{cluster.kubectl('describe', 'pod', name)}"
        time.sleep(0.1)
