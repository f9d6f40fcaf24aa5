"""Rules about where the guest's Pod may run, in Kubernetes' own words.

The scheduler is the one who reads these; what would be refused with the launcher's Pod is refused with the guest
already, so that the fault shows where somebody looks.
Source of each rule: Kubernetes' validation of PodSpec.
"""

from __future__ import annotations

from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.scheduling import (
    NodeAffinity,
    NodeSelectorTerm,
    PodAffinity,
    PodAffinityTerm,
    PodAntiAffinity,
    Toleration,
    TopologySpreadConstraint,
)
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.labels import label_map_rules, label_selector_rules, node_requirement_rules
from kvnode.api.validation.names import label_fault, label_value_fault, qualified_name_fault, subdomain_fault

__all__ = ["affinity_rules", "spread_rules", "toleration_rules"]

_SET_OPERATORS = ("In", "NotIn")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_WHEN_UNSATISFIABLE = ("DoNotSchedule", "ScheduleAnyway")
_NODE_POLICIES = ("Honor", "Ignore")
_WEIGHTS = range(1, 101)

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def affinity_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Node selectors and affinities with keys, operators and values that go together."""
    if spec.node_selector:
        label_map_rules(found, "spec.nodeSelector", spec.node_selector)
    affinity = spec.affinity
    if affinity is None:
        return
    if affinity.node_affinity is not None:
        _node_affinity(found, "spec.affinity.nodeAffinity", affinity.node_affinity)
    if affinity.pod_affinity is not None:
        _pod_affinity(found, "spec.affinity.podAffinity", affinity.pod_affinity)
    if affinity.pod_anti_affinity is not None:
        _pod_affinity(found, "spec.affinity.podAntiAffinity", affinity.pod_anti_affinity)


def toleration_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Tolerations whose operator goes with their key, value and effect."""
    for index, toleration in enumerate(spec.tolerations):
        _toleration(found, f"spec.tolerations[{index}]", toleration)


