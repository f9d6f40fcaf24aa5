"""Defaulting: what admission fills into a manifest before anybody judges it.

``default`` gives a new object and leaves the one it got as it was. Every later step (validation, planning, status)
reads the defaulted object, so what stands here is what a guest is when its manifest is silent. The rules are those
that users of KubeVirt have today; they stand in modules by subject (``defaults_compute``, ``defaults_features``,
``defaults_devices``), and this one only says which of them looks at what.

It never fails on a manifest: a value that can't be read stays as it is, and validation names it. It is idempotent:
defaulting a defaulted object changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from msgspec.structs import replace

from kvnode.api.base import Model
from kvnode.api.defaults_compute import (
    cpu_default,
    hotplug_cpu_default,
    hotplug_memory_default,
    memory_default,
    resources_default,
)
from kvnode.api.defaults_devices import devices_default, networks_default, volume_default
from kvnode.api.defaults_features import (
    clock_default,
    features_default,
    firmware_default,
    machine_default,
    needs_vmx,
)
from kvnode.api.instance import DomainSpec, VirtualMachineInstance
from kvnode.api.meta import ObjectMeta
from kvnode.api.probes import Probe
from kvnode.api.settings import Settings, settings_of

if TYPE_CHECKING:
    from kvnode.api.configuration import KubeVirtConfiguration

__all__ = ["PCI_TOPOLOGY_ANNOTATION", "default"]

PCI_TOPOLOGY_ANNOTATION = "kubevirt.io/pci-topology-version"
"""Which generation of PCI layout a guest was made with, so that its devices keep their places over an upgrade."""

ModelT = TypeVar("ModelT", bound=Model)

_PCI_TOPOLOGY = "v3"
_PCI_ARCHITECTURES = ("amd64", "arm64")


def default(item: ModelT, config: Mapping[str, Any] | KubeVirtConfiguration | None = None) -> ModelT:
    """The manifest with everything that admission fills in.

    item   -- a guest, or an object of another of KubeVirt's kinds
    config -- ``spec.configuration`` of the KubeVirt resource, as a plain dict or typed; None for its defaults.

    Raises InvalidManifest where the configuration (not the manifest) has a value of the wrong type.
    """
    made: Any
    if isinstance(item, VirtualMachineInstance):
        made = _guest_default(item, settings_of(config))
    else:
        # Who defaults guests doesn't pay for a dozen other kinds.
        from kvnode.api.defaults_objects import default_object

        made = default_object(item, config)
    return cast(ModelT, made)


def _guest_default(vmi: VirtualMachineInstance, settings: Settings) -> VirtualMachineInstance:
    spec = vmi.spec
    arch = spec.architecture or settings.default_architecture
    domain = _domain_default(spec.domain, vmi.metadata, arch, settings)
    devices, networks = networks_default(spec.domain.devices, spec.networks, settings)
    devices = devices_default(devices, spec.volumes, arch)
    spec = replace(
        spec,
        architecture=arch,
        domain=replace(domain, devices=devices),
        networks=networks,
        volumes=tuple([volume_default(volume) for volume in spec.volumes]),
        eviction_strategy=spec.eviction_strategy or settings.eviction_strategy,
        liveness_probe=spec.liveness_probe and _probe_default(spec.liveness_probe),
        readiness_probe=spec.readiness_probe and _probe_default(spec.readiness_probe),
    )
    machine = domain.machine.type if domain.machine else None
    return replace(vmi, spec=spec, metadata=_metadata_default(vmi.metadata, arch, machine or ""))


def _domain_default(domain: DomainSpec, metadata: ObjectMeta, arch: str, settings: Settings) -> DomainSpec:
    features = features_default(domain.features, arch)
    dedicated = bool(domain.cpu and domain.cpu.dedicated_cpu_placement)
    resources = resources_default(domain.resources, dedicated, settings)
    memory = memory_default(domain.memory, resources)
    # arm64 knows no other model than the host's own; a configured one is meant for the rest.
    model = "host-passthrough" if arch == "arm64" else settings.cpu_model or "host-model"
    cpu = cpu_default(domain.cpu, resources, needs_vmx(features), model)
    if settings.live_update and arch != "arm64":
        cpu = hotplug_cpu_default(cpu, settings)
        memory = hotplug_memory_default(memory, cpu, domain.launch_security, arch, settings)
    return replace(
        domain,
        clock=clock_default(domain.clock),
        cpu=cpu,
        features=features,
        firmware=firmware_default(domain.firmware, metadata, arch),
        machine=machine_default(domain.machine, arch, settings),
        memory=memory,
        resources=resources,
    )


def _metadata_default(metadata: ObjectMeta, arch: str, machine: str) -> ObjectMeta:
    annotations = metadata.annotations or {}
    if PCI_TOPOLOGY_ANNOTATION in annotations:
        return metadata
    if arch not in _PCI_ARCHITECTURES or not ("q35" in machine or machine.startswith("virt")):
        return metadata
    return replace(metadata, annotations={**annotations, PCI_TOPOLOGY_ANNOTATION: _PCI_TOPOLOGY})


def _probe_default(probe: Probe) -> Probe:
    """Kubernetes' own defaults of a probe: every 10 s, 1 s to answer, one success and three failures to believe it."""
    return replace(
        probe,
        timeout_seconds=probe.timeout_seconds or 1,
        period_seconds=probe.period_seconds or 10,
        success_threshold=probe.success_threshold or 1,
        failure_threshold=probe.failure_threshold or 3,
    )
