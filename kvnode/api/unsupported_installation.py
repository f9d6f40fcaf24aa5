"""What a KubeVirt resource asks for and this build doesn't follow: kept, and nothing comes of it.

Such a field isn't refused. A resource that has served KubeVirt sets a dozen things about its operator, its certificates
and its migrations, and most of them can be done without; whoever wrote it is told which they are.

``FOLLOWED`` is the table of what is followed; whatever else is set is told by its path, the outermost part that no line
knows. An empty value asks for nothing. A line is a path below the spec, ``*`` for any key of a map and ``[]`` for any
place in a list; all that is below a line's path is followed. tests/fields measures what is, so that a line that isn't
true doesn't stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kvnode.api.fault import child
from kvnode.errors import VALUE_NOT_SUPPORTED, FieldError

__all__ = ["FOLLOWED", "installation_without_effect"]

_LINES = """
configuration.additionalGuestMemoryOverheadRatio
configuration.architectureConfiguration.amd64.emulatedMachines
configuration.architectureConfiguration.amd64.machineType
configuration.architectureConfiguration.arm64.emulatedMachines
configuration.architectureConfiguration.arm64.machineType
configuration.architectureConfiguration.defaultArchitecture
configuration.architectureConfiguration.s390x.emulatedMachines
configuration.architectureConfiguration.s390x.machineType
configuration.cpuModel
configuration.cpuRequest
configuration.defaultRuntimeClass
configuration.developerConfiguration.cpuAllocationRatio
configuration.developerConfiguration.disabledFeatureGates
configuration.developerConfiguration.featureGates
configuration.developerConfiguration.memoryOvercommit
configuration.developerConfiguration.nodeSelectors
configuration.developerConfiguration.useEmulation
configuration.emulatedMachines
configuration.evictionStrategy
configuration.imagePullPolicy
configuration.liveUpdateConfiguration
configuration.machineType
configuration.network.binding.*.domainAttachmentType
configuration.network.defaultNetworkInterface
configuration.network.permitBridgeInterfaceOnPodNetwork
configuration.permittedHostDevices.pciHostDevices.[].pciVendorSelector
configuration.permittedHostDevices.pciHostDevices.[].resourceName
configuration.persistentReservationConfiguration
configuration.smbios
configuration.virtualMachineOptions
configuration.vmRolloutStrategy
"""

FOLLOWED: tuple[str, ...] = tuple(_LINES.split())
"""What is followed, by path."""

_ALL = True
_MESSAGE = "this build doesn't follow it yet: it is kept, and nothing comes of it."


def installation_without_effect(spec: Mapping[str, Any]) -> list[FieldError]:
    """What of a KubeVirt resource's spec is taken and not followed, as notes and not as faults.

    spec -- as it was written, in JSON's types
    """
    return [FieldError(path, VALUE_NOT_SUPPORTED, _MESSAGE) for path in _not_followed(spec, _TREE, "spec")]


def _not_followed(value: Any, followed: Any, path: str) -> Iterator[str]:
    if followed is _ALL or value is None or value in ({}, [], ""):
        return
    if isinstance(value, Mapping) and followed is not None and "[]" not in followed:
        for name, item in value.items():
            yield from _not_followed(item, followed.get(name, followed.get("*")), child(path, name))
    elif isinstance(value, list | tuple) and followed is not None and "[]" in followed:
        for index, item in enumerate(value):
            yield from _not_followed(item, followed["[]"], f"{path}[{index}]")
    else:
        yield path


def _tree(lines: tuple[str, ...]) -> dict[str, Any]:
    """The lines as maps of maps."""
    tree: dict[str, Any] = {}
    for line in lines:
        *parents, last = line.split(".")
        here = tree
        for name in parents:
            here = here.setdefault(name, {})
        here[last] = _ALL
    return tree


_TREE = _tree(FOLLOWED)
