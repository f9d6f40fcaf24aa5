"""Rules about parts of the KubeVirt configuration: devices that guests may have, networks, TLS, helpers, seccomp."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kvnode.api.configuration import (
    InterfaceBindingPlugin,
    MediatedDevicesConfiguration,
    NetworkConfiguration,
    PermittedHostDevices,
    SeccompConfiguration,
    SupportContainerResources,
    TLSConfiguration,
)
from kvnode.api.cpu_memory import ResourceRequirementsWithoutClaims
from kvnode.api.fault import child, entry
from kvnode.api.validation.amounts import amount, amount_rules
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.labels import label_map_rules
from kvnode.api.validation.names import image_reference_fault, label_fault, qualified_name_fault, subdomain_fault

__all__ = [
    "device_selector_rules",
    "helper_rules",
    "mediated_device_rules",
    "network_setting_rules",
    "seccomp_rules",
    "tls_rules",
]

_INTERFACES = ("bridge", "masquerade")
_ATTACHMENTS = ("tap", "managedTap")
_DEVICE_INFO = "device-info"
_LINK_REFRESH = "link-refresh"
_PCI = re.compile(r"[0-9a-fA-F]{4}:(?:[0-9a-fA-F]{4}|\*)", re.ASCII).fullmatch
_USB = re.compile(r"[0-9a-fA-F]{4}", re.ASCII).fullmatch
_MDEV = re.compile(r"[\x20-\x7e]{1,253}", re.ASCII).fullmatch
_HELPERS = ("container-disk", "guest-console-log", "hotplug-disk", "sidecar", "virtiofs", "vmexport")
_TLS_VERSIONS = ("VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13")
_WITHOUT_CIPHERS = "VersionTLS13"
_CIPHERS = frozenset(
    f"TLS_{exchange}_WITH_{cipher}"
    for exchange, ciphers in {
        "RSA": (
            "3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA "
            "AES_256_GCM_SHA384 RC4_128_SHA"
        ),
        "ECDHE_RSA": (
            "3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA "
            "AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256 RC4_128_SHA"
        ),
        "ECDHE_ECDSA": (
            "AES_128_CBC_SHA AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA AES_256_GCM_SHA384 "
            "CHACHA20_POLY1305_SHA256 RC4_128_SHA"
        ),
    }.items()
    for cipher in ciphers.split()
) | {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
"""Names of IANA's of the suites that KubeVirt's components know; those without an exchange are TLS 1.3's own."""


def network_setting_rules(found: Findings, field: str, network: NetworkConfiguration) -> None:
    """A binding for interfaces that name none, and bindings that somebody brought."""
    default = network.default_network_interface
    if default and default not in _INTERFACES:
        found.not_supported(
            f"{field}.defaultNetworkInterface", f"{shown(default)} is no binding; it is {listed(_INTERFACES)}."
        )
    elif default == "bridge" and network.permit_bridge_interface_on_pod_network is False:
        found.invalid(
            f"{field}.defaultNetworkInterface",
            "permitBridgeInterfaceOnPodNetwork is false, so no guest that says nothing could start: use masquerade.",
        )
    for name, plugin in (network.binding or {}).items():
        inside = entry(f"{field}.binding", name)
        if fault := subdomain_fault(name):
            found.invalid(inside, f"the name {shown(name)} {fault}.")
        _binding(found, inside, plugin)


