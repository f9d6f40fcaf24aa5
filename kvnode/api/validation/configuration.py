"""Rules about the KubeVirt configuration: settings within their ranges, and none that keeps every guest from starting.

What an administrator writes here counts for all guests, and shows where a guest fails, days later and before somebody
else. So whatever can be told of a setting by itself is told here. Devices, networks and TLS are `configuration_parts`'.
"""

from __future__ import annotations

import math
import re
from fnmatch import fnmatchcase

from kvnode.api.configuration import (
    ArchConfiguration,
    ChangedBlockTrackingSelectors,
    DeveloperConfiguration,
    KSMConfiguration,
    KubeVirtConfiguration,
    LiveUpdateConfiguration,
    LogVerbosity,
    ReloadableComponentConfiguration,
    SMBiosConfiguration,
)
from kvnode.api.fault import entry
from kvnode.api.meta import LabelSelector
from kvnode.api.migration import MigrationConfiguration
from kvnode.api.settings import DEFAULT_EMULATED_MACHINES, DEFAULT_MACHINE_TYPES
from kvnode.api.validation.amounts import amount_rules
from kvnode.api.validation.configuration_parts import (
    device_selector_rules,
    helper_rules,
    mediated_device_rules,
    network_setting_rules,
    seccomp_rules,
    tls_rules,
)
from kvnode.api.validation.finding import Findings, few, listed, shown
from kvnode.api.validation.gates import gate_list_rules
from kvnode.api.validation.labels import label_map_rules, label_selector_rules
from kvnode.api.validation.migrations import migration_setting_rules
from kvnode.api.validation.names import absolute_path_fault, qualified_name_fault
from kvnode.api.validation.references import name_rules

__all__ = ["configuration_rules"]

_CHOICES = {
    "evictionStrategy": ("None", "LiveMigrate", "LiveMigrateIfPossible", "External"),
    "imagePullPolicy": ("Always", "IfNotPresent", "Never"),
    "roleAggregationStrategy": ("AggregateToDefault", "Manual"),
    "vmRolloutStrategy": ("Stage", "LiveUpdate"),
}
_REFERENCE_POLICIES = ("reference", "expand", "expandAll")
_HYPERVISORS = ("kvm", "hyperv-direct")
_VERBOSITIES = range(10)
_MINIMUM_OVERCOMMIT = 10
_MAX_SMBIOS_CHARACTERS = 255
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}", re.ASCII).fullmatch
_MACHINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII).fullmatch
_PATTERN = re.compile(r"[A-Za-z0-9_.*?\[\]-]{1,64}", re.ASCII).fullmatch
_SELINUX_TYPE = re.compile(r"[A-Za-z0-9_.]{1,128}", re.ASCII).fullmatch
_RATIO = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,9})?", re.ASCII).fullmatch


def configuration_rules(found: Findings, field: str, config: KubeVirtConfiguration) -> None:
    """Every setting of a ``spec.configuration``."""
    for name, value in (
        ("evictionStrategy", config.eviction_strategy),
        ("imagePullPolicy", config.image_pull_policy),
        ("roleAggregationStrategy", config.role_aggregation_strategy),
        ("vmRolloutStrategy", config.vm_rollout_strategy),
    ):
        _choice(found, f"{field}.{name}", value, _CHOICES[name])
    if config.developer_configuration is not None:
        _developer(found, f"{field}.developerConfiguration", config.developer_configuration)
    _machines(found, field, config)
    _processors(found, field, config)
    if config.migrations is not None:
        _migrations(found, f"{field}.migrations", config.migrations)
    if config.live_update_configuration is not None:
        _live_update(found, f"{field}.liveUpdateConfiguration", config.live_update_configuration)
    if config.network is not None:
        network_setting_rules(found, f"{field}.network", config.network)
    if config.permitted_host_devices is not None:
        device_selector_rules(found, f"{field}.permittedHostDevices", config.permitted_host_devices)
    if config.mediated_devices_configuration is not None:
        mediated_device_rules(found, f"{field}.mediatedDevicesConfiguration", config.mediated_devices_configuration)
    if config.tls_configuration is not None:
        tls_rules(found, f"{field}.tlsConfiguration", config.tls_configuration)
    if config.seccomp_configuration is not None:
        seccomp_rules(found, f"{field}.seccompConfiguration", config.seccomp_configuration)
    helper_rules(found, f"{field}.supportContainerResources", config.support_container_resources)
    _selectors(found, field, config)
    _pods(found, field, config)
    _others(found, field, config)


