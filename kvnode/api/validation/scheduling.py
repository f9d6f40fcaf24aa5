"""Rules about where the guest's Pod may run, in Kubernetes' own words.

The scheduler is the one who reads these; what would be refused with the launcher's Pod is refused with the guest
already, so that the fault shows where somebody looks.
Source of each rule: Kubernetes' validation of PodSpec.
"""

from __future__ import annotations

from collections.abc import Iterator

from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.meta import LabelSelector
from kvnode.api.scheduling import (
    NodeAffinity,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    PodAffinity,
    PodAffinityTerm,
    PodAntiAffinity,
    Toleration,
    TopologySpreadConstraint,
)
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import child, duplicate, invalid, listed, not_supported, required, shown
from kvnode.api.validation.names import label_fault, label_value_fault, qualified_name_fault, subdomain_fault
from kvnode.errors import FieldError

__all__ = ["affinity_rules", "spread_rules", "toleration_rules"]

_SET_OPERATORS = ("In", "NotIn")
_PRESENCE_OPERATORS = ("Exists", "DoesNotExist")
_ORDER_OPERATORS = ("Gt", "Lt")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_WHEN_UNSATISFIABLE = ("DoNotSchedule", "ScheduleAnyway")
_NODE_POLICIES = ("Honor", "Ignore")
_WEIGHTS = range(1, 101)

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def affinity_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """Node selectors and affinities with keys, operators and values that go together."""
    for key, value in (spec.node_selector or {}).items():
        field = child("spec.nodeSelector", key)
        if fault := qualified_name_fault(key):
            yield invalid(field, f"the key {shown(key)} {fault}.")
        if fault := label_value_fault(value):
            yield invalid(field, f"{shown(value)} {fault}.")
    affinity = spec.affinity
    if affinity is None:
        return
    if affinity.node_affinity is not None:
        yield from _node_affinity("spec.affinity.nodeAffinity", affinity.node_affinity)
    if affinity.pod_affinity is not None:
        yield from _pod_affinity("spec.affinity.podAffinity", affinity.pod_affinity)
    if affinity.pod_anti_affinity is not None:
        yield from _pod_affinity("spec.affinity.podAntiAffinity", affinity.pod_anti_affinity)


def toleration_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """Tolerations whose operator goes with their key, value and effect."""
    for index, toleration in enumerate(spec.tolerations):
        yield from _toleration(f"spec.tolerations[{index}]", toleration)


def spread_rules(spec: VirtualMachineInstanceSpec, settings: Settings) -> Iterator[FieldError]:
    """Spread constraints with a skew above 0, a key, and no two for the same."""
    seen: dict[tuple[str, str], int] = {}
    for index, spread in enumerate(spec.topology_spread_constraints):
        field = f"spec.topologySpreadConstraints[{index}]"
        yield from _spread(field, spread)
        pair = (spread.topology_key, spread.when_unsatisfiable)
        if pair in seen:
            yield duplicate(
                field,
                f"topologyKey and whenUnsatisfiable are those of topologySpreadConstraints[{seen[pair]}] already.",
            )
        seen.setdefault(pair, index)


def _node_affinity(field: str, affinity: NodeAffinity) -> Iterator[FieldError]:
    needed = affinity.required_during_scheduling_ignored_during_execution
    if needed is not None:
        terms = f"{field}.{_REQUIRED}.nodeSelectorTerms"
        if not needed.node_selector_terms:
            yield required(terms, "a selector without terms matches no node: add one.")
        for index, term in enumerate(needed.node_selector_terms):
            yield from _node_term(f"{terms}[{index}]", term)
    for index, wish in enumerate(affinity.preferred_during_scheduling_ignored_during_execution):
        inside = f"{field}.{_PREFERRED}[{index}]"
        yield from _weight(inside, wish.weight)
        yield from _node_term(f"{inside}.preference", wish.preference)


