"""Rules about labels, annotations and selectors, wherever in an object they stand.

What selects by labels is refused by an API server for the same faults in each kind, so the rules are here once and take
the path. Something that makes guests from a template knows them again by its selector: what the template lacks for that
is told where the selector asks for it.

Source: Kubernetes' validation of label selectors, of node selector requirements and of object metadata.
"""

from __future__ import annotations

from collections.abc import Mapping

from kvnode.api.fault import entry
from kvnode.api.meta import LabelSelector, LabelSelectorRequirement
from kvnode.api.scheduling import NodeSelectorRequirement
from kvnode.api.validation.finding import Findings, listed, shown
from kvnode.api.validation.metadata import ANNOTATIONS_LIMIT_BYTES
from kvnode.api.validation.names import label_value_fault, qualified_name_fault

__all__ = [
    "annotation_map_rules",
    "label_map_rules",
    "label_selector_rules",
    "node_requirement_rules",
    "own_selector_rules",
]

_SET_OPERATORS = ("In", "NotIn")
_PRESENCE_OPERATORS = ("Exists", "DoesNotExist")
_ORDER_OPERATORS = ("Gt", "Lt")


def label_map_rules(found: Findings, field: str, labels: Mapping[str, str]) -> None:
    """Keys are qualified names, values are labels' values."""
    for key, value in labels.items():
        if fault := qualified_name_fault(key):
            found.invalid(entry(field, key), f"the key {shown(key)} {fault}.")
        if fault := label_value_fault(value):
            found.invalid(entry(field, key), f"{shown(value)} {fault}.")


def annotation_map_rules(found: Findings, field: str, annotations: Mapping[str, str]) -> None:
    """Keys are qualified names, and all together aren't more than an API server stores."""
    total = 0
    for key, value in annotations.items():
        total += len(key.encode(errors="surrogatepass")) + len(value.encode(errors="surrogatepass"))
        if fault := qualified_name_fault(key.lower()):
            found.invalid(entry(field, key), f"the key {shown(key)} {fault}.")
    if total > ANNOTATIONS_LIMIT_BYTES:
        found.invalid(field, f"they have {total} bytes, more than {ANNOTATIONS_LIMIT_BYTES}, which an object may have.")


def label_selector_rules(found: Findings, field: str, selector: LabelSelector) -> None:
    """Labels that there can be, and operators that go with their values."""
    if selector.match_labels:
        label_map_rules(found, f"{field}.matchLabels", selector.match_labels)
    for index, wanted in enumerate(selector.match_expressions):
        _requirement(found, f"{field}.matchExpressions[{index}]", wanted, ())


def node_requirement_rules(found: Findings, field: str, wanted: NodeSelectorRequirement) -> None:
    """The same of a condition on a node's labels, which may also compare numbers."""
    _requirement(found, field, wanted, _ORDER_OPERATORS)


def own_selector_rules(
    found: Findings, field: str, selector: LabelSelector, template: str, labels: Mapping[str, str] | None
) -> None:
    """The selector by which something knows what it has made from a template: it isn't empty, and chooses that.

    template -- the path of the template's labels
    """
    if not selector.match_labels and not selector.match_expressions:
        found.required(
            field, f"an empty selector chooses whatever there is: set matchLabels to {template}, or to some."
        )
        return
    before = len(found)
    label_selector_rules(found, field, selector)
    if len(found) > before:
        return
    for key, value in (selector.match_labels or {}).items():
        given = (labels or {}).get(key)
        if given != value:
            have = "have no such label" if given is None else f"say {shown(given)}"
            found.invalid(entry(f"{field}.matchLabels", key), f"{shown(value)} is wanted, and {template} {have}.")
    for index, wanted in enumerate(selector.match_expressions):
        if not _holds(wanted, labels or {}):
            found.invalid(
                f"{field}.matchExpressions[{index}]",
                f"{template} don't meet it, so what is made from the template wouldn't be known again: "
                f"{shown(wanted.key)} is {shown((labels or {}).get(wanted.key))} there.",
            )


def _requirement(
    found: Findings,
    field: str,
    wanted: LabelSelectorRequirement | NodeSelectorRequirement,
    more: tuple[str, ...],
) -> None:
    operator, values = wanted.operator, wanted.values
    if fault := qualified_name_fault(wanted.key):
        found.invalid(f"{field}.key", f"{shown(wanted.key)} {fault}.")
    if operator in _SET_OPERATORS:
        if not values:
            found.required(f"{field}.values", f"{operator} takes at least one value.")
    elif operator in _PRESENCE_OPERATORS:
        if values:
            found.invalid(f"{field}.values", f"{operator} takes no values.")
    elif operator in more:
        if len(values) != 1:
            found.required(f"{field}.values", f"{operator} takes one value, there are {len(values)}.")
    else:
        operators = (*_SET_OPERATORS, *_PRESENCE_OPERATORS, *more)
        found.invalid(f"{field}.operator", f"{shown(operator)} is no operator; it is {listed(operators)}.")
    for place, value in enumerate(values):
        if fault := label_value_fault(value):
            found.invalid(f"{field}.values[{place}]", f"{shown(value)} {fault}.")


def _holds(wanted: LabelSelectorRequirement, labels: Mapping[str, str]) -> bool:
    given = labels.get(wanted.key)
    if wanted.operator == "In":
        return given in wanted.values
    if wanted.operator == "NotIn":
        return given is None or given not in wanted.values
    if wanted.operator == "Exists":
        return given is not None
    return wanted.operator == "DoesNotExist" and given is None