def spread_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Spread constraints with a skew above 0, a key, and no two for the same."""
    seen: dict[tuple[str, str], int] = {}
    for index, spread in enumerate(spec.topology_spread_constraints):
        field = f"spec.topologySpreadConstraints[{index}]"
        _spread(found, field, spread)
        pair = (spread.topology_key, spread.when_unsatisfiable)
        if pair in seen:
            found.duplicate(
                field,
                f"topologyKey and whenUnsatisfiable are those of topologySpreadConstraints[{seen[pair]}] already.",
            )
        seen.setdefault(pair, index)


def _node_affinity(found: Findings, field: str, affinity: NodeAffinity) -> None:
    needed = affinity.required_during_scheduling_ignored_during_execution
    if needed is not None:
        terms = f"{field}.{_REQUIRED}.nodeSelectorTerms"
        if not needed.node_selector_terms:
            found.required(terms, "a selector without terms matches no node: add one.")
        for index, term in enumerate(needed.node_selector_terms):
            _node_term(found, f"{terms}[{index}]", term)
    for index, wish in enumerate(affinity.preferred_during_scheduling_ignored_during_execution):
        inside = f"{field}.{_PREFERRED}[{index}]"
        _weight(found, inside, wish.weight)
        _node_term(found, f"{inside}.preference", wish.preference)


def _node_term(found: Findings, field: str, term: NodeSelectorTerm) -> None:
    for index, wanted in enumerate(term.match_expressions):
        node_requirement_rules(found, f"{field}.matchExpressions[{index}]", wanted)
    for index, wanted in enumerate(term.match_fields):
        inside = f"{field}.matchFields[{index}]"
        if wanted.key != "metadata.name":
            found.invalid(
                f"{inside}.key", f"{shown(wanted.key)} can't be selected by; the only field is metadata.name."
            )
        if wanted.operator not in _SET_OPERATORS:
            found.invalid(f"{inside}.operator", f"{shown(wanted.operator)} must be {listed(_SET_OPERATORS)}.")
        elif len(wanted.values) != 1:
            found.required(
                f"{inside}.values", f"{wanted.operator} takes one name here, there are {len(wanted.values)}."
            )
        for place, name in enumerate(wanted.values):
            if fault := subdomain_fault(name):
                found.invalid(f"{inside}.values[{place}]", f"{shown(name)} {fault}.")


def _pod_affinity(found: Findings, field: str, affinity: PodAffinity | PodAntiAffinity) -> None:
    for index, term in enumerate(affinity.required_during_scheduling_ignored_during_execution):
        _pod_term(found, f"{field}.{_REQUIRED}[{index}]", term)
    for index, wish in enumerate(affinity.preferred_during_scheduling_ignored_during_execution):
        inside = f"{field}.{_PREFERRED}[{index}]"
        _weight(found, inside, wish.weight)
        _pod_term(found, f"{inside}.podAffinityTerm", wish.pod_affinity_term)


def _pod_term(found: Findings, field: str, term: PodAffinityTerm) -> None:
    if not term.topology_key:
        found.required(
            f"{field}.topologyKey", "name the node label that makes a domain, such as kubernetes.io/hostname."
        )
    elif fault := qualified_name_fault(term.topology_key):
        found.invalid(f"{field}.topologyKey", f"{shown(term.topology_key)} {fault}.")
    for index, namespace in enumerate(term.namespaces):
        if fault := label_fault(namespace):
            found.invalid(f"{field}.namespaces[{index}]", f"{shown(namespace)} {fault}.")
    _label_keys(found, f"{field}.matchLabelKeys", term.match_label_keys)
    _label_keys(found, f"{field}.mismatchLabelKeys", term.mismatch_label_keys)
    if term.label_selector is not None:
        label_selector_rules(found, f"{field}.labelSelector", term.label_selector)
    if term.namespace_selector is not None:
        label_selector_rules(found, f"{field}.namespaceSelector", term.namespace_selector)


def _label_keys(found: Findings, field: str, keys: tuple[str, ...]) -> None:
    for index, key in enumerate(keys):
        if fault := qualified_name_fault(key):
            found.invalid(f"{field}[{index}]", f"{shown(key)} {fault}.")


def _weight(found: Findings, field: str, weight: int) -> None:
    if weight not in _WEIGHTS:
        found.invalid(f"{field}.weight", f"{weight} is not between 1 and 100.")


def _toleration(found: Findings, field: str, toleration: Toleration) -> None:
    if toleration.key and (fault := qualified_name_fault(toleration.key)):
        found.invalid(f"{field}.key", f"{shown(toleration.key)} {fault}.")
    operator = toleration.operator or "Equal"
    if operator not in ("Equal", "Exists"):
        found.not_supported(f"{field}.operator", f"{shown(operator)} is no operator; it is Equal or Exists.")
    elif operator == "Exists" and toleration.value:
        found.invalid(f"{field}.value", "Exists takes no value: drop one of the two.")
    elif operator == "Equal" and not toleration.key:
        found.invalid(f"{field}.operator", "without a key every taint is meant, which takes the operator Exists.")
    if toleration.value and (fault := label_value_fault(toleration.value)):
        found.invalid(f"{field}.value", f"{shown(toleration.value)} {fault}.")
    if toleration.effect and toleration.effect not in _EFFECTS:
        found.not_supported(f"{field}.effect", f"{shown(toleration.effect)} is no effect; it is {listed(_EFFECTS)}.")
    if toleration.toleration_seconds is not None and toleration.effect != "NoExecute":
        found.invalid(f"{field}.effect", "tolerationSeconds goes with the effect NoExecute alone.")


def _spread(found: Findings, field: str, spread: TopologySpreadConstraint) -> None:
    if spread.max_skew <= 0:
        found.invalid(f"{field}.maxSkew", f"{spread.max_skew} is not greater than 0.")
    if not spread.topology_key:
        found.required(
            f"{field}.topologyKey", "name the node label that makes a domain, such as kubernetes.io/hostname."
        )
    elif fault := qualified_name_fault(spread.topology_key):
        found.invalid(f"{field}.topologyKey", f"{shown(spread.topology_key)} {fault}.")
    if spread.when_unsatisfiable not in _WHEN_UNSATISFIABLE:
        found.not_supported(
            f"{field}.whenUnsatisfiable",
            f"{shown(spread.when_unsatisfiable)} is no answer; it is {listed(_WHEN_UNSATISFIABLE)}.",
        )
    if spread.min_domains is not None:
        if spread.min_domains <= 0:
            found.invalid(f"{field}.minDomains", f"{spread.min_domains} is not greater than 0.")
        elif spread.when_unsatisfiable != "DoNotSchedule":
            found.invalid(f"{field}.minDomains", "it goes with whenUnsatisfiable DoNotSchedule alone.")
    for name, policy in (
        ("nodeAffinityPolicy", spread.node_affinity_policy),
        ("nodeTaintsPolicy", spread.node_taints_policy),
    ):
        if policy is not None and policy not in _NODE_POLICIES:
            found.not_supported(f"{field}.{name}", f"{shown(policy)} is no policy; it is {listed(_NODE_POLICIES)}.")
    _label_keys(found, f"{field}.matchLabelKeys", spread.match_label_keys)
    if spread.label_selector is not None:
        label_selector_rules(found, f"{field}.labelSelector", spread.label_selector)