def _choice(found: Findings, field: str, value: str | None, choices: tuple[str, ...]) -> None:
    if value and value not in choices:
        found.not_supported(field, f"{shown(value)} doesn't exist; it is {listed(choices)}.")


def _at_least(found: Findings, field: str, value: int | None, least: int) -> None:
    if value is not None and value < least:
        found.invalid(field, f"{value} is less than {least}, the least that does something.")


def _developer(found: Findings, field: str, developer: DeveloperConfiguration) -> None:
    gate_list_rules(found, field, developer)
    less = developer.pvc_tolerate_less_space_up_to_percent
    if less is not None and not 0 <= less <= 100:
        found.invalid(f"{field}.pvcTolerateLessSpaceUpToPercent", f"{less} is no share in percent, from 0 to 100.")
    _at_least(found, f"{field}.memoryOvercommit", developer.memory_overcommit, _MINIMUM_OVERCOMMIT)
    _at_least(found, f"{field}.cpuAllocationRatio", developer.cpu_allocation_ratio, 1)
    _at_least(found, f"{field}.minimumReservePVCBytes", developer.minimum_reserve_pvc_bytes, 0)
    _at_least(found, f"{field}.minimumClusterTSCFrequency", developer.minimum_cluster_tsc_frequency, 1)
    if developer.node_selectors:
        label_map_rules(found, f"{field}.nodeSelectors", developer.node_selectors)
    if developer.disk_verification is not None:
        amount_rules(
            found, f"{field}.diskVerification.memoryLimit", developer.disk_verification.memory_limit, positive=True
        )
    if developer.log_verbosity is not None:
        _verbosity(found, f"{field}.logVerbosity", developer.log_verbosity)


def _verbosity(found: Findings, field: str, verbosity: LogVerbosity) -> None:
    levels = {
        f"{field}.virtAPI": verbosity.virt_api,
        f"{field}.virtController": verbosity.virt_controller,
        f"{field}.virtHandler": verbosity.virt_handler,
        f"{field}.virtLauncher": verbosity.virt_launcher,
        f"{field}.virtOperator": verbosity.virt_operator,
        f"{field}.virtSynchronizationController": verbosity.virt_synchronization_controller,
    }
    for node, own in (verbosity.node_verbosity or {}).items():
        levels[entry(f"{field}.nodeVerbosity", node)] = own
        name_rules(found, entry(f"{field}.nodeVerbosity", node), node)
    for inside, level in levels.items():
        if level is not None and level not in _VERBOSITIES:
            found.invalid(inside, f"{level} is no verbosity, which is from 0 to {_VERBOSITIES[-1]}.")


def _machines(found: Findings, field: str, config: KubeVirtConfiguration) -> None:
    """Machine types that guests may have, the default one among them."""
    architectures = config.architecture_configuration or ArchConfiguration()
    _choice(
        found,
        f"{field}.architectureConfiguration.defaultArchitecture",
        architectures.default_architecture,
        tuple(DEFAULT_MACHINE_TYPES),
    )
    _machine(found, field, "amd64", config.machine_type, config.emulated_machines, config.ovmf_path)
    for arch in (*DEFAULT_MACHINE_TYPES, "ppc64le"):
        own = getattr(architectures, arch)
        if own is not None:
            inside = f"{field}.architectureConfiguration.{arch}"
            _machine(found, inside, arch, own.machine_type, own.emulated_machines, own.ovmf_path)


