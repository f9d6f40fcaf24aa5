"""Which kind of object, which object, and where both are found on an API server.

A `Resource` is a kind as the server's paths name it; a `Request` is one object of it by namespace and name, and all
that a reconcile is ever told: what happened to the object meanwhile is read again, never passed on. `ApiObject` is
any object at all as far as every object is the same.

Names are quoted wherever they become part of a path: they come from objects, and objects come from people.
"""

from typing import Any, NamedTuple, Protocol, cast
from urllib.parse import quote

from msgspec import Struct

from kvnode.api.base import EMPTY, Model
from kvnode.api.meta import ObjectMeta


class Request(NamedTuple):
    """One object, by its namespace (empty where its kind has none) and its name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class KubernetesObject(Protocol):
    """What every object has, whoever wrote its type."""

    @property
    def metadata(self) -> ObjectMeta: ...


class ApiObject(Model, frozen=True):
    """Any object, known by its metadata alone: what a write answers with, and what is left of one we can't read."""

    api_version: str = EMPTY  # group and version
    kind: str = EMPTY  # which type it has
    metadata: ObjectMeta = ObjectMeta()  # name, place and history


class Resource(Struct, frozen=True):
    """A kind of object and its place: ``Resource("kubevirt.io", "v1", "virtualmachines", "VirtualMachine")``.

    The core group's name is the empty text: ``Resource("", "v1", "pods", "Pod")``.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The server's path for one object, for a namespace's objects, or for all of them where both are empty."""
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if namespace and self.namespaced:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        parts += [part for part in (name, subresource) if part]
        # A name that is only dots would climb the path even when quoted; the server knows no such name either.
        if any(part in {".", ".."} for part in parts):
            raise ValueError(f"{name!r} in {namespace!r} can't be the name of one of {self}: only dots")
        return "/" + "/".join(quote(part, safe="") for part in parts)

    def path_of(self, request: Request, subresource: str = "") -> str:
        return self.path(request.namespace, request.name, subresource)


def metadata_of(obj: object) -> ObjectMeta:
    """The metadata of a value whose type is known to be an object's."""
    return cast(KubernetesObject, obj).metadata


def request_of(obj: object) -> Request:
    """The object's own namespace and name."""
    metadata = metadata_of(obj)
    return Request(metadata.namespace or "", metadata.name or "")


def owned_by(resource: Resource, obj: object) -> list[Request]:
    """The owner of this kind that controls the object, as a list of one or none: for `Controller.watches`."""
    metadata = metadata_of(obj)
    namespace = (metadata.namespace or "") if resource.namespaced else ""
    return [
        Request(namespace, owner.name)
        for owner in metadata.owner_references
        if owner.controller and owner.kind == resource.kind and owner.api_version.rpartition("/")[0] == resource.group
    ]


def owner_reference(resource: Resource, obj: object) -> dict[str, Any]:
    """The reference that makes ``obj`` the controlling owner of another object, as JSON has it."""
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "name": metadata_of(obj).name,
        "uid": metadata_of(obj).uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
