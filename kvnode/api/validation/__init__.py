"""Validation: whether a manifest is right, as the finished product answers.

``validate`` collects every finding of every rule and never stops at the first; what this build can't do yet is
another question (``kvnode.api.unsupported``). It reads a defaulted object and changes nothing.

A rule is a function ``(found, spec, settings)`` in the module of its subject, named for what it looks at, that adds
what it finds to ``found``; the table below is all of them, in the order in which people read a manifest. Rules know
nothing of each other: one that needs a value which another one judges treats a broken one as absent, so that a fault is
reported once.

Nearly every manifest is sound, and each is judged by a webhook and by a controller. So a rule is written to cost
nothing where there is nothing to say; a large guest has sixteen disks, and what is done for each of them counts:

- Ask first, word later. The path of a field, the sentence, a list of what is given are made inside of the ``if`` that
  found something: an f-string for a path takes longer than the question whether there is a fault.
- What is absent isn't entered: ``if disk.block_size is not None: _block_size(...)``, and the function below takes the
  value and not the object that may have it.
- A function for each item of a list is called with the item's index, and has a small ``_at(index)`` for its path.
- Plain functions and ``found.invalid(...)``, no generators: making and draining one takes as long as ten questions.
- No ``getattr`` by name over many fields. Which of a volume's seventeen fields are there is asked at once
  (``msgspec.structs.astuple``), and a table by the source's type says what comes next.
- Names of which a guest has dozens are told by ``kvnode._fast.names``; ``names`` has the words for one that is none.
  An expression for ``re`` is compiled once, begins with what most texts fail at, and is possessive where it can be.
- Lists that are long in large guests have a ``_PLAIN`` (``kvnode._fast.plain``) beside their rule: a sieve that passes
  over items of which the rule would say nothing. It is no rule, and decides nothing: a field that it doesn't name is
  looked at, so a rule about a new field needs no thought of it. A new rule about a field that it does name narrows the
  bound there, or takes it out; the rule's own test fails until that is done, and tests/property/test_plain.py holds
  validation with and without the sieves against each other.
- What follows from the configuration alone stands in ``Settings``, which is made once for each configuration.

tests/budgets counts the calls that a sound guest costs, and a rule that forgets these habits is seen there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from kvnode.api.base import Model
from kvnode.api.instance import VirtualMachineInstance, VirtualMachineInstanceSpec
from kvnode.api.settings import Settings, settings_of
from kvnode.api.validation.amounts import quantity_rules
from kvnode.api.validation.cloud_init import cloud_init_rules
from kvnode.api.validation.cpu import cpu_rules
from kvnode.api.validation.credentials import credential_rules
from kvnode.api.validation.devices import device_rules, filesystem_rules, host_device_rules, io_thread_rules
from kvnode.api.validation.disks import boot_order_rules, disk_rules, disk_volume_rules
from kvnode.api.validation.features import clock_rules, feature_rules, launch_security_rules
from kvnode.api.validation.finding import Findings
from kvnode.api.validation.firmware import firmware_rules, machine_rules
from kvnode.api.validation.interfaces import interface_rules
from kvnode.api.validation.memory import memory_rules
from kvnode.api.validation.metadata import metadata_rules
from kvnode.api.validation.network import claimed_network_rules, network_rules, pairing_rules
from kvnode.api.validation.pod import lifecycle_rules, pod_name_rules, probe_rules, resolver_rules
from kvnode.api.validation.scheduling import affinity_rules, spread_rules, toleration_rules
from kvnode.api.validation.strings import string_rules
from kvnode.api.validation.volumes import utility_volume_rules, volume_rules
from kvnode.errors import FieldError

if TYPE_CHECKING:
    from kvnode.api.configuration import KubeVirtConfiguration

__all__ = ["RULES", "guest_rules", "validate"]

Rule = Callable[[Findings, VirtualMachineInstanceSpec, Settings], None]

RULES: tuple[Rule, ...] = (
    machine_rules,
    quantity_rules,
    cpu_rules,
    memory_rules,
    firmware_rules,
    feature_rules,
    clock_rules,
    launch_security_rules,
    io_thread_rules,
    disk_rules,
    disk_volume_rules,
    boot_order_rules,
    interface_rules,
    pairing_rules,
    network_rules,
    claimed_network_rules,
    device_rules,
    host_device_rules,
    filesystem_rules,
    volume_rules,
    utility_volume_rules,
    cloud_init_rules,
    credential_rules,
    pod_name_rules,
    lifecycle_rules,
    resolver_rules,
    probe_rules,
    affinity_rules,
    toleration_rules,
    spread_rules,
)


def validate(item: Model, config: Mapping[str, Any] | KubeVirtConfiguration | None = None) -> list[FieldError]:
    """Everything that is wrong with a defaulted manifest; an empty list for a good one.

    item   -- a guest, or an object of another of KubeVirt's kinds
    config -- ``spec.configuration`` of the KubeVirt resource, as a plain dict or typed; None for its defaults.

    Raises InvalidManifest where the configuration (not the manifest) has a value of the wrong type.
    """
    if not isinstance(item, VirtualMachineInstance):
        # Who judges guests doesn't pay for the rules of a dozen other kinds.
        from kvnode.api.validation.objects import validate_object

        return validate_object(item, config)
    found = Findings()
    guest_rules(found, item, settings_of(config))
    string_rules(found, item)
    return found


def guest_rules(found: Findings, vmi: VirtualMachineInstance, settings: Settings) -> None:
    """All rules about a guest but those about all of its texts at once, which are the whole object's."""
    spec = vmi.spec
    metadata_rules(found, vmi.metadata, settings)
    for rule in RULES:
        rule(found, spec, settings)
