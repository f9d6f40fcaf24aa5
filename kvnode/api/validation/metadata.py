"""Rules about the object itself: its name, its labels and annotations, and how large it may be."""

from __future__ import annotations

from kvnode.api.meta import ObjectMeta
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import Findings, child, shown
from kvnode.api.validation.names import label_fault, label_value_fault, qualified_name_fault, subdomain_fault

__all__ = ["ANNOTATIONS_LIMIT_BYTES", "label_rules", "metadata_rules"]

ANNOTATIONS_LIMIT_BYTES = 256 * 1024
"""Keys and values together, as the API server counts them."""

_RESERVED_LABELS = frozenset(
    {
        "kubevirt.io/created-by",
        "kubevirt.io/install-strategy",
        "kubevirt.io/migrationJobUID",
        "kubevirt.io/migrationTargetNodeName",
        "kubevirt.io/nodeName",
        "kubevirt.io/schedulable",
    }
)
_GATED_ANNOTATIONS = {
    "hooks.kubevirt.io/hookSidecars": "Sidecar",
    "kubevirt.io/ignitiondata": "ExperimentalIgnitionSupport",
}

_LABELS = "metadata.labels"
_ANNOTATIONS = "metadata.annotations"


def metadata_rules(found: Findings, metadata: ObjectMeta, settings: Settings, *, guest: bool = True) -> None:
    """Names, labels and annotations that the API server would take, and none that only controllers may set.

    guest -- whether it is a guest, or a machine with one; the labels and annotations that mean something there alone
             are judged there alone
    """
    if metadata.name:
        if fault := subdomain_fault(metadata.name):
            found.invalid("metadata.name", f"{shown(metadata.name)} {fault}.")
    elif not metadata.generate_name:
        found.required("metadata.name", f"give the {'guest' if guest else 'object'} a name.")
    elif fault := subdomain_fault(f"{metadata.generate_name}x"):
        found.invalid("metadata.generateName", f"{shown(metadata.generate_name)} {fault}.")
    if metadata.namespace and (fault := label_fault(metadata.namespace)):
        found.invalid("metadata.namespace", f"{shown(metadata.namespace)} {fault}.")
    label_rules(found, metadata, settings, guest=guest)


def label_rules(found: Findings, metadata: ObjectMeta, settings: Settings, *, guest: bool = True) -> None:
    """Labels and annotations alone, for an object whose name is judged elsewhere."""
    if metadata.labels:
        _labels(found, metadata.labels, _RESERVED_LABELS if guest else frozenset())
    if metadata.annotations:
        _annotations(found, metadata.annotations, settings, _GATED_ANNOTATIONS if guest else {})


def _labels(found: Findings, labels: dict[str, str], reserved: frozenset[str]) -> None:
    for key, value in labels.items():
        if fault := qualified_name_fault(key):
            found.invalid(child(_LABELS, key), f"the key {shown(key)} {fault}.")
        if fault := label_value_fault(value):
            found.invalid(child(_LABELS, key), f"{shown(value)} {fault}.")
        if key in reserved:
            found.not_supported(child(_LABELS, key), "this label is set by controllers alone: leave it out.")


def _annotations(found: Findings, annotations: dict[str, str], settings: Settings, gates: dict[str, str]) -> None:
    total = 0
    for key, value in annotations.items():
        total += len(key.encode(errors="surrogatepass")) + len(value.encode(errors="surrogatepass"))
        if fault := qualified_name_fault(key.lower()):
            found.invalid(child(_ANNOTATIONS, key), f"the key {shown(key)} {fault}.")
        gate = gates.get(key)
        if gate and value and not settings.gate(gate):
            found.invalid(
                child(_ANNOTATIONS, key),
                f"it takes the feature gate {gate}, which is shut; open it in the KubeVirt configuration.",
            )
    if total > ANNOTATIONS_LIMIT_BYTES:
        largest = max(annotations, key=lambda key: len(key) + len(annotations[key]))
        found.invalid(
            child(_ANNOTATIONS, largest),
            f"all annotations together have {total} bytes, more than {ANNOTATIONS_LIMIT_BYTES}; this is the largest.",
        )
