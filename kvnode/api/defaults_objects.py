"""Defaults of kinds that are no guests: what KubeVirt's admission and its controllers take where a manifest is silent.

Which of the two fills a field in differs upstream from kind to kind; here it is done once, so that whoever reads a
defaulted object needs no table of what silence means. Templates stay as they are: what a template makes is defaulted
when it is made, by the configuration of that day. A VirtualMachine's is pinned to an architecture and a machine type,
which have to outlast an upgrade; admission does the same.

As with guests, a value that is there is never changed, nothing fails on a manifest, and defaulting twice is defaulting
once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from kvnode.api.base import Model
from kvnode.api.defaults import default
from kvnode.api.firmware import Machine
from kvnode.api.identity import identity_of
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.meta import ListMeta, ObjectMeta, TypedLocalObjectReference
from kvnode.api.validation.names import label_value_fault
from kvnode.api.virtual_machine import VirtualMachine

if TYPE_CHECKING:
    from kvnode.api.backup import VirtualMachineBackup
    from kvnode.api.clone import VirtualMachineClone
    from kvnode.api.configuration import KubeVirtConfiguration
    from kvnode.api.export import VirtualMachineExport
    from kvnode.api.instance_migration import VirtualMachineInstanceMigration
    from kvnode.api.plugin import Plugin
    from kvnode.api.pool import VirtualMachinePool
    from kvnode.api.replica_set import VirtualMachineInstanceReplicaSet
    from kvnode.api.restore import VirtualMachineRestore
    from kvnode.api.snapshot import VirtualMachineSnapshot

    Config = Mapping[str, Any] | KubeVirtConfiguration | None

__all__ = ["MIGRATED_GUEST_LABEL", "default_object"]

MIGRATED_GUEST_LABEL = "kubevirt.io/vmi-name"
"""By which migrations of a guest are found."""

ModelT = TypeVar("ModelT", bound=Model)

# A target's name is `clone-`, the source's and six characters more, and a machine's name should fit into a label.
_SOURCE_CHARACTERS = 63 - 12


def default_object(item: Any, config: Config = None) -> Any:
    """The object with everything filled in; one of a kind that has no defaults is given back.

    config -- ``spec.configuration`` of the KubeVirt resource, as a plain dict or typed; None for its defaults.

    Raises InvalidManifest where the configuration (not the manifest) has a value of the wrong type.
    """
    if isinstance(item.metadata, ListMeta):
        return replace(item, items=tuple([default(inner, config) for inner in item.items]))
    rule = _DEFAULTS.get(type(item).__name__)
    return item if rule is None else rule(item, config)


def _machine(item: VirtualMachine, config: Config) -> VirtualMachine:
    spec, template = item.spec, item.spec.template
    if template.spec is None or spec.instancetype is not None or spec.preference is not None:
        # What the guest will be isn't known from the template alone.
        return item
    metadata = ObjectMeta(
        name=item.metadata.name,
        namespace=item.metadata.namespace,
        labels=template.metadata.labels,
        annotations=template.metadata.annotations,
    )
    guest = default(VirtualMachineInstance(metadata=metadata, spec=template.spec), config).spec
    domain = template.spec.domain
    if guest.domain.machine is not None:
        domain = replace(domain, machine=replace(domain.machine or Machine(), type=guest.domain.machine.type))
    made = replace(template.spec, architecture=guest.architecture, domain=domain)
    return replace(item, spec=replace(spec, template=replace(template, spec=made)))


def _replica_set(item: VirtualMachineInstanceReplicaSet, config: Config) -> VirtualMachineInstanceReplicaSet:
    return replace(item, spec=_filled(item.spec, replicas=1))


def _pool(item: VirtualMachinePool, config: Config) -> VirtualMachinePool:
    from kvnode.api.pool import (
        VirtualMachinePoolProactiveScaleInStrategy,
        VirtualMachinePoolProactiveUpdateStrategy,
        VirtualMachinePoolScaleInStrategy,
        VirtualMachinePoolUpdateStrategy,
    )

    spec = item.spec
    scale_in, update = spec.scale_in_strategy, spec.update_strategy
    if scale_in is None or scale_in == VirtualMachinePoolScaleInStrategy():
        scale_in = VirtualMachinePoolScaleInStrategy(proactive=VirtualMachinePoolProactiveScaleInStrategy())
    if update is None or update == VirtualMachinePoolUpdateStrategy():
        update = VirtualMachinePoolUpdateStrategy(proactive=VirtualMachinePoolProactiveUpdateStrategy())
    healing = spec.autohealing
    if healing is not None:
        healing = _filled(healing, start_up_failure_threshold=3, min_failing_to_start_duration="5m")
    spec = _filled(spec, replicas=1, max_unavailable="100%")
    return replace(item, spec=replace(spec, scale_in_strategy=scale_in, update_strategy=update, autohealing=healing))


def _migration(item: VirtualMachineInstanceMigration, config: Config) -> VirtualMachineInstanceMigration:
    # KubeVirt adds a finalizer too. That is for whoever takes it away again: without one the object couldn't go.
    guest, labels = item.spec.vmi_name, item.metadata.labels or {}
    if not guest or label_value_fault(guest) or MIGRATED_GUEST_LABEL in labels:
        return item
    return replace(item, metadata=replace(item.metadata, labels={**labels, MIGRATED_GUEST_LABEL: guest}))


def _snapshot(item: VirtualMachineSnapshot, config: Config) -> VirtualMachineSnapshot:
    return replace(item, spec=_filled(item.spec, deletion_policy="Delete", failure_deadline="5m"))


def _restore(item: VirtualMachineRestore, config: Config) -> VirtualMachineRestore:
    spec = _filled(
        item.spec,
        target_readiness_policy="WaitGracePeriod",
        volume_restore_policy="RandomizeNames",
        volume_ownership_policy="Vm",
    )
    return replace(item, spec=spec)


def _clone(item: VirtualMachineClone, config: Config) -> VirtualMachineClone:
    spec, source = _filled(item.spec, volume_name_policy="RandomizeNames"), item.spec.source.name
    target = spec.target or TypedLocalObjectReference(api_group="kubevirt.io", kind="VirtualMachine", name="")
    if source and not target.name:
        # Two clones of a machine have targets of their own; the same clone has the same each time.
        digest = sha256(identity_of(item.metadata).encode(errors="surrogatepass")).hexdigest()[:5]
        target = replace(target, name=f"clone-{source[:_SOURCE_CHARACTERS].rstrip('-.')}-{digest}")
    return replace(item, spec=replace(spec, target=target if target.name else spec.target))


def _export(item: VirtualMachineExport, config: Config) -> VirtualMachineExport:
    return replace(item, spec=_filled(item.spec, ttl_duration="2h"))


def _backup(item: VirtualMachineBackup, config: Config) -> VirtualMachineBackup:
    return replace(item, spec=_filled(item.spec, mode="Push"))


def _plugin(item: Plugin, config: Config) -> Plugin:
    return replace(item, spec=_filled(item.spec, failure_strategy="Fail"))


def _filled(value: ModelT, **defaults: Any) -> ModelT:
    """The value with these fields where it has none; text that is empty counts as none, as in Go."""
    absent = {name: given for name, given in defaults.items() if getattr(value, name) in (None, "")}
    return replace(value, **absent) if absent else value


_DEFAULTS: dict[str, Callable[..., Any]] = {
    "Plugin": _plugin,
    "VirtualMachine": _machine,
    "VirtualMachineBackup": _backup,
    "VirtualMachineClone": _clone,
    "VirtualMachineExport": _export,
    "VirtualMachineInstanceMigration": _migration,
    "VirtualMachineInstanceReplicaSet": _replica_set,
    "VirtualMachinePool": _pool,
    "VirtualMachineRestore": _restore,
    "VirtualMachineSnapshot": _snapshot,
}
