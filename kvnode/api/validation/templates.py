"""Rules about guests and machines that stand in another object: templates of replica sets and pools, and of machines.

What a template makes is judged as it would be if it were there: it is defaulted, and every rule about guests looks at
it. So a replica set isn't taken of which no guest can ever start. Findings have their path in the object
(``spec.template.spec.domain...``). What a guest is called, and where, is its maker's business and told there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from kvnode.api.cpu_memory import Memory
from kvnode.api.defaults import default
from kvnode.api.disks import Disk
from kvnode.api.fault import below
from kvnode.api.features import Features, FeatureState
from kvnode.api.instance import (
    DomainSpec,
    VirtualMachineInstance,
    VirtualMachineInstanceSpec,
    VirtualMachineInstanceTemplateSpec,
)
from kvnode.api.meta import ObjectMeta
from kvnode.api.settings import settings_of
from kvnode.api.validation import guest_rules
from kvnode.api.validation.finding import Findings
from kvnode.api.validation.virtual_machine import validate_machine
from kvnode.api.virtual_machine import VirtualMachine

if TYPE_CHECKING:
    from kvnode.api.configuration import KubeVirtConfiguration

__all__ = ["guest_template_rules", "machine_rules", "virtual_machine_rules"]

_OF_THE_MAKER = ("metadata.name", "metadata.namespace", "metadata.generateName")
# In place of the memory that an instance type brings: the rules want to see some.
_ANY_MEMORY = "1Gi"


def guest_template_rules(
    found: Findings,
    field: str,
    template: VirtualMachineInstanceTemplateSpec,
    owner: ObjectMeta,
    config: KubeVirtConfiguration | None,
) -> None:
    """A template with a spec of which guests can be made.

    field -- the template's path
    owner -- the metadata of what makes guests of it
    """
    if template.spec is None:
        missing = f"{field}.spec" if template.metadata != ObjectMeta() else field
        found.required(missing, "there is nothing to make a guest from: give the template a spec with a domain.")
        return
    for fault in _guest_faults(template.metadata, template.spec, owner, config):
        if fault.field not in _OF_THE_MAKER:
            found.append(below(field, fault))


def machine_rules(found: Findings, field: str, machine: VirtualMachine, config: KubeVirtConfiguration | None) -> None:
    """A VirtualMachine, and the guest in its template.

    field -- the path of the object that is a machine's but for its name; empty for a VirtualMachine itself
    """
    found.extend(below(field, fault) for fault in validate_machine(machine, config))
    template = machine.spec.template
    where = f"{field}.spec.template" if field else "spec.template"
    if template.spec is None:
        found.required(f"{where}.spec", "there is nothing to make a guest from: give the template a spec.")
        return
    spec = template.spec
    if machine.spec.instancetype is not None:
        if machine.spec.instancetype.name:
            _sized_twice(found, f"{where}.spec.domain", spec.domain)
        spec = _with_size(spec)
    if machine.spec.preference is not None:
        spec = _with_liked(spec)
    for fault in _guest_faults(template.metadata, spec, machine.metadata, config):
        if fault.field not in _OF_THE_MAKER:
            found.append(below(where, fault))


def virtual_machine_rules(found: Findings, item: VirtualMachine, config: KubeVirtConfiguration | None) -> None:
    """A VirtualMachine with all that it has."""
    machine_rules(found, "", item, config)


def _guest_faults(
    metadata: ObjectMeta, spec: VirtualMachineInstanceSpec, owner: ObjectMeta, config: KubeVirtConfiguration | None
) -> Findings:
    """The faults of the guest that a template makes, by the guest's own paths."""
    # Labels and annotations are all that a template's metadata give.
    metadata = ObjectMeta(
        name=owner.name,
        namespace=owner.namespace,
        generate_name=owner.generate_name,
        uid=owner.uid,
        labels=metadata.labels,
        annotations=metadata.annotations,
    )
    guest = default(VirtualMachineInstance(metadata=metadata, spec=spec), config)
    found = Findings()
    guest_rules(found, guest, settings_of(config))
    return found


def _with_size(spec: VirtualMachineInstanceSpec) -> VirtualMachineInstanceSpec:
    """The guest with what an instance type may bring and other fields of it take: that isn't known to be missing."""
    domain = spec.domain
    cpu, memory = domain.cpu, domain.memory or Memory()
    if memory.guest is None:
        memory = replace(memory, guest=_ANY_MEMORY)
    if cpu is not None and cpu.isolate_emulator_thread:
        cpu = replace(cpu, dedicated_cpu_placement=True)
    return replace(spec, domain=replace(domain, cpu=cpu, memory=memory))


def _with_liked(spec: VirtualMachineInstanceSpec) -> VirtualMachineInstanceSpec:
    """The guest with what a preference may fill in and other fields of it take: that isn't known to be missing."""
    domain = spec.domain
    firmware, features = domain.firmware, domain.features or Features()
    if firmware and firmware.bootloader and firmware.bootloader.efi and features.smm is None:
        domain = replace(domain, features=replace(features, smm=FeatureState()))
    disks = tuple([_on_virtio(disk) for disk in domain.devices.disks])
    return replace(spec, domain=replace(domain, devices=replace(domain.devices, disks=disks)))


def _on_virtio(disk: Disk) -> Disk:
    if disk.disk is None or disk.disk.bus:
        return disk
    return replace(disk, disk=replace(disk.disk, bus="virtio"))


def _sized_twice(found: Findings, field: str, domain: DomainSpec) -> None:
    """What each instance type gives its guests, vCPUs and memory, isn't given by the template as well.

    One that is inferred from a volume may turn out not to be there; then the template's own size counts.
    """
    cpu, memory, resources = domain.cpu, domain.memory, domain.resources
    given = [f"cpu.{name}" for name in ("sockets", "cores", "threads") if cpu is not None and getattr(cpu, name)]
    if memory is not None and memory.guest is not None:
        given.append("memory.guest")
    amounts = (("requests", resources.requests or {}), ("limits", resources.limits or {})) if resources else ()
    given += [f"resources.{kind}.{name}" for kind, of in amounts for name in ("cpu", "memory") if name in of]
    for name in given:
        found.invalid(f"{field}.{name}", "the instance type says how large the guest is: leave one of the two out.")
