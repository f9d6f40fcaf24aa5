"""Other values of a field: good ones, which may change something, and nonsense, which should be refused.

Good ones are those that the field's own comment names, and whatever follows from its type: the other truth value, the
next number. Where only a hand can say what is another good value, it stands in `OTHERS`.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, get_args, get_origin

from kvnode.api.base import Duration, IntOrString, Time
from kvnode.api.descriptions import field_descriptions
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.quantity import Quantity
from tests.fields.paths import Field, places, value_at

_DOMAIN = "spec.domain"
_DEVICES = "spec.domain.devices"
_QUOTED = re.compile(r"`([^`\s]+)`")

OTHERS: dict[str, tuple[Any, ...]] = {
    f"{_DOMAIN}.cpu.features[].name": ("avx2",),
    f"{_DOMAIN}.cpu.model": ("host-passthrough", "Westmere"),
    f"{_DOMAIN}.cpu.realtime.mask": ("0",),
    f"{_DOMAIN}.memory.guest": ("1536Mi",),
    f"{_DOMAIN}.memory.hugepages.pageSize": ("1Gi",),
    f"{_DOMAIN}.memory.maxGuest": ("4Gi",),
    f"{_DOMAIN}.resources.requests.cpu": ("3",),
    f"{_DOMAIN}.resources.requests.memory": ("1536Mi",),
    f"{_DOMAIN}.resources.limits.cpu": ("3",),
    f"{_DOMAIN}.resources.limits.memory": ("1536Mi",),
    f"{_DOMAIN}.machine.type": ("q35", "pc-q35-8.2"),
    f"{_DOMAIN}.firmware.uuid": ("0b0a9f55-9d0a-4b0a-9f55-1f6f2f6f0001",),
    f"{_DOMAIN}.clock.timezone": ("Europe/Riga",),
    f"{_DOMAIN}.clock.timer.hpet.tickPolicy": ("catchup",),
    f"{_DOMAIN}.clock.timer.pit.tickPolicy": ("catchup",),
    f"{_DOMAIN}.clock.timer.rtc.tickPolicy": ("delay",),
    f"{_DOMAIN}.features.hyperv.vendorid.vendorid": ("other",),
    f"{_DEVICES}.disks[].disk.pciAddress": ("0000:03:00.0", "0000:02:01.0"),
    f"{_DEVICES}.disks[].blockSize.custom.logical": (1024,),
    f"{_DEVICES}.disks[].blockSize.custom.physical": (8192,),
    f"{_DEVICES}.disks[].blockSize.custom.discardGranularity": (2048,),
    f"{_DEVICES}.interfaces[].macAddress": ("02:00:5e:10:00:02",),
    f"{_DEVICES}.interfaces[].pciAddress": ("0000:03:00.0", "0000:01:01.0"),
    f"{_DEVICES}.interfaces[].ports[].port": (443,),
    f"{_DEVICES}.interfaces[].ports[].name": ("secure",),
    f"{_DEVICES}.interfaces[].dhcpOptions.ntpServers": (["192.0.2.8"],),
    f"{_DEVICES}.interfaces[].dhcpOptions.tftpServerName": ("other.example",),
    f"{_DEVICES}.tpm.enabled": (False,),
    "spec.networks[].pod.vmNetworkCIDR": ("10.11.13.0/24",),
    "spec.volumes[].containerDisk.image": ("registry.example/disks/fedora:41",),
    "spec.volumes[].containerDisk.path": ("/disk/b.qcow2",),
    "spec.volumes[].emptyDisk.capacity": ("3Gi",),
    "spec.volumes[].cloudInitNoCloud.userDataBase64": ("IyEvYmluL2Jhc2gK",),
    "spec.volumes[].cloudInitNoCloud.networkDataBase64": ("dmVyc2lvbjogMQo=",),
    "spec.dnsConfig.nameservers": (["192.0.2.54"],),
    "spec.architecture": ("arm64", "s390x"),
    "spec.configuration.cpuRequest": ("500m",),
    "spec.configuration.additionalGuestMemoryOverheadRatio": ("2.0",),
    "Toleration.effect": ("NoExecute", "NoSchedule", "PreferNoSchedule"),
    "Toleration.operator": ("Equal", "Exists"),
    "TopologySpreadConstraint.whenUnsatisfiable": ("DoNotSchedule", "ScheduleAnyway"),
    "NodeSelectorRequirement.values": (["b"],),
    "PodDNSConfigOption.name": ("timeout",),
}
"""By a field's path, or by its type and name where that is in many places."""