def device_selector_rules(found: Findings, field: str, permitted: PermittedHostDevices) -> None:
    """Devices by what the kernel calls them, each under one resource."""
    taken: dict[str, str] = {}
    for index, pci in enumerate(permitted.pci_host_devices):
        inside = f"{field}.pciHostDevices[{index}]"
        _resource(found, inside, pci.resource_name)
        if not _PCI(pci.pci_vendor_selector):
            found.invalid(
                f"{inside}.pciVendorSelector",
                f"{shown(pci.pci_vendor_selector)} is no vendor and product in hexadecimal, such as 10de:1eb8.",
            )
        else:
            _once(found, f"{inside}.pciVendorSelector", pci.pci_vendor_selector.lower(), taken)
    for index, mdev in enumerate(permitted.mediated_devices):
        inside = f"{field}.mediatedDevices[{index}]"
        _resource(found, inside, mdev.resource_name)
        if not _MDEV(mdev.mdev_name_selector):
            found.invalid(
                f"{inside}.mdevNameSelector",
                f"{shown(mdev.mdev_name_selector)} is no type of mediated devices, such as GRID T4-1Q.",
            )
        else:
            _once(found, f"{inside}.mdevNameSelector", mdev.mdev_name_selector, taken)
    for index, usb in enumerate(permitted.usb):
        inside = f"{field}.usb[{index}]"
        _resource(found, inside, usb.resource_name)
        if not usb.selectors and not usb.external_resource_provider:
            found.required(f"{inside}.selectors", "say which devices by vendor and product, such as 46f4 and 0001.")
        for place, selector in enumerate(usb.selectors):
            for name, digits in (("vendor", selector.vendor), ("product", selector.product)):
                if not _USB(digits):
                    found.invalid(
                        f"{inside}.selectors[{place}].{name}",
                        f"{shown(digits)} isn't four hexadecimal digits, such as 46f4.",
                    )


def mediated_device_rules(found: Findings, field: str, mediated: MediatedDevicesConfiguration) -> None:
    """Types to create, under the newer name of the list or under the older one."""
    _types(found, field, mediated.mediated_device_types, mediated.mediated_devices_types)
    for index, node in enumerate(mediated.node_mediated_device_types):
        inside = f"{field}.nodeMediatedDeviceTypes[{index}]"
        if node.node_selector:
            label_map_rules(found, f"{inside}.nodeSelector", node.node_selector)
        else:
            found.required(f"{inside}.nodeSelector", "say which nodes create them, by labels.")
        if not node.mediated_device_types and not node.mediated_devices_types:
            found.required(f"{inside}.mediatedDeviceTypes", "say which types these nodes create.")
        _types(found, inside, node.mediated_device_types, node.mediated_devices_types)


def tls_rules(found: Findings, field: str, tls: TLSConfiguration) -> None:
    """A version that exists, and suites that there are, where suites can be chosen at all."""
    version = tls.min_tls_version
    if version and version not in _TLS_VERSIONS:
        found.not_supported(f"{field}.minTLSVersion", f"{shown(version)} is no version; it is {listed(_TLS_VERSIONS)}.")
    elif tls.ciphers and version in (None, "", _WITHOUT_CIPHERS):
        found.not_supported(
            f"{field}.ciphers",
            "suites are chosen up to TLS 1.2: set minTLSVersion to VersionTLS12, or drop them.",
        )
    seen: dict[str, int] = {}
    for index, cipher in enumerate(tls.ciphers):
        if cipher not in _CIPHERS:
            found.not_supported(
                f"{field}.ciphers[{index}]",
                f"{shown(cipher)} is no suite that is known, such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.",
            )
        elif seen.setdefault(cipher, index) != index:
            found.duplicate(f"{field}.ciphers[{index}]", f"{cipher} is ciphers[{seen[cipher]}] already.")


def seccomp_rules(found: Findings, field: str, seccomp: SeccompConfiguration) -> None:
    """One profile, and a file that lies below the kubelet's folder."""
    if seccomp.virtual_machine_instance_profile is None:
        return
    field = f"{field}.virtualMachineInstanceProfile.customProfile"
    profile = seccomp.virtual_machine_instance_profile.custom_profile
    if profile is None:
        found.required(field, "say which profile: localhostProfile, or runtimeDefaultProfile.")
        return
    path = profile.localhost_profile
    if path is not None and profile.runtime_default_profile:
        found.invalid(f"{field}.localhostProfile", "localhostProfile and runtimeDefaultProfile exclude each other.")
    if path is not None and (
        not path or path.startswith("/") or not path.isprintable() or ".." in path.split("/") or len(path) > 4096
    ):
        found.invalid(
            f"{field}.localhostProfile",
            f"{shown(path)} is no file below the kubelet's folder of profiles, such as kubevirt/kubevirt.json.",
        )