def _machine(
    found: Findings, field: str, arch: str, machine: str | None, patterns: tuple[str, ...], firmware: str | None
) -> None:
    for index, pattern in enumerate(patterns):
        if not _PATTERN(pattern):
            found.invalid(
                f"{field}.emulatedMachines[{index}]", f"{shown(pattern)} is no pattern of machine types, such as q35*."
            )
    permitted = [pattern for pattern in patterns or DEFAULT_EMULATED_MACHINES.get(arch, ()) if _PATTERN(pattern)]
    if machine and not _MACHINE(machine):
        found.invalid(f"{field}.machineType", f"{shown(machine)} is no machine type, such as q35.")
    elif machine and permitted and not any(fnmatchcase(machine, pattern) for pattern in permitted):
        found.invalid(
            f"{field}.machineType",
            f"{machine} isn't permitted, so no guest that says nothing could start: it has to match {few(permitted)}.",
        )
    if firmware and (fault := absolute_path_fault(firmware)):
        found.invalid(f"{field}.ovmfPath", f"{shown(firmware)} {fault}.")


def _processors(found: Findings, field: str, config: KubeVirtConfiguration) -> None:
    for name, model in (("cpuModel", config.cpu_model), ("minCPUModel", config.min_cpu_model)):
        if model and not _MODEL(model):
            found.invalid(f"{field}.{name}", f"{shown(model)} is not the name of a CPU model, such as host-model.")
    for model in config.obsolete_cpu_models or {}:
        if not _MODEL(model):
            found.invalid(entry(f"{field}.obsoleteCPUModels", model), f"{shown(model)} is not the name of a CPU model.")
    amount_rules(found, f"{field}.cpuRequest", config.cpu_request)


def _migrations(found: Findings, field: str, migrations: MigrationConfiguration) -> None:
    migration_setting_rules(found, field, migrations)
    for name, timeout in (
        ("progressTimeout", migrations.progress_timeout),
        ("utilityVolumesTimeout", migrations.utility_volumes_timeout),
    ):
        if timeout is not None and timeout < 0:
            found.invalid(f"{field}.{name}", f"{timeout} s is less than no time: 150 is usual.")
    cluster, node = migrations.parallel_migrations_per_cluster, migrations.parallel_outbound_migrations_per_node
    _at_least(found, f"{field}.parallelMigrationsPerCluster", cluster, 1)
    _at_least(found, f"{field}.parallelOutboundMigrationsPerNode", node, 1)
    taint = migrations.node_drain_taint_key
    if taint and (fault := qualified_name_fault(taint)):
        found.invalid(f"{field}.nodeDrainTaintKey", f"{shown(taint)} {fault}.")
    name_rules(found, f"{field}.network", migrations.network)


def _live_update(found: Findings, field: str, live: LiveUpdateConfiguration) -> None:
    _at_least(found, f"{field}.maxHotplugRatio", live.max_hotplug_ratio, 1)
    _at_least(found, f"{field}.maxCpuSockets", live.max_cpu_sockets, 1)
    amount_rules(found, f"{field}.maxGuest", live.max_guest, positive=True)


def _selectors(found: Findings, field: str, config: KubeVirtConfiguration) -> None:
    ksm = config.ksm_configuration or KSMConfiguration()
    tracking = config.changed_block_tracking_label_selectors or ChangedBlockTrackingSelectors()
    selectors: tuple[tuple[str, LabelSelector | None], ...] = (
        ("autoCPULimitNamespaceLabelSelector", config.auto_cpu_limit_namespace_label_selector),
        ("ksmConfiguration.nodeLabelSelector", ksm.node_label_selector),
        ("changedBlockTrackingLabelSelectors.namespaceLabelSelector", tracking.namespace_label_selector),
        ("changedBlockTrackingLabelSelectors.virtualMachineLabelSelector", tracking.virtual_machine_label_selector),
    )
    for name, selector in selectors:
        if selector is not None:
            label_selector_rules(found, f"{field}.{name}", selector)


