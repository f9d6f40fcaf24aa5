"""Rules about the Pod around the guest: its names, its resolver, its probes, and what becomes of it."""

from __future__ import annotations

import re

from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.probes import HTTPGetAction, Probe
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.names import ip_address_fault, label_fault, port_name_fault, subdomain_fault

__all__ = ["lifecycle_rules", "pod_name_rules", "probe_rules", "resolver_rules"]

_DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
_EVICTION_STRATEGIES = ("None", "LiveMigrate", "LiveMigrateIfPossible", "External")
_START_STRATEGIES = ("Paused",)
_REBOOT_POLICIES = ("Reboot", "Terminate")
_SCHEMES = ("HTTP", "HTTPS")
_HEADER = re.compile(r"[A-Za-z0-9-]+", re.ASCII).fullmatch
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}", re.ASCII).fullmatch
_MAX_NAMESERVERS = 3
_MAX_SEARCHES = 6
_MAX_SEARCH_CHARACTERS = 256
_MAX_OPTION_CHARACTERS = 253
_PROBE_HANDLERS = {
    "exec": "exec",
    "http_get": "httpGet",
    "tcp_socket": "tcpSocket",
    "guest_agent_ping": "guestAgentPing",
}


def pod_name_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Host name, subdomain, service account, priority class and scheduler are names that Kubernetes would take."""
    if spec.hostname and (fault := label_fault(spec.hostname)):
        found.invalid("spec.hostname", f"{shown(spec.hostname)} {fault}.")
    for name, value in (
        ("subdomain", spec.subdomain),
        ("serviceAccountName", spec.service_account_name),
        ("priorityClassName", spec.priority_class_name),
        ("schedulerName", spec.scheduler_name),
    ):
        if value and (fault := subdomain_fault(value)):
            found.invalid(f"spec.{name}", f"{shown(value)} {fault}.")
    if spec.service_account_name:
        _one_account(found, spec, spec.service_account_name)


def _one_account(found: Findings, spec: VirtualMachineInstanceSpec, name: str) -> None:
    for index, volume in enumerate(spec.volumes):
        account = volume.service_account.service_account_name if volume.service_account else None
        if account and account != name:
            found.invalid(
                "spec.serviceAccountName",
                f"{shown(name)} isn't the account of spec.volumes[{index}] ({shown(account)}): a Pod has one account.",
            )


def lifecycle_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """How the guest starts, restarts, is drained and how long it may take to stop."""
    if spec.eviction_strategy is not None and spec.eviction_strategy not in _EVICTION_STRATEGIES:
        found.invalid(
            "spec.evictionStrategy",
            f"{shown(spec.eviction_strategy)} is no strategy; it is {listed(_EVICTION_STRATEGIES)}.",
        )
    if spec.start_strategy is not None:
        if spec.start_strategy not in _START_STRATEGIES:
            found.invalid(
                "spec.startStrategy", f"{shown(spec.start_strategy)} is no strategy; it is Paused, or left out."
            )
        elif spec.liveness_probe is not None:
            found.invalid(
                "spec.startStrategy", "a paused guest fails spec.livenessProbe and is killed: drop one of the two."
            )
    if spec.domain.reboot_policy is not None and spec.domain.reboot_policy not in _REBOOT_POLICIES:
        found.invalid(
            "spec.domain.rebootPolicy",
            f"{shown(spec.domain.reboot_policy)} is no policy; it is {listed(_REBOOT_POLICIES)}.",
        )
    elif spec.domain.reboot_policy is not None and not settings.gate("RebootPolicy"):
        found.invalid("spec.domain.rebootPolicy", "it takes the feature gate RebootPolicy, which is shut.")
    grace = spec.termination_grace_period_seconds
    if grace is not None and grace < 0:
        found.invalid("spec.terminationGracePeriodSeconds", f"{grace} s is less than 0.")


def resolver_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """A DNS policy that exists, and servers, search domains and options within the resolver's bounds."""
    policy, config = spec.dns_policy, spec.dns_config
    if policy and policy not in _DNS_POLICIES:
        found.not_supported("spec.dnsPolicy", f"{shown(policy)} is no policy; it is {listed(_DNS_POLICIES)}.")
    if policy == "None" and config is None:
        found.required("spec.dnsConfig", "with dnsPolicy None the guest has no resolver: name nameservers here.")
    if config is None:
        return
    field = "spec.dnsConfig.nameservers"
    if policy == "None" and not config.nameservers:
        found.required(field, "with dnsPolicy None the guest has no resolver: name at least one.")
    if len(config.nameservers) > _MAX_NAMESERVERS:
        found.invalid(
            field, f"{len(config.nameservers)} servers are more than {_MAX_NAMESERVERS}, which resolvers take."
        )
    for index, server in enumerate(config.nameservers):
        if fault := ip_address_fault(server):
            found.invalid(f"{field}[{index}]", f"{shown(server)} {fault}.")
    _searches(found, config.searches)
    for index, option in enumerate(config.options):
        inside = f"spec.dnsConfig.options[{index}]"
        if not option.name:
            found.required(f"{inside}.name", "name the option, such as ndots.")
        for name, text in (("name", option.name or ""), ("value", option.value or "")):
            if len(text) > _MAX_OPTION_CHARACTERS or not text.isprintable() or " " in text:
                found.invalid(
                    f"{inside}.{name}",
                    f"{shown(text)} must be at most {_MAX_OPTION_CHARACTERS} printable characters without spaces.",
                )


