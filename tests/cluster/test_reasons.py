"""A guest that can't start, or doesn't live, says why: a condition and an event with the cause, the values and what
would do, as `kubectl describe` shows them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from deploy.cluster.cluster import Cluster
from deploy.cluster.kube_api import Refused
from tests.cluster.guests import NAMESPACE, Guest, Machine, example, wait_for

KUBEVIRTS = "/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts"


def told(guest: Guest, reason: str, *words: str, field: str = "Synchronized") -> None:
    """Wait until a condition has the reason and these words, and an event the same; and so in `kubectl describe`."""
    wait_for(f"{reason} in {field}", lambda: guest.condition(field).get("reason") == reason, guest.said, 90)
    message = guest.condition(field)["message"]
    for word in words:
        assert word in message, message
    wait_for(
        "an event",
        lambda: any(event["reason"] == reason and event["message"] == message for event in guest.events()),
        guest.said,
        20,
    )
    described = guest.cluster.kubectl("describe", "vmi", guest.name)
    status, _, events = described.partition("Events:")
    for word in words:
        assert word in " ".join(status.split()), described
        assert word in " ".join(events.split()), described


def with_image(image: str, **more: str) -> list[dict[str, Any]]:
    """The example's volumes with another image."""
    volumes = example("vmi-tiny")["spec"]["volumes"]
    volumes[0]["containerDisk"] = {"image": image, **more}
    return list(volumes)


@contextmanager
def configured(cluster: Cluster, change: dict[str, Any]) -> Iterator[None]:
    """The KubeVirt resource with another configuration, for a while; the leading controller knows it."""
    (installation,) = cluster.api.get(KUBEVIRTS)["items"]
    path = f"{KUBEVIRTS}/{installation['metadata']['name']}"

    def configure(configuration: dict[str, Any]) -> None:
        changed = [{"op": "add", "path": "/spec/configuration", "value": configuration}]
        generation = cluster.api.request("PATCH", path, changed, "application/json-patch+json")["metadata"][
            "generation"
        ]
        wait_for(
            "the configuration is read",
            lambda: cluster.api.get(path).get("status", {}).get("observedGeneration") == generation,
        )

    configure(change)
    try:
        yield
    finally:
        configure(installation["spec"].get("configuration", {}))


def test_no_node_with_kvm_and_no_emulation(guest: Guest) -> None:
    """Where KVM works there is nothing to tell; where it doesn't, a guest that may not be emulated waits."""
    if "kubevirt.io/kvm=works" in guest.cluster.kubectl("get", "nodes", "--show-labels"):
        guest.apply()
        guest.running()
        return
    with configured(guest.cluster, {}):
        guest.apply()
        told(guest, "Unschedulable", "devices.kubevirt.io/kvm", "useEmulation")
    assert guest.phase == "Scheduling"


def test_too_little_memory(guest: Guest) -> None:
    domain = example("vmi-tiny")["spec"]["domain"]
    domain["memory"] = {"guest": "4Ti"}
    guest.apply(domain=domain)
    told(guest, "Unschedulable", "Insufficient memory", "kvnode explain", field="PodScheduled")


def test_an_image_that_is_missing(guest: Guest) -> None:
    guest.apply(volumes=with_image("localhost/kvnode/nowhere:v1", imagePullPolicy="Never"))
    told(guest, "ErrImageNeverPull", "localhost/kvnode/nowhere:v1")


def test_an_image_that_can_not_be_pulled(machine: Machine) -> None:
    document = example("vm-tiny")
    document["spec"]["template"]["spec"]["volumes"] = with_image("localhost:1/nowhere:v1")
    machine.create(document)
    wait_for(
        "ErrImagePull or its back-off is printed",
        lambda: machine.printed in ("ErrImagePull", "ImagePullBackOff"),
        machine.said,
    )
    assert "localhost:1/nowhere:v1" in machine.condition("Synchronized")["message"]


def test_an_image_without_a_disk(guest: Guest) -> None:
    guest.apply(volumes=with_image("localhost/kvnode/busybox:1"))
    told(guest, "InvalidImage", "spec.volumes[0].containerDisk.image")
    assert guest.phase == "Scheduled"


def test_a_quota_that_is_used_up(guest: Guest) -> None:
    """The API server doesn't take the Pod; as soon as it does, the guest runs."""
    quotas = f"/api/v1/namespaces/{NAMESPACE}/resourcequotas"
    # None at all, and not as many as there are now: one of those may be on its way out, and would leave room.
    quota = {"metadata": {"name": "no-more"}, "spec": {"hard": {"count/pods": "0"}}}
    guest.cluster.api.request("POST", quotas, quota)
    try:
        wait_for("the quota counts", lambda: guest.cluster.api.get(f"{quotas}/no-more").get("status", {}).get("used"))
        guest.apply()
        told(guest, "FailedCreate", "exceeded quota: no-more")
        assert guest.phase == "Pending"
    finally:
        guest.cluster.api.request("DELETE", f"{quotas}/no-more")
    guest.running()


def test_a_launcher_that_is_killed(guest: Guest) -> None:
    guest.apply()
    guest.running()
    node = guest.cluster.machine(guest.node)
    node.run("pkill", "-9", "-f", "controllers.virt_launcher")
    wait_for("its end", lambda: guest.phase == "Failed", guest.said)
    told(guest, "LauncherCrashed", "137", field="Ready")
    assert guest.qemus() == 0


def test_a_configuration_that_can_not_be_read_is_refused_and_changes_nothing(guest: Guest) -> None:
    bad = {"developerConfiguration": {"useEmulation": True, "cpuAllocationRatio": "ten"}}
    path = r"spec\.configuration\.developerConfiguration\.cpuAllocationRatio: Invalid value"
    with pytest.raises(Refused, match=path), configured(guest.cluster, bad):
        pass
    guest.apply()
    guest.running()
