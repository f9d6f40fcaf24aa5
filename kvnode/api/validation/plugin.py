"""Rules about plugins: hooks that can be called, and names of what belongs to one.

Whether a condition or an expression is good CEL isn't asked: there is no compiler for it here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kvnode.api.plugin import AdmissionReference, DomainHook, NodeHook, Plugin
from kvnode.api.settings import settings_of
from kvnode.api.validation.durations import duration_rules
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.gates import gate_rules
from kvnode.api.validation.names import absolute_path_fault
from kvnode.api.validation.references import name_rules

if TYPE_CHECKING:
    from kvnode.api.configuration import KubeVirtConfiguration

__all__ = ["plugin_rules"]

_GATE = "Plugins"
_FAILURE_STRATEGIES = ("Fail", "Ignore")
_HOOK_POINTS = tuple(
    f"{when}{what}" for what in ("VMStart", "VMStop", "MigrationSource", "MigrationTarget") for when in ("Pre", "Post")
)


def plugin_rules(found: Findings, item: Plugin, config: KubeVirtConfiguration | None) -> None:
    """Each hook has one way to be called, and each reference a name."""
    gate_rules(found, type(item).__name__, _GATE, settings_of(config))
    spec = item.spec
    _failure_strategy(found, "spec", spec.failure_strategy)
    for index, domain_hook in enumerate(spec.domain_hooks):
        _domain_hook(found, f"spec.domainHooks[{index}]", domain_hook)
    for index, node_hook in enumerate(spec.node_hooks):
        _node_hook(found, f"spec.nodeHooks[{index}]", node_hook)
    _references(found, "spec.mutatingAdmissionPolicies", spec.mutating_admission_policies)
    _references(found, "spec.validatingAdmissionPolicies", spec.validating_admission_policies)
    _references(found, "spec.mutatingAdmissionWebhooks", spec.mutating_admission_webhooks)
    _references(found, "spec.validatingAdmissionWebhooks", spec.validating_admission_webhooks)


def _domain_hook(found: Findings, field: str, hook: DomainHook) -> None:
    if (hook.cel is None) == (hook.sidecar is None):
        count = "neither" if hook.cel is None else "both"
        found.invalid(field, f"it has {count} of cel and sidecar: a hook is called in exactly one way.")
    if hook.cel is not None and not hook.cel.expression.strip():
        found.required(f"{field}.cel.expression", "say what to change, as an expression in CEL.")
    if hook.sidecar is not None:
        _socket(found, f"{field}.sidecar.socketPath", hook.sidecar.socket_path)
    _failure_strategy(found, field, hook.failure_strategy)
    duration_rules(found, f"{field}.timeout", hook.timeout, positive=True)


def _node_hook(found: Findings, field: str, hook: NodeHook) -> None:
    _socket(found, f"{field}.socket", hook.socket)
    if not hook.permitted_hooks:
        found.required(f"{field}.permittedHooks", f"say what it is told of: {listed(_HOOK_POINTS)}.")
    seen: dict[str, int] = {}
    for index, point in enumerate(hook.permitted_hooks):
        inside = f"{field}.permittedHooks[{index}]"
        if point not in _HOOK_POINTS:
            found.not_supported(inside, f"{shown(point)} is nothing to be told of; it is {listed(_HOOK_POINTS)}.")
        elif seen.setdefault(point, index) != index:
            found.duplicate(inside, f"{point} is permittedHooks[{seen[point]}] already.")
    _failure_strategy(found, field, hook.failure_strategy)
    duration_rules(found, f"{field}.timeout", hook.timeout, positive=True)


def _socket(found: Findings, field: str, path: str) -> None:
    if not path:
        found.required(field, "name the socket that the hook listens on, such as /var/run/hooks/plugin.sock.")
    elif fault := absolute_path_fault(path):
        found.invalid(field, f"{shown(path)} {fault}.")


def _failure_strategy(found: Findings, field: str, strategy: str | None) -> None:
    if strategy is not None and strategy not in _FAILURE_STRATEGIES:
        found.not_supported(
            f"{field}.failureStrategy", f"{shown(strategy)} is no strategy; it is {listed(_FAILURE_STRATEGIES)}."
        )


def _references(found: Findings, field: str, references: tuple[AdmissionReference, ...]) -> None:
    seen: dict[str, int] = {}
    for index, reference in enumerate(references):
        inside = f"{field}[{index}].name"
        if not reference.name:
            found.required(inside, "name the object that belongs to the plugin.")
        elif seen.setdefault(reference.name, index) != index:
            found.duplicate(inside, f"{shown(reference.name)} is [{seen[reference.name]}] of this list already.")
        else:
            name_rules(found, inside, reference.name)