def _pods(found: Findings, field: str, config: KubeVirtConfiguration) -> None:
    name_rules(found, f"{field}.vmStateStorageClass", config.vm_state_storage_class)
    name_rules(found, f"{field}.defaultRuntimeClass", config.default_runtime_class)
    launcher = config.selinux_launcher_type
    if launcher and not _SELINUX_TYPE(launcher):
        found.invalid(f"{field}.selinuxLauncherType", f"{shown(launcher)} is no SELinux type, such as container_t.")
    ratio = config.additional_guest_memory_overhead_ratio
    if ratio is not None and not _RATIO(ratio):
        found.invalid(f"{field}.additionalGuestMemoryOverheadRatio", f"{shown(ratio)} is no factor, such as 1.2.")
    elif ratio is not None and float(ratio) < 1:
        found.invalid(
            f"{field}.additionalGuestMemoryOverheadRatio",
            f"{ratio} is less than 1: guests would be killed for what QEMU itself needs.",
        )


def _others(found: Findings, field: str, config: KubeVirtConfiguration) -> None:
    _at_least(found, f"{field}.virtualMachineInstancesPerNode", config.virtual_machine_instances_per_node, 1)
    _at_least(found, f"{field}.memBalloonStatsPeriod", config.mem_balloon_stats_period, 0)
    if config.instancetype is not None:
        _choice(
            found,
            f"{field}.instancetype.referencePolicy",
            config.instancetype.reference_policy,
            _REFERENCE_POLICIES,
        )
    if len(config.hypervisors) > 1:
        found.invalid(f"{field}.hypervisors", f"{len(config.hypervisors)} are more than one: a cluster has one.")
    for index, hypervisor in enumerate(config.hypervisors):
        _choice(found, f"{field}.hypervisors[{index}].name", hypervisor.name, _HYPERVISORS)
    if config.smbios is not None:
        _smbios(found, f"{field}.smbios", config.smbios)
    tdx = config.confidential_compute.tdx if config.confidential_compute is not None else None
    path = tdx.attestation.qgs_socket_path if tdx is not None and tdx.attestation is not None else None
    if path and (fault := absolute_path_fault(path)):
        found.invalid(f"{field}.confidentialCompute.tdx.attestation.qgsSocketPath", f"{shown(path)} {fault}.")
    for name, component in (
        ("apiConfiguration", config.api_configuration),
        ("controllerConfiguration", config.controller_configuration),
        ("handlerConfiguration", config.handler_configuration),
        ("webhookConfiguration", config.webhook_configuration),
    ):
        if component is not None:
            _rate(found, f"{field}.{name}", component)


def _smbios(found: Findings, field: str, smbios: SMBiosConfiguration) -> None:
    for name, text in (
        ("manufacturer", smbios.manufacturer),
        ("product", smbios.product),
        ("version", smbios.version),
        ("family", smbios.family),
        ("sku", smbios.sku),
    ):
        if text and (len(text) > _MAX_SMBIOS_CHARACTERS or not text.isprintable()):
            found.invalid(
                f"{field}.{name}", f"{shown(text)} must be at most {_MAX_SMBIOS_CHARACTERS} printable characters."
            )


def _rate(found: Findings, field: str, component: ReloadableComponentConfiguration) -> None:
    limiter = component.rest_client.rate_limiter if component.rest_client is not None else None
    bucket = limiter.token_bucket_rate_limiter if limiter is not None else None
    if bucket is None:
        return
    inside = f"{field}.restClient.rateLimiter.tokenBucketRateLimiter"
    if not math.isfinite(bucket.qps) or bucket.qps < 0:
        found.invalid(f"{inside}.qps", f"{shown(bucket.qps)} requests a second can't be: 0 for the usual, or more.")
    if bucket.burst < 0:
        found.invalid(f"{inside}.burst", f"{bucket.burst} requests at once can't be: 0 for the usual, or more.")
