"""Rules for objects that are no guests: what holds for every kind.

Replica sets, snapshots, policies and so on are read as strictly as guests. Of their values only name, labels and
annotations are judged here, as an API server does before any admission; what a kind asks beyond that is its own
module's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kvnode.api.settings import settings_of
from kvnode.api.validation.finding import Findings
from kvnode.api.validation.metadata import metadata_rules
from kvnode.errors import FieldError

if TYPE_CHECKING:
    from kvnode.api.configuration import KubeVirtConfiguration

__all__ = ["validate_object"]


def validate_object(item: Any, config: Mapping[str, Any] | KubeVirtConfiguration | None = None) -> list[FieldError]:
    """Everything that is wrong with an object of a kind that is no guest; an empty list for a good one.

    item   -- an object with a name, of any kind
    config -- ``spec.configuration`` of the KubeVirt resource, as a plain dict or typed; None for its defaults.

    Raises InvalidManifest where the configuration (not the manifest) has a value of the wrong type.
    """
    found = Findings()
    metadata_rules(found, item.metadata, settings_of(config), guest=False)
    return found
