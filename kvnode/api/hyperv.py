"""Which of Hyper-V's enlightenments needs which other: one table for defaulting and for validation.

Leaves come first, so that one pass over the table switches on a whole chain (synictimer, synic, vpindex).
Source: QEMU's documentation of Hyper-V enlightenments.
"""

from __future__ import annotations

from kvnode.api.features import FeatureHyperv, FeatureState

__all__ = ["DEPENDENCIES", "is_on", "is_unsaid"]

DEPENDENCIES = (
    ("evmcs", "vapic"),
    ("ipi", "vpindex"),
    ("tlbflush", "vpindex"),
    ("synictimer", "synic"),
    ("synic", "vpindex"),
)
"""(feature, what it needs), by the API's names."""


def is_unsaid(hyperv: FeatureHyperv, name: str) -> bool:
    """Whether the manifest leaves the feature open: it is absent, or has no ``enabled``."""
    state: FeatureState | None = getattr(hyperv, name)
    return state is None or state.enabled is None


def is_on(hyperv: FeatureHyperv, name: str) -> bool:
    """Whether the feature is enabled in a defaulted object."""
    state: FeatureState | None = getattr(hyperv, name)
    return state is not None and bool(state.enabled)
