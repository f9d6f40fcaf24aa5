"""Keeps the objects of one kind in memory: lists them in pages, then watches what changes.

The life of an informer is a loop that only cancellation ends. It lists until a whole list was read, and watches from
that list's resource version on; a watch that ends or breaks is taken up again from the last version that was seen, be
it an object's or a bookmark's. When the server no longer knows that version (410), all is listed again and compared
with what is known: what is gone meanwhile is told as deleted.

Until a new list is complete the old state stays. An API server that is away, slow or restarted therefore looks like
one where nothing happens, and never like one where everything was deleted.

An object that can't be read is told as such, and the list goes on. Handlers are plain functions, called in order and
with each change once; they note what is to be done (mostly in a workqueue) and do nothing themselves.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

import msgspec

from controllers.runtime.backoff import Backoff
from controllers.runtime.client import PAGE_TIMEOUT_S, ApiClient
from controllers.runtime.faults import ApiError, Expired, Status, Undecodable, Unreachable, in_words, refusal_of
from controllers.runtime.metrics import Metrics
from controllers.runtime.resources import ApiObject, Request, Resource, metadata_of, request_of
from controllers.runtime.store import Indexer, Store
from kvnode.api.decode import decode
from kvnode.errors import KvnodeError

T = TypeVar("T", bound=msgspec.Struct)

# What a page costs in one piece: some 4 MB for objects of 8 KB.
PAGE_OBJECTS = 500
# The server ends a watch after a time that each client draws for itself, so that they don't all come back at once.
WATCH_S = (240.0, 480.0)
# The server sends a bookmark about once a minute; a connection that brings nothing for two and a half is dead.
SILENCE_S = 150.0
# A version that the server calls neither known nor too old, time after time (a restored etcd), is given up.
TRIES_OF_A_VERSION = 3
# A watch that ends sooner, and brought nothing, was refused rather than served.
SHORT_S = 1.0

log = logging.getLogger(__name__)


class Change(msgspec.Struct, Generic[T], frozen=True):
    """What became of one object: ``new`` is None when it was deleted, or can't be read, which ``fault`` then says.

    ``initial`` marks what the first list found, as opposed to what happened since.
    """

    request: Request
    old: T | None = None
    new: T | None = None
    fault: Undecodable | None = None
    initial: bool = False


Handler = Callable[[Change[T]], None]


class _ListMetadata(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class _Page(msgspec.Struct):
    metadata: _ListMetadata
    items: list[msgspec.Raw] | None = None


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _Bookmark(msgspec.Struct):
    metadata: _ListMetadata


_PAGE = msgspec.json.Decoder(_Page)
_EVENT = msgspec.json.Decoder(_Event)


class Informer(Generic[T]):
    """The objects of ``resource`` that the selectors choose, read as ``kind``.

    ``namespace`` narrows to one; ``indexers`` are what `by_index` finds by; ``trim`` may drop what nobody needs of an
    object before it is kept, managed fields for one. Call `run` in a task; `synced` is set by the first whole list.
    """

    def __init__(
        self,
        client: ApiClient,
        resource: Resource,
        kind: type[T],
        *,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
        indexers: Mapping[str, Indexer[T]] | None = None,
        trim: Callable[[T], T] | None = None,
        metrics: Metrics | None = None,
        page_objects: int = PAGE_OBJECTS,
        silence_s: float = SILENCE_S,
        backoff: Backoff | None = None,
    ) -> None:
        self.resource = resource
        self.store: Store[T] = Store(indexers)
        self.synced = asyncio.Event()
        self._client = client
        self._kind = kind
        self._path = resource.path(namespace)
        selectors = {"labelSelector": label_selector, "fieldSelector": field_selector}
        self._selectors = {key: value for key, value in selectors.items() if value}
        self._trim = trim
        self._metrics = metrics or Metrics()
        self._page_objects = page_objects
        self._silence_s = silence_s
        self._backoff = backoff or Backoff(first_s=0.1, most_s=30.0)
        self._handlers: list[Handler[T]] = []
        self._version: str | None = None
        self._events = 0
        self.last_heard = time.monotonic()
        """When the server last answered, on the monotonic clock: for a readiness check."""

    def get(self, request: Request) -> T | None:
        """The object, or None. Raises Undecodable where it is there and can't be read."""
        return self.store.get(request)

    def items(self) -> list[T]:
        return self.store.items()

    def by_index(self, index: str, value: str) -> list[T]:
        return self.store.by_index(index, value)

    def add_handler(self, handler: Handler[T]) -> None:
        """Have ``handler`` called for each change; of what is known already it is told at once, as initial."""
        self._handlers.append(handler)
        self.tell_known(handler)

    def tell_known(self, handler: Handler[T]) -> None:
        """Have ``handler`` called once more for each object that is known, as initial."""
        for change in self._known():
            self._hand(change, handler)

    def _known(self) -> Iterator[Change[T]]:
        for request in self.store.requests():
            fault = self.store.undecodable.get(request)
            new = None if fault else self.store.get(request)
            yield Change(request, new=new, fault=fault, initial=True)

    async def run(self) -> None:
        """List and watch until cancelled."""
        failures = 0
        while True:
            events, begun = self._events, time.monotonic()
            try:
                if self._version is None:
                    await self._list()
                await self._watch()
                error: KvnodeError = Unreachable(f"watch {self._path}: ended at once")
                if self._events > events or time.monotonic() - begun > SHORT_S:
                    failures = 0
                    continue
            except KvnodeError as raised:
                error = raised
            failures = 1 if self._events > events else failures + 1
            if isinstance(error, Expired) or (failures >= TRIES_OF_A_VERSION and not isinstance(error, Unreachable)):
                self._version = None
            asked_s = error.retry_after_s if isinstance(error, ApiError) else None
            delay_s = max(self._backoff.delay_s(failures), asked_s or 0.0)
            then = "listing again" if self._version is None else "watching on"
            log.warning("%s: %s; %s in %.1f s", self.resource, in_words(error), then, delay_s)
            await asyncio.sleep(delay_s)

    async def _list(self) -> None:
        """Read every page, then take the whole: a list that breaks off in the middle changes nothing."""
        found: dict[Request, tuple[T | None, Undecodable | None]] = {}
        query = {"limit": str(self._page_objects), **self._selectors}
        while True:
            page = await self._page(query)
            for raw in page.items or ():
                request, obj, fault = self._read(raw)
                if request is not None:
                    found[request] = (obj, fault)
            # Between two pages of a big list, whatever else the daemon does goes on.
            await asyncio.sleep(0)
            if not page.metadata.continue_:
                break
            query["continue"] = page.metadata.continue_
        self._metrics.lists.labels(resource=str(self.resource)).inc()
        first = not self.synced.is_set()
        for request in self.store.requests():
            if request not in found:
                self._drop(request)
        for request, (obj, fault) in found.items():
            self._take(request, obj, fault, initial=first)
        self._version = page.metadata.resource_version
        self.synced.set()

    async def _page(self, query: Mapping[str, str]) -> _Page:
        body = await self._client.request("GET", self._path, query=query, timeout_s=PAGE_TIMEOUT_S)
        self.last_heard = time.monotonic()
        try:
            return _PAGE.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unreachable(f"GET {self._path}: the answer is no list: {error}") from None

    async def _watch(self) -> None:
        """Take events until the server ends the watch. Raises Expired or another ApiError."""
        query = {
            **self._selectors,
            "resourceVersion": self._version or "",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(round(random.uniform(*WATCH_S))),
        }
        async with self._client.watch(self._path, query, self._silence_s) as lines:
            async for line in lines:
                self.last_heard = time.monotonic()
                try:
                    event = _EVENT.decode(line)
                    self._event(event)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise Expired(f"watch {self._path}: a line is no event: {error}") from None
                self._events += 1

    def _event(self, event: _Event) -> None:
        self._metrics.events.labels(resource=str(self.resource), type=event.type).inc()
        if event.type == "ERROR":
            said = msgspec.json.decode(event.object, type=Status)
            raise refusal_of(f"watch {self._path}", said.code or 500, said)
        if event.type == "BOOKMARK":
            bookmark = msgspec.json.decode(event.object, type=_Bookmark)
            self._version = bookmark.metadata.resource_version or self._version
            return
        request, obj, fault = self._read(event.object)
        if request is not None and event.type == "DELETED":
            self._drop(request)
        elif request is not None:
            self._take(request, obj, fault)
        version = fault.resource_version if fault else metadata_of(obj).resource_version if obj is not None else None
        self._version = version or self._version

    def _read(self, raw: msgspec.Raw) -> tuple[Request | None, T | None, Undecodable | None]:
        """The object, or why it can't be read. Without a request there is nothing to tell it by, and it is logged."""
        data = bytes(raw)
        try:
            obj = decode(data, self._kind)
        except KvnodeError as error:
            return self._unreadable(data, error)
        request = request_of(obj)
        if not request.name:
            return self._unreadable(data, KvnodeError("it has no name"))
        return request, self._trim(obj) if self._trim else obj, None

    def _unreadable(self, data: bytes, error: Exception) -> tuple[Request | None, None, Undecodable | None]:
        try:
            metadata = decode(data, ApiObject).metadata
        except KvnodeError:
            metadata = ApiObject().metadata
        if not metadata.name:
            log.error(
                "%s: an object without a name that can be read is passed over: %s", self.resource, in_words(error)
            )
            return None, None, None
        request = Request(metadata.namespace or "", metadata.name)
        log.error("%s %s can't be read: %s", self.resource, request, in_words(error))
        return request, None, self._fault(request, metadata.uid, metadata.resource_version, error)

    def _fault(self, request: Request, uid: str | None, version: str | None, error: Exception) -> Undecodable:
        message = f"{self.resource.kind} {request} can't be read: {in_words(error)}"
        return Undecodable(
            message, namespace=request.namespace, name=request.name, uid=uid or "", resource_version=version or ""
        )

    def _take(self, request: Request, obj: T | None, fault: Undecodable | None, initial: bool = False) -> None:
        old = None
        if obj is not None:
            known = None if request in self.store.undecodable else self.store.get(request)
            metadata = metadata_of(obj)
            version = metadata.resource_version
            if known is not None and version and metadata_of(known).resource_version == version:
                return
            try:
                old = self.store.put(request, obj)
            except Exception as error:  # an indexer meets whatever users write; one object must not end the list
                log.exception("%s %s: an index can't take it", self.resource, request)
                fault = self._fault(request, metadata.uid, metadata.resource_version, error)
        if fault is not None:
            old, obj = self.store.put_fault(request, fault), None
        self._count()
        self._tell(Change(request, old=old, new=obj, fault=fault, initial=initial))

    def _drop(self, request: Request) -> None:
        if request not in self.store:
            return
        old = self.store.drop(request)
        self._count()
        self._tell(Change(request, old=old))

    def _count(self) -> None:
        name = str(self.resource)
        self._metrics.objects.labels(resource=name).set(len(self.store))
        self._metrics.undecodable.labels(resource=name).set(len(self.store.undecodable))

    def _tell(self, change: Change[T]) -> None:
        for handler in self._handlers:
            self._hand(change, handler)

    def _hand(self, change: Change[T], handler: Handler[T]) -> None:
        try:
            handler(change)
        except Exception:  # a handler's bug is told; it must not stop what the others and the store depend on
            log.exception("%s %s: a handler failed", self.resource, change.request)
