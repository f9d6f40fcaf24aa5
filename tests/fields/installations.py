"""KubeVirt resources that set every field of their spec, and what becomes of guests under each.

A configuration has no output of its own: it decides about guests. So each one is tried on guests that leave open what a
configuration may fill in, and that ask for what it may permit; what differs between two configurations is their effect.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

import kvnode
from controllers.runtime.installation import Installation
from controllers.virt_controller.actions import Apply
from controllers.virt_controller.components import components
from controllers.virt_controller.installation import Seen, decide
from kvnode.api.decode import convert
from kvnode.api.kubevirt import KubeVirtSpec
from kvnode.api.settings import settings_of, typed_configuration
from kvnode.api.unsupported_installation import installation_without_effect
from kvnode.errors import InvalidManifest
from kvnode.planning.settings import plan_settings
from tests.api_documents import whole_document
from tests.fields.guests import UID
from tests.fields.outcome import GUEST_PARTS, NOBODY, Outcome, Told, made_of, wrong
from tests.manifests import DEVICES, DOMAIN, GONE, manifest

_NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
_CDROM = {f"{DEVICES}.disks.2": {"name": "seed", "cdrom": {"bus": "scsi"}}}
_SILENT_ABOUT: dict[str, Any] = {
    f"{DOMAIN}.cpu": GONE,
    f"{DEVICES}.interfaces": GONE,
    "spec.networks": GONE,
    **_CDROM,
}
_ASKING: dict[str, Any] = {
    f"{DOMAIN}.machine": {"type": "pc-q35-7.2"},
    f"{DEVICES}.interfaces": [{"name": "default", "bridge": {}}, {"name": "red", "binding": {"name": "key"}}],
    "spec.networks": [{"name": "default", "pod": {}}, {"name": "red", "multus": {"networkName": "red"}}],
    f"{DEVICES}.downwardMetrics": {},
    f"{DEVICES}.disks.3": {"name": "more", "lun": {"bus": "scsi", "reservation": True}},
    "spec.volumes.3": {"name": "more", "persistentVolumeClaim": {"claimName": "data"}},
    f"{DOMAIN}.rebootPolicy": "Terminate",
}
_GUESTS: tuple[dict[str, Any], ...] = (
    _SILENT_ABOUT,
    {**_SILENT_ABOUT, "spec.architecture": "arm64"},
    {**_SILENT_ABOUT, "spec.architecture": "s390x"},
    _ASKING,
    {f"{DEVICES}.gpus": [{"name": "gpu", "deviceName": "vendor.example/grace"}]},
    {f"{DOMAIN}.machine": {"type": "virt-8.2"}, "spec.architecture": "arm64", **_CDROM},
    {f"{DOMAIN}.machine": {"type": "s390-ccw-virtio-8.2"}, "spec.architecture": "s390x", **_CDROM},
)
"""Guests that leave things open, and guests that ask for what a configuration permits."""

_WHOLE = whole_document(KubeVirtSpec)
_ARCHITECTURES = {
    "amd64": {"machineType": "pc-q35-8.2", "emulatedMachines": ["pc-q35-9*"], "ovmfPath": "/usr/share/OVMF"},
    "arm64": {"machineType": "virt-8.1", "emulatedMachines": ["virt-9*"], "ovmfPath": "/usr/share/AAVMF"},
    "s390x": {"machineType": "s390-ccw-virtio-8.1", "emulatedMachines": ["s390-ccw-virtio-9*"], "ovmfPath": "/x"},
    "ppc64le": {"machineType": "pseries", "emulatedMachines": ["pseries*"], "ovmfPath": "/x"},
}
_MEANINGFUL: dict[str, Any] = {
    "developerConfiguration": {
        **_WHOLE["configuration"]["developerConfiguration"],
        "featureGates": ["DownwardMetrics"],
        "disabledFeatureGates": ["RebootPolicy"],
        "cpuAllocationRatio": 5,
        "memoryOvercommit": 150,
        "nodeSelectors": {"zone": "a"},
    },
    "architectureConfiguration": _ARCHITECTURES,
    "machineType": "pc-q35-8.2",
    "emulatedMachines": ["pc-q35-9*"],
    "cpuModel": "Nehalem",
    "cpuRequest": "250m",
    "evictionStrategy": "LiveMigrate",
    "network": {
        **_WHOLE["configuration"]["network"],
        "defaultNetworkInterface": "masquerade",
        "permitBridgeInterfaceOnPodNetwork": False,
        "binding": {"key": {**_WHOLE["configuration"]["network"]["binding"]["key"], "domainAttachmentType": "tap"}},
    },
    "permittedHostDevices": {
        **_WHOLE["configuration"]["permittedHostDevices"],
        "pciHostDevices": [
            {"pciVendorSelector": "10de:2342", "resourceName": "vendor.example/grace", "externalResourceProvider": True}
        ],
    },
    "liveUpdateConfiguration": {"maxHotplugRatio": 2, "maxCpuSockets": 3, "maxGuest": "2Gi"},
    "vmRolloutStrategy": "Stage",
    "additionalGuestMemoryOverheadRatio": "1.5",
}
"""Values that mean something, for the parts of a configuration where any text won't do."""

