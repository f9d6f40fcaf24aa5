"""What an informer knows: objects by their names, found by indexes too, and the ones that can't be read.

An object is in one of three states. It is present; it is absent; or it is there and can't be read, and then asking
for it raises `Undecodable`, since nobody may take it for deleted. An index is a function from an object to the values
under which it is found, such as a Pod's node.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from controllers.runtime.faults import Undecodable
from controllers.runtime.resources import Request

T = TypeVar("T")
Indexer = Callable[[T], Iterable[str]]


class Store(Generic[T]):
    """Objects in memory. Values are shared and frozen: whoever wants another one writes it to the API server."""

    def __init__(self, indexers: Mapping[str, Indexer[T]] | None = None) -> None:
        self._indexers = dict(indexers or {})
        self._objects: dict[Request, T] = {}
        self._faults: dict[Request, Undecodable] = {}
        # Requests as keys and not in sets: what is found is found in the order in which it came.
        self._found: dict[str, dict[str, dict[Request, None]]] = {name: {} for name in self._indexers}
        self._values: dict[Request, dict[str, tuple[str, ...]]] = {}

    def get(self, request: Request) -> T | None:
        """The object, or None where there is none. Raises Undecodable where it is there and can't be read."""
        fault = self._faults.get(request)
        if fault is not None:
            # A copy: each raise would add its traceback to the one that is kept.
            raise Undecodable(
                str(fault),
                namespace=fault.namespace,
                name=fault.name,
                uid=fault.uid,
                resource_version=fault.resource_version,
            )
        return self._objects.get(request)

    def items(self) -> list[T]:
        """Every object that can be read."""
        return list(self._objects.values())

    def by_index(self, index: str, value: str) -> list[T]:
        """Every object that ``index`` finds under ``value``; an index that isn't there is a KeyError."""
        return [self._objects[request] for request in self._found[index].get(value, ())]

    def index_values(self, index: str) -> list[str]:
        """The values under which anything is found."""
        return list(self._found[index])

    @property
    def undecodable(self) -> Mapping[Request, Undecodable]:
        return self._faults

    def __len__(self) -> int:
        return len(self._objects)

    def __contains__(self, request: object) -> bool:
        """Whether the object is there, readable or not."""
        return request in self._objects or request in self._faults

    def requests(self) -> list[Request]:
        """Every object that is there, readable or not."""
        return [*self._objects, *self._faults]

    # What the informer alone calls.

    def put(self, request: Request, obj: T) -> T | None:
        """Take an object's new state; its old one, where there was one. An indexer's error leaves all as it was."""
        values = {name: tuple(dict.fromkeys(indexer(obj))) for name, indexer in self._indexers.items()}
        old = self.drop(request)
        self._objects[request] = obj
        self._values[request] = values
        for name, found in values.items():
            for value in found:
                self._found[name].setdefault(value, {})[request] = None
        return old

    def put_fault(self, request: Request, fault: Undecodable) -> T | None:
        """Take it that the object can't be read; its last readable state, where there was one."""
        old = self.drop(request)
        self._faults[request] = fault
        return old

    def drop(self, request: Request) -> T | None:
        """Forget the object; its last readable state."""
        self._faults.pop(request, None)
        for name, values in self._values.pop(request, {}).items():
            for value in values:
                found = self._found[name][value]
                del found[request]
                if not found:
                    del self._found[name][value]
        return self._objects.pop(request, None)
