"""Rules about replica sets and pools: how many there are, how they know what they made, and what that is made from.

Both make guests from a template and find them again by labels, so the template has to carry what the selector asks for:
one that doesn't would be made again and again without end.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kvnode.api.instance import VirtualMachineInstanceTemplateSpec
from kvnode.api.meta import ObjectMeta
from kvnode.api.pool import (
    VirtualMachinePool,
    VirtualMachinePoolAutohealingStrategy,
    VirtualMachinePoolScaleInStrategy,
    VirtualMachinePoolSelectionPolicy,
    VirtualMachinePoolSpec,
    VirtualMachinePoolUpdateStrategy,
    VirtualMachineTemplateSpec,
)
from kvnode.api.replica_set import VirtualMachineInstanceReplicaSet
from kvnode.api.validation.durations import duration_rules
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.labels import label_selector_rules, node_requirement_rules, own_selector_rules
from kvnode.api.validation.templates import guest_template_rules, machine_rules
from kvnode.api.virtual_machine import VirtualMachine

if TYPE_CHECKING:
    from kvnode.api.configuration import KubeVirtConfiguration

__all__ = ["pool_rules", "replica_set_rules"]

_STRATEGIES = ("unmanaged", "opportunistic", "proactive")
_STATE_PRESERVATIONS = ("Disabled", "Offline", "Online")
_SORT_POLICIES = ("AscendingOrder", "DescendingOrder", "Newest", "Oldest", "Random")
_PERCENT = re.compile(r"(?:100|[0-9]{1,2})%", re.ASCII).fullmatch
_TEMPLATE = "spec.template"
_MACHINE_TEMPLATE = "spec.virtualMachineTemplate"


def replica_set_rules(
    found: Findings, item: VirtualMachineInstanceReplicaSet, config: KubeVirtConfiguration | None
) -> None:
    """No fewer than no guests, a selector that finds them, and a template that makes them."""
    spec = item.spec
    _replicas(found, spec.replicas)
    if spec.template == VirtualMachineInstanceTemplateSpec():
        found.required(_TEMPLATE, "say what each guest is made from: labels that the selector finds, and a spec.")
        return
    own_selector_rules(
        found, "spec.selector", spec.selector, f"{_TEMPLATE}.metadata.labels", spec.template.metadata.labels
    )
    guest_template_rules(found, _TEMPLATE, spec.template, item.metadata, config)


def pool_rules(found: Findings, item: VirtualMachinePool, config: KubeVirtConfiguration | None) -> None:
    """The same of machines, and strategies of which there is one each."""
    spec = item.spec
    _replicas(found, spec.replicas)
    _changes(found, spec)
    if spec.virtual_machine_template == VirtualMachineTemplateSpec():
        found.required(_MACHINE_TEMPLATE, "say what each machine is made from: labels that the selector finds, a spec.")
        return
    template = spec.virtual_machine_template
    own_selector_rules(
        found, "spec.selector", spec.selector, f"{_MACHINE_TEMPLATE}.metadata.labels", template.metadata.labels
    )
    metadata = ObjectMeta(
        name=item.metadata.name,
        generate_name=item.metadata.generate_name,
        namespace=item.metadata.namespace,
        labels=template.metadata.labels,
        annotations=template.metadata.annotations,
    )
    machine_rules(found, _MACHINE_TEMPLATE, VirtualMachine(metadata=metadata, spec=template.spec), config)


def _replicas(found: Findings, replicas: int | None) -> None:
    if replicas is not None and replicas < 0:
        found.invalid("spec.replicas", f"{replicas} is less than 0: there can't be fewer than none.")


def _changes(found: Findings, spec: VirtualMachinePoolSpec) -> None:
    if spec.max_unavailable is not None:
        _share(found, "spec.maxUnavailable", spec.max_unavailable)
    if spec.scale_in_strategy is not None:
        _scale_in(found, "spec.scaleInStrategy", spec.scale_in_strategy)
    if spec.update_strategy is not None:
        _update(found, "spec.updateStrategy", spec.update_strategy)
    if spec.autohealing is not None:
        _autohealing(found, "spec.autohealing", spec.autohealing)


def _share(found: Findings, field: str, share: int | str) -> None:
    if isinstance(share, int):
        if share < 0:
            found.invalid(field, f"{share} is less than 0: give a number of machines, or a share of them such as 25%.")
    elif not _PERCENT(share):
        found.invalid(field, f"{shown(share)} is neither a number nor a share from 0% to 100%, such as 25%.")


def _one(found: Findings, field: str, strategy: Any) -> None:
    given = [name for name in _STRATEGIES if getattr(strategy, name) is not None]
    if len(given) > 1:
        found.invalid(field, f"{' and '.join(given)} are set: it is one of {listed(_STRATEGIES)}.")


def _scale_in(found: Findings, field: str, strategy: VirtualMachinePoolScaleInStrategy) -> None:
    _one(found, field, strategy)
    for name, one in (("opportunistic", strategy.opportunistic), ("proactive", strategy.proactive)):
        if (
            one is not None
            and one.state_preservation is not None
            and one.state_preservation not in _STATE_PRESERVATIONS
        ):
            found.not_supported(
                f"{field}.{name}.statePreservation",
                f"{shown(one.state_preservation)} can't be kept; it is {listed(_STATE_PRESERVATIONS)}.",
            )
    if strategy.proactive is not None and strategy.proactive.selection_policy is not None:
        _selection(found, f"{field}.proactive.selectionPolicy", strategy.proactive.selection_policy)


def _update(found: Findings, field: str, strategy: VirtualMachinePoolUpdateStrategy) -> None:
    _one(found, field, strategy)
    if strategy.proactive is not None and strategy.proactive.selection_policy is not None:
        _selection(found, f"{field}.proactive.selectionPolicy", strategy.proactive.selection_policy)


def _selection(found: Findings, field: str, policy: VirtualMachinePoolSelectionPolicy) -> None:
    if policy.sort_policy is not None and policy.sort_policy not in _SORT_POLICIES:
        found.not_supported(
            f"{field}.sortPolicy", f"{shown(policy.sort_policy)} is no order; it is {listed(_SORT_POLICIES)}."
        )
    if policy.selectors is None:
        return
    if policy.selectors.label_selector is not None:
        label_selector_rules(found, f"{field}.selectors.labelSelector", policy.selectors.label_selector)
    for index, wanted in enumerate(policy.selectors.node_selector_requirement_matcher):
        node_requirement_rules(found, f"{field}.selectors.nodeSelectorRequirementMatcher[{index}]", wanted)


def _autohealing(found: Findings, field: str, strategy: VirtualMachinePoolAutohealingStrategy) -> None:
    if strategy.start_up_failure_threshold == 0:
        found.invalid(
            f"{field}.startUpFailureThreshold", "0 failed starts would replace machines that never failed: at least 1."
        )
    duration_rules(found, f"{field}.minFailingToStartDuration", strategy.min_failing_to_start_duration)