def helper_rules(found: Findings, field: str, helpers: Iterable[SupportContainerResources]) -> None:
    """What helper containers get, each kind of them once."""
    seen: dict[str, int] = {}
    for index, helper in enumerate(helpers):
        inside = f"{field}[{index}]"
        if helper.type not in _HELPERS:
            found.not_supported(f"{inside}.type", f"{shown(helper.type)} is no helper; it is {listed(_HELPERS)}.")
        elif seen.setdefault(helper.type, index) != index:
            found.duplicate(f"{inside}.type", f"{helper.type} is that of [{seen[helper.type]}] already.")
        _resources(found, f"{inside}.resources", helper.resources)


def _binding(found: Findings, field: str, plugin: InterfaceBindingPlugin) -> None:
    attachment, method = plugin.domain_attachment_type, plugin.migration.method if plugin.migration else None
    if attachment and attachment not in _ATTACHMENTS:
        found.not_supported(
            f"{field}.domainAttachmentType", f"{shown(attachment)} is no attachment; it is {listed(_ATTACHMENTS)}."
        )
    if plugin.sidecar_image and (fault := image_reference_fault(plugin.sidecar_image)):
        found.invalid(f"{field}.sidecarImage", f"{shown(plugin.sidecar_image)} {fault}.")
    definition = plugin.network_attachment_definition
    if definition:
        namespace, slash, name = definition.rpartition("/")
        if (slash and label_fault(namespace)) or subdomain_fault(name):
            found.invalid(
                f"{field}.networkAttachmentDefinition",
                f"{shown(definition)} names no network attachment, [namespace/]name.",
            )
    if plugin.downward_api and plugin.downward_api != _DEVICE_INFO:
        found.not_supported(
            f"{field}.downwardAPI", f"{shown(plugin.downward_api)} can't be told; it is {_DEVICE_INFO}."
        )
    if method and method != _LINK_REFRESH:
        found.not_supported(f"{field}.migration.method", f"{shown(method)} is no method; it is {_LINK_REFRESH}.")
    if plugin.compute_resource_overhead is not None:
        _resources(found, f"{field}.computeResourceOverhead", plugin.compute_resource_overhead)


def _resources(found: Findings, field: str, resources: ResourceRequirementsWithoutClaims) -> None:
    requests, limits = resources.requests or {}, resources.limits or {}
    for kind, amounts in (("requests", requests), ("limits", limits)):
        for name, quantity in amounts.items():
            amount_rules(found, child(f"{field}.{kind}", name), quantity)
    for name, quantity in requests.items():
        asked, most = amount(quantity), amount(limits.get(name))
        if asked is not None and most is not None and asked > most:
            found.invalid(
                child(f"{field}.requests", name),
                f"{shown(quantity)} is more than the limit ({shown(limits[name])}): request less, or raise it.",
            )


def _resource(found: Findings, field: str, name: str) -> None:
    if not name:
        found.required(f"{field}.resourceName", "name the resource that guests ask for, such as example.com/gpu.")
    elif fault := qualified_name_fault(name):
        found.invalid(f"{field}.resourceName", f"{shown(name)} {fault}.")
    elif "/" not in name:
        found.invalid(f"{field}.resourceName", f"{shown(name)} has no domain before it, as in example.com/gpu.")


def _once(found: Findings, field: str, selector: str, taken: dict[str, str]) -> None:
    holder = taken.setdefault(selector, field)
    if holder != field:
        found.duplicate(field, f"{shown(selector)} is that of {holder} already: a device is one resource's.")


def _types(found: Findings, field: str, newer: tuple[str, ...], older: tuple[str, ...]) -> None:
    if newer and older:
        found.invalid(f"{field}.mediatedDevicesTypes", "it is the older name of mediatedDeviceTypes: keep that alone.")
    for name, types in (("mediatedDeviceTypes", newer), ("mediatedDevicesTypes", older)):
        for index, kind in enumerate(types):
            if not _MDEV(kind):
                found.invalid(
                    f"{field}.{name}[{index}]", f"{shown(kind)} is no type of mediated devices, such as nvidia-222."
                )
