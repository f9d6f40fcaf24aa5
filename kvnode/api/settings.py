"""What defaulting and validation read of the ``KubeVirt`` resource's ``spec.configuration``.

Admission asks few questions of the configuration: is a feature gate open, which machine types may be named, what
fills a field that a manifest leaves out.  ``settings_of`` answers them once, from a plain dict, from the typed object
or from nothing, so that no rule has to know how the configuration is laid out, or which of its parts may be missing.

A gate that upstream calls beta is open until ``disabledFeatureGates`` names it; one that it calls alpha is shut until
``featureGates`` names it.  What upstream calls generally available has no gate any more: it can't be shut, and no rule
asks for it.  A gate that nobody knows opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from kvnode.errors import VALUE_INVALID, FieldError, InvalidManifest, QuantityError
from kvnode.quantity import Quantity, parse

if TYPE_CHECKING:
    from kvnode.api.configuration import ArchSpecificConfiguration, KubeVirtConfiguration

__all__ = [
    "ALPHA_GATES",
    "DEFAULT_EMULATED_MACHINES",
    "DEFAULT_MACHINE_TYPES",
    "Settings",
    "settings_of",
    "typed_configuration",
]

DEFAULT_MACHINE_TYPES: Mapping[str, str] = MappingProxyType(
    {"amd64": "q35", "arm64": "virt", "s390x": "s390-ccw-virtio"},
)

DEFAULT_EMULATED_MACHINES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"amd64": ("q35*", "pc-q35*"), "arm64": ("virt*",), "s390x": ("s390-ccw-virtio*",)},
)

ALPHA_GATES = frozenset(
    {
        "AlignCPUs",
        "CPUManager",
        "ContainerPathVolumes",
        "DownwardMetrics",
        "EnableVirtioFsStorageVolumes",
        "ExperimentalIgnitionSupport",
        "GraceIOVirtualization",
        "HostDevices",
        "HostDisk",
        "HypervStrictCheck",
        "IOMMUFD",
        "IncrementalBackup",
        "NetworkDevicesWithDRA",
        "ObjectGraph",
        "PCINUMAAwareTopology",
        "Plugins",
        "PortRangesSpec",
        "ReservedOverheadMemlock",
        "Root",
        "Sidecar",
        "UtilityVolumes",
        "VSOCK",
        "WorkloadEncryptionTDX",
    }
)
"""Gates that are shut unless the configuration opens them."""

_GRACE_GPUS = frozenset({"10de:2342", "10de:2348", "10de:2941"})
_ANY_GPU = frozenset({"10de:*"})

_CPU_REQUEST_UPSTREAM = "100m"
"""KubeVirt's built-in CPU request: a configuration that names just this one asks for nothing to be filled in."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration's answers, with every default in place.

    max_hotplug_ratio -- how many times its sockets and its memory a guest may grow to
    max_guest         -- the most memory a guest may grow to, as a quantity, or None for the ratio
    cpu_request       -- the CPU request of a guest that names none, or None to leave it out
    eviction_strategy -- what to do with a guest whose node is drained
    binding_plugins   -- names of registered network binding plugins; None where the configuration names none at all
    grace_gpus        -- resources that are GPUs of Grace superchips, on which more hangs than on other devices
    ambiguous_gpus    -- resources that are any device of that vendor, so that nobody can tell
    """

    opened: frozenset[str] = frozenset()
    shut: frozenset[str] = frozenset()
    default_architecture: str = "amd64"
    machine_types: Mapping[str, str] = DEFAULT_MACHINE_TYPES
    emulated_machines: Mapping[str, tuple[str, ...]] = DEFAULT_EMULATED_MACHINES
    cpu_model: str = ""
    cpu_request: Quantity | None = None
    eviction_strategy: str = "None"
    live_update: bool = True
    max_hotplug_ratio: int = 4
    max_cpu_sockets: int = 0
    max_guest: Quantity | None = None
    default_interface: str = "bridge"
    bridge_on_pod_network: bool = True
    persistent_reservation: bool = False
    binding_plugins: frozenset[str] = frozenset()
    grace_gpus: frozenset[str] = frozenset()
    ambiguous_gpus: frozenset[str] = frozenset()

    def gate(self, name: str) -> bool:
        """Whether the feature gate ``name`` is open."""
        if name in self.opened:
            return True
        return name not in ALPHA_GATES and name not in self.shut


_PLAIN = Settings()

# The typed configuration that was asked for last, and its answers. A daemon has one for days and asks for each guest.
_latest: tuple[object, Settings] = (None, _PLAIN)


def settings_of(config: Mapping[str, Any] | KubeVirtConfiguration | None) -> Settings:
    """The answers of one ``spec.configuration``: a plain dict, the typed object, or None for a cluster's defaults.

    Raises InvalidManifest where a value has the wrong type; the sentence names its path.
    """
    global _latest
    if not config:
        return _PLAIN
    known, settings = _latest
    if config is known:
        return settings
    read = typed_configuration(config)
    settings = _read(read)
    # A typed one is frozen, a dict may be another by the next time.
    if read is config:
        _latest = read, settings
    return settings


def _read(read: KubeVirtConfiguration) -> Settings:
    opened, shut = _gates(read)
    architectures, live, network = read.architecture_configuration, read.live_update_configuration, read.network
    reservation = read.persistent_reservation_configuration
    return Settings(
        opened=opened,
        shut=shut,
        default_architecture=(architectures and architectures.default_architecture) or _PLAIN.default_architecture,
        machine_types=_machine_types(read),
        emulated_machines=_emulated_machines(read),
        cpu_model=read.cpu_model or "",
        cpu_request=_cpu_request(read.cpu_request),
        eviction_strategy=read.eviction_strategy or _PLAIN.eviction_strategy,
        live_update=read.vm_rollout_strategy != "Stage",
        max_hotplug_ratio=(live and live.max_hotplug_ratio) or _PLAIN.max_hotplug_ratio,
        max_cpu_sockets=(live and live.max_cpu_sockets) or 0,
        max_guest=live.max_guest if live else None,
        default_interface=(network and network.default_network_interface) or _PLAIN.default_interface,
        bridge_on_pod_network=network is None or network.permit_bridge_interface_on_pod_network is not False,
        persistent_reservation=bool(reservation and reservation.enabled) or "PersistentReservation" in opened,
        binding_plugins=frozenset((network and network.binding) or ()),
        grace_gpus=_resources(read, _GRACE_GPUS),
        ambiguous_gpus=_resources(read, _ANY_GPU),
    )


def typed_configuration(config: Mapping[str, Any] | KubeVirtConfiguration) -> KubeVirtConfiguration:
    """A ``spec.configuration`` as its type. Raises InvalidManifest by the path of the first value of a wrong type."""
    # Imported here: most who default a guest have no configuration, and its types are many.
    from kvnode.api.configuration import KubeVirtConfiguration
    from kvnode.api.decode import convert

    if isinstance(config, KubeVirtConfiguration):
        return config
    try:
        return convert(config, KubeVirtConfiguration)
    except InvalidManifest as error:
        raise InvalidManifest(
            FieldError(f"spec.configuration.{fault.field}".rstrip("."), fault.reason, fault.message)
            for fault in error.errors
        ) from None


def _gates(read: KubeVirtConfiguration) -> tuple[frozenset[str], frozenset[str]]:
    developer = read.developer_configuration
    if developer is None:
        return _PLAIN.opened, _PLAIN.shut
    return frozenset(developer.feature_gates), frozenset(developer.disabled_feature_gates)


def _resources(read: KubeVirtConfiguration, selectors: frozenset[str]) -> frozenset[str]:
    """Names under which PCI devices of these vendors and products are offered."""
    permitted = read.permitted_host_devices
    devices = permitted.pci_host_devices if permitted else ()
    return frozenset(device.resource_name for device in devices if device.pci_vendor_selector.lower() in selectors)


def _by_architecture(read: KubeVirtConfiguration) -> Iterator[tuple[str, ArchSpecificConfiguration]]:
    known = read.architecture_configuration
    for arch in DEFAULT_MACHINE_TYPES:
        own = getattr(known, arch) if known else None
        if own is not None:
            yield arch, own


def _machine_types(read: KubeVirtConfiguration) -> dict[str, str]:
    types = dict(DEFAULT_MACHINE_TYPES)
    if read.machine_type:
        types["amd64"] = read.machine_type
    types.update({arch: own.machine_type for arch, own in _by_architecture(read) if own.machine_type})
    return types


def _emulated_machines(read: KubeVirtConfiguration) -> dict[str, tuple[str, ...]]:
    patterns = dict(DEFAULT_EMULATED_MACHINES)
    if read.emulated_machines:
        patterns["amd64"] = read.emulated_machines
    patterns.update({arch: own.emulated_machines for arch, own in _by_architecture(read) if own.emulated_machines})
    return patterns


def _cpu_request(request: Quantity | None) -> Quantity | None:
    if request is None:
        return None
    try:
        return None if parse(request) == parse(_CPU_REQUEST_UPSTREAM) else request
    except QuantityError as error:
        raise InvalidManifest([FieldError("spec.configuration.cpuRequest", VALUE_INVALID, str(error))]) from error
