"""Rules about the KubeVirt resource beside its configuration: what is installed, where, and with which certificates.

Source: the admission of KubeVirt's operator, which judges a placement by making a Deployment of it; the rules about
guests' placement say the same. Its configuration is `configuration`'s.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kvnode.api.instance import DomainSpec
from kvnode.api.kubevirt import (
    ComponentConfig,
    CustomizeComponents,
    KubeVirt,
    KubeVirtSelfSignConfiguration,
    KubeVirtSpec,
    KubeVirtWorkloadUpdateStrategy,
)
from kvnode.api.scheduling import NodePlacement
from kvnode.api.settings import Settings, settings_of
from kvnode.api.validation.configuration import configuration_rules
from kvnode.api.validation.durations import duration_rules, seconds
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.names import image_reference_fault, label_fault, label_value_fault
from kvnode.api.validation.patches import json_fault
from kvnode.api.validation.references import name_rules
from kvnode.api.validation.scheduling import affinity_rules, toleration_rules
from kvnode.api.validation.stand_in import judge, stand_in

if TYPE_CHECKING:
    from kvnode.api.configuration import KubeVirtConfiguration

__all__ = ["kubevirt_rules"]

_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_UNINSTALL_STRATEGIES = ("RemoveWorkloads", "BlockUninstallIfWorkloadsExist")
_UPDATE_METHODS = ("LiveMigrate", "Evict")
_PATCH_TYPES = ("json", "merge", "strategic")
_TAG = re.compile(r"(?:sha256:[0-9a-f]{64}|[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})", re.ASCII).fullmatch
_FLAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", re.ASCII).fullmatch
_CA_S, _SERVER_S = Fraction(7 * 86400), Fraction(86400)
"""How long certificates are valid where nobody says: a week, and a day."""


def kubevirt_rules(found: Findings, item: KubeVirt, config: KubeVirtConfiguration | None) -> None:
    """An installation that can be made, and settings that mean something."""
    spec = item.spec
    configuration_rules(found, "spec.configuration", spec.configuration)
    _images(found, spec)
    for name, component in (("infra", spec.infra), ("workloads", spec.workloads)):
        if component is not None:
            _component(found, f"spec.{name}", component, settings_of(None))
    if spec.certificate_rotate_strategy is not None and spec.certificate_rotate_strategy.self_signed is not None:
        _certificates(found, "spec.certificateRotateStrategy.selfSigned", spec.certificate_rotate_strategy.self_signed)
    if spec.customize_components is not None:
        _customized(found, "spec.customizeComponents", spec.customize_components)
    if spec.workload_update_strategy is not None:
        _workload_update(found, "spec.workloadUpdateStrategy", spec.workload_update_strategy)
    if spec.uninstall_strategy and spec.uninstall_strategy not in _UNINSTALL_STRATEGIES:
        found.not_supported(
            "spec.uninstallStrategy",
            f"{shown(spec.uninstall_strategy)} is no strategy; it is {listed(_UNINSTALL_STRATEGIES)}.",
        )
    _names(found, spec)


def _images(found: Findings, spec: KubeVirtSpec) -> None:
    if spec.image_pull_policy and spec.image_pull_policy not in _PULL_POLICIES:
        found.not_supported(
            "spec.imagePullPolicy", f"{shown(spec.image_pull_policy)} is no policy; it is {listed(_PULL_POLICIES)}."
        )
    if spec.image_registry and image_reference_fault(f"{spec.image_registry}/image"):
        found.invalid(
            "spec.imageRegistry", f"{shown(spec.image_registry)} is no registry, such as registry.example/kubevirt."
        )
    if spec.image_tag and not _TAG(spec.image_tag):
        found.invalid("spec.imageTag", f"{shown(spec.image_tag)} is no tag of an image, such as v1.6.0.")
    seen: dict[str, int] = {}
    for index, secret in enumerate(spec.image_pull_secrets):
        field, name = f"spec.imagePullSecrets[{index}].name", secret.name or ""
        if not name:
            found.required(field, "name the Secret with the registry's credentials.")
        elif seen.setdefault(name, index) != index:
            found.duplicate(field, f"{shown(name)} is imagePullSecrets[{seen[name]}] already.")
        else:
            name_rules(found, field, name)


def _component(found: Findings, field: str, component: ComponentConfig, settings: Settings) -> None:
    if component.replicas == 0:
        found.invalid(f"{field}.replicas", "0 of each leave nobody to do the work: 1 or more.")
    if component.node_placement is not None:
        _placement(found, f"{field}.nodePlacement", component.node_placement, settings)


def _placement(found: Findings, field: str, placement: NodePlacement, settings: Settings) -> None:
    pod = replace(
        stand_in(DomainSpec(), settings.default_architecture),
        node_selector=placement.node_selector,
        affinity=placement.affinity,
        tolerations=placement.tolerations,
    )
    places = {f"spec.{name}": f"{field}.{name}" for name in ("nodeSelector", "affinity", "tolerations")}
    judge(found, pod, (affinity_rules, toleration_rules), settings, places)


def _certificates(found: Findings, field: str, signed: KubeVirtSelfSignConfiguration) -> None:
    """Certificates are renewed before they end, and a server's ends before its authority's."""
    ca, server = signed.ca, signed.server
    older = {
        "caRotateInterval": signed.ca_rotate_interval,
        "caOverlapInterval": signed.ca_overlap_interval,
        "certRotateInterval": signed.cert_rotate_interval,
    }
    for name, interval in older.items():
        duration_rules(found, f"{field}.{name}", interval, positive=True)
        if interval is not None and (ca is not None or server is not None):
            found.invalid(f"{field}.{name}", "it is the older way to say what ca and server say: keep these alone.")
    for part, config in (("ca", ca), ("server", server)):
        if config is not None:
            duration_rules(found, f"{field}.{part}.duration", config.duration, positive=True)
            duration_rules(found, f"{field}.{part}.renewBefore", config.renew_before)
    lives = seconds(signed.ca_rotate_interval or (ca.duration if ca is not None else None)) or _CA_S
    served = seconds(signed.cert_rotate_interval or (server.duration if server is not None else None)) or _SERVER_S
    overlap = seconds(signed.ca_overlap_interval or (ca.renew_before if ca is not None else None))
    if overlap is not None and overlap > lives:
        name = "caOverlapInterval" if signed.ca_overlap_interval else "ca.renewBefore"
        found.invalid(f"{field}.{name}", f"{overlap} s before its end are more than its {lives} s of life: say less.")
    early = seconds(server.renew_before) if server is not None else None
    if early is not None and early > served:
        found.invalid(
            f"{field}.server.renewBefore", f"{early} s before its end are more than its {served} s of life: say less."
        )
    if served > lives:
        name = "certRotateInterval" if signed.cert_rotate_interval else "server.duration"
        found.invalid(f"{field}.{name}", f"{served} s are more than the authority's own {lives} s: say less.")


def _customized(found: Findings, field: str, customized: CustomizeComponents) -> None:
    for index, patch in enumerate(customized.patches):
        inside = f"{field}.patches[{index}]"
        if not patch.resource_type:
            found.required(f"{inside}.resourceType", "name the kind to patch, such as Deployment.")
        if not patch.resource_name:
            found.required(f"{inside}.resourceName", "name the object to patch, such as virt-api.")
        if patch.type not in _PATCH_TYPES:
            found.not_supported(f"{inside}.type", f"{shown(patch.type)} is no patch; it is {listed(_PATCH_TYPES)}.")
        if fault := json_fault(patch.patch):
            found.invalid(f"{inside}.patch", f"{shown(patch.patch)} {fault}.")
    flags = customized.flags
    for name, given in (
        ("api", flags.api if flags is not None else None),
        ("controller", flags.controller if flags is not None else None),
        ("handler", flags.handler if flags is not None else None),
    ):
        for flag in given or {}:
            if not _FLAG(flag):
                found.invalid(f"{field}.flags.{name}", f"{shown(flag)} is no flag: write it without dashes, such as v.")


def _workload_update(found: Findings, field: str, strategy: KubeVirtWorkloadUpdateStrategy) -> None:
    seen: dict[str, int] = {}
    for index, method in enumerate(strategy.workload_update_methods):
        inside = f"{field}.workloadUpdateMethods[{index}]"
        if method not in _UPDATE_METHODS:
            found.not_supported(inside, f"{shown(method)} is no method; it is {listed(_UPDATE_METHODS)}.")
        elif seen.setdefault(method, index) != index:
            found.duplicate(inside, f"{method} is workloadUpdateMethods[{seen[method]}] already.")
    size = strategy.batch_eviction_size
    if size is not None and size < 1:
        found.invalid(f"{field}.batchEvictionSize", f"{size} guests at once are none: 1 or more; 10 are usual.")
    duration_rules(found, f"{field}.batchEvictionInterval", strategy.batch_eviction_interval)


def _names(found: Findings, spec: KubeVirtSpec) -> None:
    for name, namespace in (
        ("monitorNamespace", spec.monitor_namespace),
        ("serviceMonitorNamespace", spec.service_monitor_namespace),
    ):
        if namespace and (fault := label_fault(namespace)):
            found.invalid(f"spec.{name}", f"{shown(namespace)} {fault}.")
    name_rules(found, "spec.monitorAccount", spec.monitor_account)
    # These become labels of what is installed.
    for name, value in (
        ("productName", spec.product_name),
        ("productVersion", spec.product_version),
        ("productComponent", spec.product_component),
    ):
        if value and (fault := label_value_fault(value)):
            found.invalid(f"spec.{name}", f"{shown(value)} {fault}.")
    port = spec.synchronization_port
    if port and not (port.isascii() and port.isdecimal() and len(port) <= 5 and 1 <= int(port) <= 65535):
        found.invalid("spec.synchronizationPort", f"{shown(port)} is no port, which is from 1 to 65535.")
