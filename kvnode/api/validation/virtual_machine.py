"""Rules about a VirtualMachine beside the guest in its template, which the instance's own rules judge.

A VirtualMachine says when its guest should run, what is made along with it, and where its size comes from.  Paths are
those of the VirtualMachine's document (``spec.runStrategy``); what a rule finds in the template has its path there
(``spec.template.spec.domain.memory.guest``), so nothing of this is to be located again.

The rules are KubeVirt's admission's, and so are the paths: programs know a fault by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kvnode.api.cpu_memory import Memory
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.settings import Settings, settings_of
from kvnode.api.validation.amounts import size
from kvnode.api.validation.data_volumes import data_volume_template_rules
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.metadata import label_rules
from kvnode.api.validation.names import subdomain_fault
from kvnode.api.validation.references import name_rules
from kvnode.api.virtual_machine import InstancetypeMatcher, PreferenceMatcher, VirtualMachine, VirtualMachineSpec
from kvnode.errors import FieldError

if TYPE_CHECKING:
    from kvnode.api.configuration import KubeVirtConfiguration

__all__ = ["RUN_STRATEGIES", "WAIT_AS_RECEIVER", "validate_machine"]

WAIT_AS_RECEIVER = "WaitAsReceiver"
RUN_STRATEGIES = ("Always", "RerunOnFailure", "Once", "Manual", "Halted", WAIT_AS_RECEIVER)

_UPDATE_STRATEGIES = ("Replacement", "Migration")
_INFER_POLICIES = ("Reject", "Ignore")
_KINDS = {
    "instancetype": ("VirtualMachineInstancetype", "VirtualMachineClusterInstancetype"),
    "preference": ("VirtualMachinePreference", "VirtualMachineClusterPreference"),
}
_GIB = 1 << 30
_TEMPLATES = "spec.dataVolumeTemplates"
_MEMORY = "spec.template.spec.domain.memory"


def validate_machine(
    machine: VirtualMachine, config: Mapping[str, Any] | KubeVirtConfiguration | None = None
) -> list[FieldError]:
    """Everything that is wrong with a VirtualMachine beside its template's guest; an empty list for a good one.

    config -- ``spec.configuration`` of the KubeVirt resource, as a plain dict or typed; None for its defaults.

    Raises InvalidManifest where the configuration (not the manifest) has a value of the wrong type.
    """
    settings = settings_of(config)
    found = Findings()
    # Name and namespace are the guest's too, and are found there.
    label_rules(found, machine.metadata, settings)
    _run_strategy(found, machine.spec, settings)
    _matchers(found, machine.spec)
    _data_volume_templates(found, machine)
    _update_strategy(found, machine.spec)
    template = machine.spec.template.spec
    if template is not None and template.domain.memory is not None and template.domain.memory.max_guest is not None:
        is_sized = machine.spec.instancetype is not None
        _growing_memory(found, template, template.domain.memory, settings, is_sized=is_sized)
    return found


def _run_strategy(found: Findings, spec: VirtualMachineSpec, settings: Settings) -> None:
    """Exactly one of runStrategy and the older running."""
    if spec.running is not None and spec.run_strategy is not None:
        found.invalid("spec.running", "it says the same as spec.runStrategy in the older way: leave running out.")
    if spec.running is None and spec.run_strategy is None:
        found.required(
            "spec.running", "nothing says when the guest should run: set spec.runStrategy, to Always for instance."
        )
    if spec.run_strategy is not None and spec.run_strategy not in RUN_STRATEGIES:
        found.invalid(
            "spec.runStrategy", f"{shown(spec.run_strategy)} is no run strategy; it is {listed(RUN_STRATEGIES)}."
        )
    if spec.run_strategy == WAIT_AS_RECEIVER and not settings.gate("DecentralizedLiveMigration"):
        found.invalid(
            "spec.runStrategy",
            "WaitAsReceiver takes the feature gate DecentralizedLiveMigration, which is shut; open it in the KubeVirt "
            "configuration.",
        )


def _matchers(found: Findings, spec: VirtualMachineSpec) -> None:
    """An instance type and a preference are named, or inferred from a volume, and never both."""
    matchers: tuple[tuple[str, InstancetypeMatcher | PreferenceMatcher | None], ...] = (
        ("instancetype", spec.instancetype),
        ("preference", spec.preference),
    )
    volumes = {volume.name for volume in spec.template.spec.volumes} if spec.template.spec is not None else set()
    for name, matcher in matchers:
        if matcher is None:
            continue
        field, kinds = f"spec.{name}", _KINDS[name]
        if matcher.name and matcher.infer_from_volume:
            found.invalid(f"{field}.name", "name and inferFromVolume exclude each other: keep one.")
        elif not matcher.name and not matcher.infer_from_volume:
            found.required(f"{field}.name", "name it, or say by inferFromVolume which volume tells.")
        name_rules(found, f"{field}.name", matcher.name)
        name_rules(found, f"{field}.revisionName", matcher.revision_name)
        ignored = matcher.infer_from_volume_failure_policy == "Ignore"
        if matcher.infer_from_volume and not ignored and matcher.infer_from_volume not in volumes:
            found.invalid(
                f"{field}.inferFromVolume",
                f"no volume of the template is called {shown(matcher.infer_from_volume)}: name one, or set "
                "inferFromVolumeFailurePolicy to Ignore.",
            )
        if matcher.kind and matcher.kind.lower() not in {kind.lower() for kind in kinds}:
            found.invalid(f"{field}.kind", f"{shown(matcher.kind)} is no kind of it; it is {listed(kinds)}.")
        policy = matcher.infer_from_volume_failure_policy
        if policy and policy not in _INFER_POLICIES:
            found.not_supported(
                f"{field}.inferFromVolumeFailurePolicy",
                f"{shown(policy)} is no such policy; it is {listed(_INFER_POLICIES)}.",
            )


def _data_volume_templates(found: Findings, machine: VirtualMachine) -> None:
    """Each DataVolume has a name of its own, one source at most, and a volume of the template that uses it."""
    used = set()
    for volume in machine.spec.template.spec.volumes if machine.spec.template.spec is not None else ():
        if volume.data_volume is not None:
            used.add(volume.data_volume.name)
        if volume.persistent_volume_claim is not None:
            used.add(volume.persistent_volume_claim.claim_name)
    seen: dict[str, int] = {}
    for index, template in enumerate(machine.spec.data_volume_templates):
        field, name = f"{_TEMPLATES}[{index}]", template.metadata.name or ""
        if not name:
            found.required(f"{field}.metadata.name", "a DataVolume has a name, which a volume of the template names.")
        elif fault := subdomain_fault(name):
            found.invalid(f"{field}.metadata.name", f"{shown(name)} {fault}.")
        elif name in seen:
            found.duplicate(
                f"{field}.metadata.name", f"{shown(name)} is the name of {_TEMPLATES}[{seen[name]}] already."
            )
        elif name not in used:
            found.required(
                field,
                f"no volume of spec.template.spec.volumes uses {shown(name)}: add one by dataVolume.name, or drop it.",
            )
        seen.setdefault(name, index)
        namespace = template.metadata.namespace
        if namespace and namespace != (machine.metadata.namespace or "default"):
            found.invalid(
                f"{field}.metadata.namespace", f"{shown(namespace)} is not the VirtualMachine's: leave it out."
            )
        data_volume_template_rules(found, field, template)


def _update_strategy(found: Findings, spec: VirtualMachineSpec) -> None:
    strategy = spec.update_volumes_strategy
    if strategy and strategy not in _UPDATE_STRATEGIES:
        found.invalid(
            "spec.updateVolumesStrategy", f"{shown(strategy)} is no strategy; it is {listed(_UPDATE_STRATEGIES)}."
        )


def _growing_memory(
    found: Findings, template: VirtualMachineInstanceSpec, memory: Memory, settings: Settings, *, is_sized: bool
) -> None:
    """A guest that may grow starts with no more than it may grow to, and is one to which memory can be added.

    is_sized -- an instance type says with how much it starts
    """
    guest, most = size(memory.guest), size(memory.max_guest)
    if guest is not None and most is not None and guest > most:
        found.invalid(
            f"{_MEMORY}.guest",
            f"{shown(memory.guest)} is more than maxGuest ({shown(memory.max_guest)}), to which it may grow: "
            "raise maxGuest, or leave it out.",
        )
    if not settings.live_update:
        return
    if hindrance := _hindrance(template, settings):
        found.invalid(f"{_MEMORY}.guest", f"{hindrance} can't grow while it runs: leave {_MEMORY}.maxGuest out.")
    if memory.guest is None and not is_sized:
        found.invalid(f"{_MEMORY}.guest", "say how much memory the guest starts with, from which it may grow.")
    block, text = (_GIB, "1Gi") if memory.hugepages and memory.hugepages.page_size == "1Gi" else (2 << 20, "2Mi")
    for name, value in (("guest", guest), ("maxGuest", most)):
        if value is not None and value % block:
            found.invalid(f"{_MEMORY}.guest", f"memory is added in blocks of {text}, of which {name} is no multiple.")


def _hindrance(template: VirtualMachineInstanceSpec, settings: Settings) -> str | None:
    """The kind of guest whose memory is laid out once and for all, if it is one."""
    cpu, arch = template.domain.cpu, template.architecture or settings.default_architecture
    if arch != "amd64":
        return f"a guest of {shown(arch)}"
    if template.domain.launch_security is not None:
        return "an encrypted guest (launchSecurity)"
    if cpu is not None and cpu.realtime is not None:
        return "a guest with cpu.realtime"
    if cpu is not None and cpu.numa is not None and cpu.numa.guest_mapping_passthrough is not None:
        return "a guest with cpu.numa.guestMappingPassthrough"
    return None
