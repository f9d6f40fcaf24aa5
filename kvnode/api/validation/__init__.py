"""Validation: whether a manifest is right, as the finished product answers.

``validate`` collects every finding of every rule and never stops at the first; what this build can't do yet is
another question (``kvnode.api.unsupported``). It reads a defaulted object and changes nothing.

A rule is a function ``(spec, settings) -> findings`` in the module of its subject, named for what it looks at; the
table below is all of them, in the order in which people read a manifest. Rules know nothing of each other: one that
needs a value which another one judges treats a broken one as absent, so that a fault is reported once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kvnode.api.instance import VirtualMachineInstance, VirtualMachineInstanceSpec
from kvnode.api.settings import Settings, settings_of
from kvnode.api.validation.amounts import quantity_rules
from kvnode.api.validation.cloud_init import cloud_init_rules
from kvnode.api.validation.cpu import cpu_rules
from kvnode.api.validation.credentials import credential_rules
from kvnode.api.validation.devices import device_rules, filesystem_rules, host_device_rules, io_thread_rules
from kvnode.api.validation.disks import boot_order_rules, disk_rules, disk_volume_rules
from kvnode.api.validation.features import clock_rules, feature_rules, launch_security_rules
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

__all__ = ["RULES", "validate"]

Rule = Callable[[VirtualMachineInstanceSpec, Settings], Iterator[FieldError]]

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


def validate(
    vmi: VirtualMachineInstance, config: Mapping[str, Any] | KubeVirtConfiguration | None = None
) -> list[FieldError]:
    """Everything that is wrong with a defaulted manifest; an empty list for a good one.

    config -- ``spec.configuration`` of the KubeVirt resource, as a plain dict or typed; None for its defaults.

    Raises InvalidManifest where the configuration (not the manifest) has a value of the wrong type.
    """
    settings = settings_of(config)
    findings = list(metadata_rules(vmi.metadata, settings))
    for rule in RULES:
        findings.extend(rule(vmi.spec, settings))
    findings.extend(string_rules(vmi))
    return findings