_MORE_VOLUME = {"emptyDisk": {"capacity": "1Gi"}}
INSTEAD: dict[str, dict[str, Any]] = {
    f"{_DEVICES}.interfaces[].bridge": {"masquerade": {}},
    f"{_DEVICES}.interfaces[].masquerade": {"bridge": {}},
    f"{_DEVICES}.interfaces[].sriov": {"bridge": {}},
    f"{_DEVICES}.interfaces[].binding": {"bridge": {}},
    f"{_DEVICES}.disks[].lun": {"disk": {"bus": "scsi"}},
    f"{_DEVICES}.watchdog.i6300esb": {"diag288": {}},
    f"{_DEVICES}.watchdog.diag288": {"i6300esb": {}},
    "spec.networks[].pod": {"multus": {"networkName": "works/red"}},
    "spec.networks[].multus": {"pod": {}},
    "spec.volumes[].emptyDisk": {"containerDisk": {"image": "registry.example/disks/debian:12"}},
    **{
        f"spec.volumes[].{source}": _MORE_VOLUME
        for source in (
            *("containerDisk", "cloudInitNoCloud", "cloudInitConfigDrive", "ephemeral", "persistentVolumeClaim"),
            *("dataVolume", "hostDisk", "configMap", "secret", "serviceAccount", "downwardAPI", "downwardMetrics"),
            *("sysprep", "memoryDump"),
        )
    },
}
"""What takes a field's place beside it where something has to, by the field's path."""

TOGETHER = (
    (f"{_DEVICES}.disks[].name", f"{_DEVICES}.filesystems[].name", "spec.volumes[].name"),
    (f"{_DEVICES}.interfaces[].name", "spec.networks[].name"),
)
"""Names by which parts of a manifest refer to each other: one alone can't have another value."""

_BY_TYPE: dict[Any, tuple[Any, ...]] = {
    bool: (True, False),
    float: (1.5,),
    Duration: ("2h",),
    Time: ("2026-08-01T12:00:00Z",),
    Quantity: ("3Gi",),
    IntOrString: (81,),
}
_NONSENSE: dict[Any, tuple[Any, ...]] = {
    str: ("no such thing?",),
    float: (-1.0,),
    Duration: ("no such thing?",),
    Quantity: ("-1",),
    IntOrString: (-1,),
}


def other_values(field: Field, present: Any) -> list[Any]:
    """Values beside the one that is there, of which most are good ones; none for what has fields of its own."""
    declared = f"{field.owner.__name__}.{field.name}" if field.owner is not None else ""
    if field.path in OTHERS or declared in OTHERS:
        found: list[Any] = list(OTHERS.get(field.path) or OTHERS[declared])
    elif field.holds in _BY_TYPE:
        found = list(_BY_TYPE[field.holds])
    elif field.holds is str:
        found = [*_named(field), f"{present}x"]
    elif _is_integer(field.holds):
        found = [present + 1 if present < get_args(field.holds)[1].le else present - 1]
    elif field.holds == tuple[str, ...]:
        found = [[*present, f"{present[-1]}x"]] if present else []
    elif field.holds == dict[str, str]:
        found = [{**present, "another": "x"}]
    else:
        found = []
    return [value for value in found if value != present]


def renamed(document: dict[str, Any], names: tuple[str, ...], name: str) -> dict[str, Any]:
    """A copy in which whatever these fields call by a name is called otherwise."""
    made: dict[str, Any] = json.loads(json.dumps(document))
    for path, steps in places(VirtualMachineInstanceSpec, document["spec"], "spec", ("spec",)):
        if path in names and value_at(document, steps) == name:
            value_at(made, steps[:-1])["name"] = f"{name}-1"
    return made


def nonsense(field: Field) -> list[Any]:
    """Values that no field of this type should take."""
    if _is_integer(field.holds):
        bounds = get_args(field.holds)[1]
        return [bounds.ge, bounds.le]
    return list(_NONSENSE.get(field.holds, ()))


def _is_integer(holds: Any) -> bool:
    return get_origin(holds) is Annotated and get_args(holds)[0] is int


def _named(field: Field) -> list[str]:
    """The values in quotes that the field's comment has."""
    said = field_descriptions(field.owner).get(field.name, "") if field.owner is not None else ""
    return _QUOTED.findall(said)
