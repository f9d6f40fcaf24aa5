"""The `KubeVirt` resource, and the configuration in force: every daemon goes by the same one, and by the same rule.

Of several resources the oldest counts; without any, every default holds. It is read when it is asked for, so a change
holds from the next guest on. One that can't be read changes nothing: the last good one stays in force, and
virt-controller says on the resource what is wrong with it.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from msgspec import field

from controllers.runtime.informer import Informer
from controllers.runtime.resources import Resource
from kvnode.api.base import Model
from kvnode.api.kubevirt import KubeVirtStatus
from kvnode.api.meta import ObjectMeta
from kvnode.errors import KvnodeError

T = TypeVar("T")

INSTALLATIONS = Resource("kubevirt.io", "v1", "kubevirts", "KubeVirt")


class Installation(Model, frozen=True):
    """A KubeVirt resource with its spec as it was written: what is wrong in it must not hide the resource."""

    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: dict[str, Any] = field(default_factory=dict)  # what should be installed
    status: KubeVirtStatus = KubeVirtStatus()  # what is installed

    @property
    def configuration(self) -> dict[str, Any]:
        """Settings for every guest. Whoever reads them says what is wrong with them."""
        found: dict[str, Any] = self.spec.get("configuration") or {}
        return found


class LiveConfiguration(Generic[T]):
    """What a daemon makes of the configuration in force, kept while nothing changes.

    installations -- an informer of the installation's own namespace
    read          -- from the configuration as it was written to what the daemon goes by; raises KvnodeError for one
                     that can't be read
    """

    def __init__(self, installations: Informer[Installation], read: Callable[[dict[str, Any]], T]) -> None:
        self._installations = installations
        self._read = read
        self._made_from: tuple[str | None, str | None] | None = None
        self._in_force = read({})
        self.fault: KvnodeError | None = None
        """What is wrong with the configuration of the resource that counts."""

    def current(self) -> T:
        """What is in force."""
        chosen = self.chosen()
        if chosen is None and self._installations.store.undecodable:
            return self._in_force
        made_from = (chosen.metadata.uid, chosen.metadata.resource_version) if chosen is not None else (None, None)
        if made_from != self._made_from:
            self._made_from = made_from
            try:
                self._in_force, self.fault = self._read(chosen.configuration if chosen is not None else {}), None
            except KvnodeError as error:
                self.fault = error
        return self._in_force

    def chosen(self) -> Installation | None:
        """The resource that counts: the oldest."""
        return min(
            self._installations.items(),
            key=lambda one: (one.metadata.creation_timestamp or "", one.metadata.uid or ""),
            default=None,
        )