INSTALLATIONS: dict[str, dict[str, Any]] = {
    **{
        f"configuration: {name}": {"configuration": {name: _MEANINGFUL.get(name, value)}}
        for name, value in _WHOLE["configuration"].items()
    },
    "when images are pulled": {"configuration": {"imagePullPolicy": "Always"}},
    "another architecture": {"configuration": {"architectureConfiguration": {"defaultArchitecture": "arm64"}}},
    "the ratio alone": {"configuration": {"liveUpdateConfiguration": {"maxHotplugRatio": 2}}},
    **{name: {name: value} for name, value in _WHOLE.items() if name != "configuration"},
}
"""What each one sets."""


def installation_document(spec: dict[str, Any]) -> dict[str, Any]:
    """A KubeVirt resource with this spec."""
    metadata = {"name": "kubevirt", "namespace": "kubevirt"}
    return {"apiVersion": "kubevirt.io/v1", "kind": "KubeVirt", "metadata": metadata, "spec": spec}


def of_installation(document: dict[str, Any]) -> Outcome:
    """What becomes of the guests under this KubeVirt resource."""
    config = document["spec"].get("configuration", {})
    try:
        kvnode.load_all(document)
    except InvalidManifest as error:
        return wrong(error.errors)
    try:
        settings_of(config), plan_settings(config)
        made = [_under(index, json.dumps(config)) for index in range(len(_GUESTS))]
    except InvalidManifest as error:
        return msgspec.structs.replace(wrong(error.errors), is_read=True)
    parts = {part: [one.get(part) for one in made] for part in ("admission", *GUEST_PARTS, "Pod", "plan")}
    return Outcome(frozenset(), NOBODY, parts)


def told_of_installation(document: dict[str, Any]) -> Told:
    """The paths that virt-controller names on the resource, and those that its condition has no room for."""
    notes = [one.field for one in installation_without_effect(document["spec"])]
    seen = Seen(convert(document, Installation), True, None, components([], []), _NOW)
    [applied] = [one for one in decide(seen).actions if isinstance(one, Apply)]
    [message] = [one["message"] for one in applied.status["conditions"] if one["type"] == "FieldsNotFollowed"] or [""]
    assert all(path in message for path in notes[:12]), message
    return {**NOBODY, "cluster": frozenset(notes)}


@cache
def _under(index: int, config: str) -> dict[str, Any]:
    """What comes of one of the guests; `admission` is what admission fills into it and says of it."""
    configuration = typed_configuration(json.loads(config))
    guest = kvnode.default(_guest(index), configuration)
    found = [(one.field, one.message) for one in kvnode.validate(guest, configuration)]
    return {"admission": (guest, found), **(made_of(guest, configuration) or {})}


@cache
def _guest(index: int) -> Any:
    document = manifest(_GUESTS[index])
    document["metadata"]["uid"] = UID
    return kvnode.load(document)
