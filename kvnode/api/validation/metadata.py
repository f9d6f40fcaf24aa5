"""Rules about the object itself: its name, its labels and annotations, and how large it may be."""

from __future__ import annotations

from collections.abc import Iterator

from kvnode.api.meta import ObjectMeta
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import child, invalid, not_supported, required, shown
from kvnode.api.validation.names import label_fault, label_value_fault, qualified_name_fault, subdomain_fault
from kvnode.errors import FieldError

__all__ = ["ANNOTATIONS_LIMIT_BYTES", "metadata_rules"]

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


def metadata_rules(metadata: ObjectMeta, settings: Settings, *, guest: bool = True) -> Iterator[FieldError]:
    """Names, labels and annotations that the API server would take, and none that only controllers may set.

    guest -- whether it is a guest, or a machine with one; the labels and annotations that mean something there alone
             are judged there alone
    """
    if metadata.name:
        if fault := subdomain_fault(metadata.name):
            yield invalid("metadata.name", f"{shown(metadata.name)} {fault}.")
    elif not metadata.generate_name:
        yield required("metadata.name", f"give the {'guest' if guest else 'object'} a name.")
    elif fault := subdomain_fault(f"{metadata.generate_name}x"):
        yield invalid("metadata.generateName", f"{shown(metadata.generate_name)} {fault}.")
    if metadata.namespace and (fault := label_fault(metadata.namespace)):
        yield invalid("metadata.namespace", f"{shown(metadata.namespace)} {fault}.")
    yield from _labels(metadata.labels or {}, _RESERVED_LABELS if guest else frozenset())
    yield from _annotations(metadata.annotations or {}, settings, _GATED_ANNOTATIONS if guest else {})


def _labels(labels: dict[str, str], reserved: frozenset[str]) -> Iterator[FieldError]:
    for key, value in labels.items():
        field = child("metadata.labels", key)
        if fault := qualified_name_fault(key):
            yield invalid(field, f"the key {shown(key)} {fault}.")
        if fault := label_value_fault(value):
            yield invalid(field, f"{shown(value)} {fault}.")
        if key in reserved:
            yield not_supported(field, "this label is set by controllers alone: leave it out.")


def _annotations(annotations: dict[str, str], settings: Settings, gates: dict[str, str]) -> Iterator[FieldError]:
    total = 0
    for key, value in annotations.items():
        field = child("metadata.annotations", key)
        total += len(key.encode(errors="surrogatepass")) + len(value.encode(errors="surrogatepass"))
        if fault := qualified_name_fault(key.lower()):
            yield invalid(field, f"the key {shown(key)} {fault}.")
        gate = gates.get(key)
        if gate and value and not settings.gate(gate):
            yield invalid(
                field, f"it takes the feature gate {gate}, which is shut; open it in the KubeVirt configuration."
            )
    if total > ANNOTATIONS_LIMIT_BYTES:
        largest = max(annotations, key=lambda key: len(key) + len(annotations[key]))
        yield invalid(
            child("metadata.annotations", largest),
            f"all annotations together have {total} bytes, more than {ANNOTATIONS_LIMIT_BYTES}; this is the largest.",
        )