def _node_term(field: str, term: NodeSelectorTerm) -> Iterator[FieldError]:
    for index, wanted in enumerate(term.match_expressions):
        inside = f"{field}.matchExpressions[{index}]"
        yield from _node_requirement(inside, wanted)
        for place, value in enumerate(wanted.values):
            if fault := label_value_fault(value):
                yield invalid(f"{inside}.values[{place}]", f"{shown(value)} {fault}.")
        if fault := qualified_name_fault(wanted.key):
            yield invalid(f"{inside}.key", f"{shown(wanted.key)} {fault}.")
    for index, wanted in enumerate(term.match_fields):
        inside = f"{field}.matchFields[{index}]"
        if wanted.key != "metadata.name":
            yield invalid(
                f"{inside}.key", f"{shown(wanted.key)} can't be selected by; the only field is metadata.name."
            )
        if wanted.operator not in _SET_OPERATORS:
            yield invalid(f"{inside}.operator", f"{shown(wanted.operator)} must be {listed(_SET_OPERATORS)}.")
        elif len(wanted.values) != 1:
            yield required(
                f"{inside}.values", f"{wanted.operator} takes one name here, there are {len(wanted.values)}."
            )
        for place, name in enumerate(wanted.values):
            if fault := subdomain_fault(name):
                yield invalid(f"{inside}.values[{place}]", f"{shown(name)} {fault}.")


def _node_requirement(field: str, wanted: NodeSelectorRequirement) -> Iterator[FieldError]:
    if wanted.operator in _SET_OPERATORS:
        if not wanted.values:
            yield required(f"{field}.values", f"{wanted.operator} takes at least one value.")
    elif wanted.operator in _PRESENCE_OPERATORS:
        if wanted.values:
            yield invalid(f"{field}.values", f"{wanted.operator} takes no values.")
    elif wanted.operator in _ORDER_OPERATORS:
        if len(wanted.values) != 1:
            yield required(f"{field}.values", f"{wanted.operator} takes one value, there are {len(wanted.values)}.")
    else:
        operators = (*_SET_OPERATORS, *_PRESENCE_OPERATORS, *_ORDER_OPERATORS)
        yield invalid(f"{field}.operator", f"{shown(wanted.operator)} is no operator; it is {listed(operators)}.")


def _pod_affinity(field: str, affinity: PodAffinity | PodAntiAffinity) -> Iterator[FieldError]:
    for index, term in enumerate(affinity.required_during_scheduling_ignored_during_execution):
        yield from _pod_term(f"{field}.{_REQUIRED}[{index}]", term)
    for index, wish in enumerate(affinity.preferred_during_scheduling_ignored_during_execution):
        inside = f"{field}.{_PREFERRED}[{index}]"
        yield from _weight(inside, wish.weight)
        yield from _pod_term(f"{inside}.podAffinityTerm", wish.pod_affinity_term)


def _pod_term(field: str, term: PodAffinityTerm) -> Iterator[FieldError]:
    if not term.topology_key:
        yield required(
            f"{field}.topologyKey", "name the node label that makes a domain, such as kubernetes.io/hostname."
        )
    elif fault := qualified_name_fault(term.topology_key):
        yield invalid(f"{field}.topologyKey", f"{shown(term.topology_key)} {fault}.")
    for index, namespace in enumerate(term.namespaces):
        if fault := label_fault(namespace):
            yield invalid(f"{field}.namespaces[{index}]", f"{shown(namespace)} {fault}.")
    yield from _label_keys(f"{field}.matchLabelKeys", term.match_label_keys)
    yield from _label_keys(f"{field}.mismatchLabelKeys", term.mismatch_label_keys)
    yield from _label_selector(f"{field}.labelSelector", term.label_selector)
    yield from _label_selector(f"{field}.namespaceSelector", term.namespace_selector)


