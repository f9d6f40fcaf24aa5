"""What every Kubernetes object carries, and how objects point at each other.

`metadata` is typed in full although few of its fields decide anything here: controllers need owner references,
finalizers and resource versions, and the strict reader can only name a misspelt key of a type that it knows.
FieldsV1 stays open inside: its content is the server's own book-keeping.
"""

from msgspec import field

from kvnode.api.base import EMPTY, Int64, Model, Time


class OwnerReference(Model, frozen=True):
    """An object that this one belongs to; when the last owner goes, the garbage collector takes this one too."""

    api_version: str = EMPTY  # the owner's apiVersion
    kind: str = EMPTY  # the owner's kind
    name: str = EMPTY  # the owner's name
    uid: str = EMPTY  # the owner's uid; another object of that name later is not the owner
    controller: bool | None = None  # whether this owner manages the object; at most one does
    # whether the owner stays until this object is gone, when deleted in the foreground
    block_owner_deletion: bool | None = None


class FieldsV1(Model, frozen=True):
    """Fields that a client owns, as a tree of keys.

    Nothing here reads the tree, which is a third of an object, in hundreds of maps that the cyclic collector would go
    through again and again. It is passed over, and written as an empty one.
    """


class ManagedFieldsEntry(Model, frozen=True):
    """Which client last wrote which fields; kept by the API server for server-side apply."""

    manager: str | None = None  # who wrote the fields
    operation: str | None = None  # `Apply` or `Update`
    subresource: str | None = None  # the subresource they were written through, if any
    api_version: str | None = None  # the apiVersion that the fields are named in
    time: Time | None = None  # when the entry last changed
    fields_type: str | None = None  # format of `fieldsV1`
    fields_v1: FieldsV1 | None = None  # the fields


class ObjectMeta(Model, frozen=True):
    """Name, place and history of an object."""

    name: str | None = None  # unique in its namespace among objects of the kind
    generate_name: str | None = None  # the start of a name that the server completes
    namespace: str | None = None  # where the object lives; without a cluster too
    labels: dict[str, str] | None = None  # keys and values to select objects by
    annotations: dict[str, str] | None = None  # keys and values for tools, 256 KiB in all
    uid: str | None = None  # identifies the object for all time; the server gives it
    resource_version: str | None = None  # changes with each write; a write that names another one is refused
    generation: Int64 | None = None  # counts the changes of the spec
    creation_timestamp: Time | None = None  # when the server stored the object
    deletion_timestamp: Time | None = None  # when the object should be gone; set by the server once it is deleted
    deletion_grace_period_seconds: Int64 | None = None  # how long after a deletion it may still run
    finalizers: tuple[str, ...] = ()  # who still has to clean up before the object may go
    owner_references: tuple[OwnerReference, ...] = ()  # objects that this one depends on
    managed_fields: tuple[ManagedFieldsEntry, ...] = ()  # who wrote which fields
    self_link: str | None = None  # was the object's path on the server; no longer set


class ListMeta(Model, frozen=True):
    """What a server says about a list of objects that it hands out."""

    resource_version: str | None = None  # the state that the list shows; a watch goes on from here
    continue_: str | None = field(default=None, name="continue")  # asks for the rest, where this is but a part
    remaining_item_count: Int64 | None = None  # how many objects are in the rest, if that is known
    self_link: str | None = None  # was the list's path on the server; no longer set


class LabelSelectorRequirement(Model, frozen=True):
    """One condition on one label."""

    key: str = EMPTY  # the label
    # how the label is to be: `In` or `NotIn` the values, or whether it `Exists` or `DoesNotExist`
    operator: str = EMPTY
    values: tuple[str, ...] = ()  # what the label may be, or may not be


class LabelSelector(Model, frozen=True):
    """A choice of objects by their labels; all conditions have to hold."""

    match_labels: dict[str, str] | None = None  # labels that have to have just these values
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()  # further conditions on labels


class LocalObjectReference(Model, frozen=True):
    """The name of an object in the same namespace."""

    name: str | None = None  # the object's name


class TypedLocalObjectReference(Model, frozen=True):
    """Kind and name of an object in the same namespace."""

    api_group: str | None = None  # API group of the kind, none for the core group
    kind: str = EMPTY  # the object's kind
    name: str = EMPTY  # the object's name


class TypedObjectReference(Model, frozen=True):
    """Kind and name of an object, in another namespace if one is given."""

    api_group: str | None = None  # API group of the kind, none for the core group
    kind: str = EMPTY  # the object's kind
    name: str = EMPTY  # the object's name
    namespace: str | None = None  # its namespace if that is another one, which has to grant it