def probe_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """A probe asks in exactly one way, and over the network only where the guest is on the Pod's."""
    if spec.readiness_probe is None and spec.liveness_probe is None:
        return
    on_pod = any(network.pod is not None for network in spec.networks)
    for name, probe in (("readinessProbe", spec.readiness_probe), ("livenessProbe", spec.liveness_probe)):
        if probe is not None:
            _probe(found, f"spec.{name}", probe, on_pod)
    # A Pod carries the probe, and Kubernetes takes no other.
    passes = spec.liveness_probe.success_threshold if spec.liveness_probe is not None else None
    if passes is not None and passes > 1:
        found.invalid("spec.livenessProbe.successThreshold", f"a guest is alive after one answer, not after {passes}.")


def _searches(found: Findings, searches: tuple[str, ...]) -> None:
    field = "spec.dnsConfig.searches"
    if len(searches) > _MAX_SEARCHES:
        found.invalid(field, f"{len(searches)} search domains are more than {_MAX_SEARCHES}, which resolvers take.")
    length = len(" ".join(searches))
    if length > _MAX_SEARCH_CHARACTERS:
        found.invalid(
            field, f"they have {length} characters with the spaces between, more than {_MAX_SEARCH_CHARACTERS}."
        )
    for index, search in enumerate(searches):
        if fault := subdomain_fault(search.removesuffix(".")):
            found.invalid(f"{field}[{index}]", f"{shown(search)} {fault}.")


def _probe(found: Findings, field: str, probe: Probe, on_pod: bool) -> None:
    given = [wire for name, wire in _PROBE_HANDLERS.items() if getattr(probe, name) is not None]
    if not given:
        found.required(field, f"it asks nothing: set {listed(_PROBE_HANDLERS.values())}.")
    elif len(given) > 1:
        found.invalid(field, f"{' and '.join(given)} are set: a probe asks in one way.")
    for wire, action in (("httpGet", probe.http_get), ("tcpSocket", probe.tcp_socket)):
        if action is None:
            continue
        if not on_pod:
            found.invalid(f"{field}.{wire}", "the guest isn't on the Pod's network: use exec or guestAgentPing.")
        if action.host and not _HOST(action.host):
            found.invalid(f"{field}.{wire}.host", f"{shown(action.host)} is neither a host's name nor an address.")
        port = action.port
        fault = port_name_fault(port) if isinstance(port, str) and not port.isdecimal() else None
        if fault:
            found.invalid(f"{field}.{wire}.port", f"{shown(port)} {fault}.")
        elif (isinstance(port, int) or port.isdecimal()) and not 1 <= _number(port) <= 65535:
            found.invalid(f"{field}.{wire}.port", f"{shown(port)} is no port, which is from 1 to 65535.")
    if probe.http_get is not None:
        _http_get(found, f"{field}.httpGet", probe.http_get)
    for name, value in (
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ):
        if value is not None and value < 0:
            found.invalid(f"{field}.{name}", f"{value} is less than 0.")


def _http_get(found: Findings, field: str, action: HTTPGetAction) -> None:
    if action.scheme and action.scheme not in _SCHEMES:
        found.not_supported(f"{field}.scheme", f"{shown(action.scheme)} is no scheme; it is {listed(_SCHEMES)}.")
    if action.path and not action.path.isprintable():
        found.invalid(f"{field}.path", f"{shown(action.path)} must be made of printable characters.")
    for index, header in enumerate(action.http_headers):
        if not _HEADER(header.name):
            found.invalid(f"{field}.httpHeaders[{index}].name", f"{shown(header.name)} is no header, such as X-Probe.")
        if not header.value.isprintable():
            found.invalid(
                f"{field}.httpHeaders[{index}].value", f"{shown(header.value)} must be made of printable characters."
            )


def _number(port: int | str) -> int:
    """The port as a number; a text of more digits than any port has is out of range whatever they are."""
    return port if isinstance(port, int) else int(port) if len(port) <= 5 else -1