def _label_selector(field: str, selector: LabelSelector | None) -> Iterator[FieldError]:
    if selector is None:
        return
    for key, value in (selector.match_labels or {}).items():
        inside = child(f"{field}.matchLabels", key)
        if fault := qualified_name_fault(key):
            yield invalid(inside, f"the key {shown(key)} {fault}.")
        if fault := label_value_fault(value):
            yield invalid(inside, f"{shown(value)} {fault}.")
    for index, wanted in enumerate(selector.match_expressions):
        inside = f"{field}.matchExpressions[{index}]"
        if fault := qualified_name_fault(wanted.key):
            yield invalid(f"{inside}.key", f"{shown(wanted.key)} {fault}.")
        if wanted.operator in _SET_OPERATORS:
            if not wanted.values:
                yield required(f"{inside}.values", f"{wanted.operator} takes at least one value.")
        elif wanted.operator in _PRESENCE_OPERATORS:
            if wanted.values:
                yield invalid(f"{inside}.values", f"{wanted.operator} takes no values.")
        else:
            operators = (*_SET_OPERATORS, *_PRESENCE_OPERATORS)
            yield invalid(f"{inside}.operator", f"{shown(wanted.operator)} is no operator; it is {listed(operators)}.")
        for place, value in enumerate(wanted.values):
            if fault := label_value_fault(value):
                yield invalid(f"{inside}.values[{place}]", f"{shown(value)} {fault}.")


def _label_keys(field: str, keys: tuple[str, ...]) -> Iterator[FieldError]:
    for index, key in enumerate(keys):
        if fault := qualified_name_fault(key):
            yield invalid(f"{field}[{index}]", f"{shown(key)} {fault}.")


def _weight(field: str, weight: int) -> Iterator[FieldError]:
    if weight not in _WEIGHTS:
        yield invalid(f"{field}.weight", f"{weight} is not between 1 and 100.")


def _toleration(field: str, toleration: Toleration) -> Iterator[FieldError]:
    if toleration.key and (fault := qualified_name_fault(toleration.key)):
        yield invalid(f"{field}.key", f"{shown(toleration.key)} {fault}.")
    operator = toleration.operator or "Equal"
    if operator not in ("Equal", "Exists"):
        yield not_supported(f"{field}.operator", f"{shown(operator)} is no operator; it is Equal or Exists.")
    elif operator == "Exists" and toleration.value:
        yield invalid(f"{field}.value", "Exists takes no value: drop one of both.")
    elif operator == "Equal" and not toleration.key:
        yield invalid(f"{field}.operator", "without a key every taint is meant, which takes the operator Exists.")
    if toleration.value and (fault := label_value_fault(toleration.value)):
        yield invalid(f"{field}.value", f"{shown(toleration.value)} {fault}.")
    if toleration.effect and toleration.effect not in _EFFECTS:
        yield not_supported(f"{field}.effect", f"{shown(toleration.effect)} is no effect; it is {listed(_EFFECTS)}.")
    if toleration.toleration_seconds is not None and toleration.effect != "NoExecute":
        yield invalid(f"{field}.effect", "tolerationSeconds goes with the effect NoExecute alone.")


def _spread(field: str, spread: TopologySpreadConstraint) -> Iterator[FieldError]:
    if spread.max_skew <= 0:
        yield invalid(f"{field}.maxSkew", f"{spread.max_skew} is not greater than 0.")
    if not spread.topology_key:
        yield required(
            f"{field}.topologyKey", "name the node label that makes a domain, such as kubernetes.io/hostname."
        )
    elif fault := qualified_name_fault(spread.topology_key):
        yield invalid(f"{field}.topologyKey", f"{shown(spread.topology_key)} {fault}.")
    if spread.when_unsatisfiable not in _WHEN_UNSATISFIABLE:
        yield not_supported(
            f"{field}.whenUnsatisfiable",
            f"{shown(spread.when_unsatisfiable)} is no answer; it is {listed(_WHEN_UNSATISFIABLE)}.",
        )
    if spread.min_domains is not None:
        if spread.min_domains <= 0:
            yield invalid(f"{field}.minDomains", f"{spread.min_domains} is not greater than 0.")
        elif spread.when_unsatisfiable != "DoNotSchedule":
            yield invalid(f"{field}.minDomains", "it goes with whenUnsatisfiable DoNotSchedule alone.")
    for name, policy in (
        ("nodeAffinityPolicy", spread.node_affinity_policy),
        ("nodeTaintsPolicy", spread.node_taints_policy),
    ):
        if policy is not None and policy not in _NODE_POLICIES:
            yield not_supported(f"{field}.{name}", f"{shown(policy)} is no policy; it is {listed(_NODE_POLICIES)}.")
    yield from _label_keys(f"{field}.matchLabelKeys", spread.match_label_keys)
    yield from _label_selector(f"{field}.labelSelector", spread.label_selector)
