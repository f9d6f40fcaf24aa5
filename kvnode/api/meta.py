"""What every Kubernetes object carries, and how objects point at each other.

`metadata` is typed in full although few of its fields decide anything here: controllers need owner references,
finalizers and resource versions, and the strict reader can only name a misspelt key of a type that it knows.
ManagedFieldsEntry and FieldsV1 stay open inside: their content is the server's own book-keeping.
"""

from typing import Any

from kvnode.api.base import Int64, Model, Time


class OwnerReference(Model, frozen=True):
    """An object that this one belongs to; when the last owner goes, the garbage collector takes this one too."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    block_owner_deletion: bool | None = None
    controller: bool | None = None
    uid: str = ""


class ManagedFieldsEntry(Model, frozen=True):
    """Which client last wrote which fields; kept by the API server for server-side apply."""

    api_version: str | None = None
    fields_type: str | None = None
    fields_v1: dict[str, Any] | None = None
    manager: str | None = None
    operation: str | None = None
    subresource: str | None = None
    time: Time | None = None


class ObjectMeta(Model, frozen=True):
    """Name, place and history of an object."""

    name: str | None = None
    namespace: str | None = None
    annotations: dict[str, str] | None = None
    creation_timestamp: Time | None = None
    deletion_grace_period_seconds: Int64 | None = None
    deletion_timestamp: Time | None = None
    finalizers: tuple[str, ...] = ()
    generate_name: str | None = None
    generation: Int64 | None = None
    labels: dict[str, str] | None = None
    managed_fields: tuple[ManagedFieldsEntry, ...] = ()
    owner_references: tuple[OwnerReference, ...] = ()
    resource_version: str | None = None
    self_link: str | None = None
    uid: str | None = None


class LabelSelectorRequirement(Model, frozen=True):
    """One condition on one label."""

    key: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()


class LabelSelector(Model, frozen=True):
    """A choice of objects by their labels; all conditions have to hold."""

    match_expressions: tuple[LabelSelectorRequirement, ...] = ()
    match_labels: dict[str, str] | None = None


class LocalObjectReference(Model, frozen=True):
    """The name of an object in the same namespace."""

    name: str | None = None


class TypedLocalObjectReference(Model, frozen=True):
    """Kind and name of an object in the same namespace."""

    kind: str = ""
    name: str = ""
    api_group: str | None = None


class TypedObjectReference(Model, frozen=True):
    """Kind and name of an object, in another namespace if one is given."""

    kind: str = ""
    name: str = ""
    namespace: str | None = None
    api_group: str | None = None
