"""What people read in `kubectl describe`: why something happened, or doesn't.

An event said again within ten minutes is one event with a higher count, as Kubernetes's own components have it. Each
object may cause so many in a burst and then one now and then, so that a guest that fails in a loop doesn't fill etcd.

Recording never fails and never waits: an event is put into a queue and written by `run`. What can't be written is
counted and logged; a reconcile doesn't depend on it.
"""

import asyncio
import contextlib
import datetime
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable

from msgspec import Struct

from controllers.runtime.client import ApiClient
from controllers.runtime.faults import Conflict, ObjectNotFound
from controllers.runtime.metrics import Metrics
from controllers.runtime.resources import Request, Resource, metadata_of
from kvnode.errors import KvnodeError

EVENTS = Resource("", "v1", "events", "Event")

NORMAL, WARNING = "Normal", "Warning"
SAME_S = 600.0
BURST, REFILL_S = 25, 60.0
# What the API server takes (core/v1 validation): 1,024 bytes of message, 128 of reason, 253 of name.
LONGEST_MESSAGE = 1024
LONGEST_REASON = 128
LONGEST_NAME = 253
WAITING = 1000
REMEMBERED = 4096
# What a daemon that is told to stop spends on what it had yet to say.
LAST_WORDS_S = 2.0

log = logging.getLogger(__name__)


class _Said(Struct, frozen=True):
    """One thing that was said about one object, without when."""

    resource: Resource
    namespace: str
    name: str
    uid: str
    type: str
    reason: str
    message: str

    def digest(self) -> str:
        words = (str(self.resource), self.uid, self.type, self.reason, self.message)
        return hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]


class _Series(Struct):
    """An event that was written: its name, how often it was said, and when first and last."""

    name: str
    count: int
    first: str
    last_s: float


class EventRecorder:
    """Events of one daemon, which they name as ``component``. Call `run` in a task."""

    def __init__(
        self,
        client: ApiClient,
        component: str,
        *,
        host: str = "",
        metrics: Metrics | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._component = component
        self._host = host
        self._metrics = metrics or Metrics()
        self._clock = clock
        self._waiting: asyncio.Queue[_Said] = asyncio.Queue(WAITING)
        self._pending = 0
        self._series: OrderedDict[_Said, _Series] = OrderedDict()
        # Tokens that an object has left, and when that was so.
        self._tokens: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def event(self, resource: Resource, obj: object, type: str, reason: str, message: str) -> None:
        """Say of ``obj``, which is one of ``resource``, that something happened: ``Normal`` or ``Warning``, in one
        CamelCase word and in a sentence.
        """
        metadata = metadata_of(obj)
        said = _Said(
            resource,
            metadata.namespace or "",
            metadata.name or "",
            metadata.uid or "",
            type,
            _cut(reason, LONGEST_REASON),
            _cut(message, LONGEST_MESSAGE),
        )
        try:
            self._waiting.put_nowait(said)
            self._pending += 1
        except asyncio.QueueFull:
            self._drop("queue", said)

    @property
    def pending(self) -> int:
        """How many events are yet to be written."""
        return self._pending

    async def run(self) -> None:
        """Write events until cancelled; what waits then is written if the server takes it soon."""
        writing: asyncio.Future[None] | None = None
        try:
            while True:
                said = await self._waiting.get()
                writing = asyncio.ensure_future(self._write(said))
                await asyncio.shield(writing)
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS_S):
                    if writing is not None:
                        await writing
                    while not self._waiting.empty():
                        await self._write(self._waiting.get_nowait())

    async def _write(self, said: _Said) -> None:
        try:
            await self._count(said, self._clock())
        except KvnodeError as error:
            self._drop("refused", said, error)
        finally:
            self._pending -= 1

    async def _count(self, said: _Said, now: float) -> None:
        """Write it as a new event or as one more of a series, if the object may still say something."""
        if not self._may_say(said.uid, now):
            self._drop("rate", said)
            return
        series = self._series.pop(said, None)
        if series is None or now - series.last_s >= SAME_S:
            series = _Series(self._name(said), 0, _now(), now)
        series.count, series.last_s = series.count + 1, now
        self._series[said] = series
        if len(self._series) > REMEMBERED:
            self._series.popitem(last=False)
        await self._send(said, series)

    async def _send(self, said: _Said, series: _Series) -> None:
        # An event of an object without a namespace lies in `default`, as the server wants it.
        request = Request(said.namespace or "default", series.name)
        if series.count > 1:
            try:
                await self._client.merge_patch(EVENTS, request, {"count": series.count, "lastTimestamp": _now()})
                return
            except ObjectNotFound:
                # The server keeps events for an hour or so; it forgot this one.
                series.count, series.first = 1, _now()
        try:
            await self._client.create(EVENTS, self._body(said, series, request))
        except Conflict:
            # The name has the moment in it, so this is our own write that seemed to have failed.
            log.debug("event %s was there already", request)

    def _body(self, said: _Said, series: _Series, request: Request) -> dict[str, object]:
        involved = {
            "apiVersion": said.resource.api_version,
            "kind": said.resource.kind,
            "namespace": said.namespace,
            "name": said.name,
            "uid": said.uid,
        }
        source = {"component": self._component, "host": self._host}
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"namespace": request.namespace, "name": request.name},
            "involvedObject": {key: value for key, value in involved.items() if value},
            "type": said.type,
            "reason": said.reason,
            "message": said.message,
            "source": {key: value for key, value in source.items() if value},
            "reportingComponent": self._component,
            "reportingInstance": self._host,
            "firstTimestamp": series.first,
            "lastTimestamp": _now(),
            "count": series.count,
        }

    def _name(self, said: _Said) -> str:
        tail = f".{said.digest()[:8]}{time.time_ns():x}"
        return said.name[: LONGEST_NAME - len(tail)].rstrip(".-") + tail

    def _may_say(self, uid: str, now: float) -> bool:
        tokens, at = self._tokens.pop(uid, (float(BURST), now))
        tokens = min(float(BURST), tokens + (now - at) / REFILL_S)
        allowed = tokens >= 1
        self._tokens[uid] = (tokens - 1 if allowed else tokens, now)
        if len(self._tokens) > REMEMBERED:
            self._tokens.popitem(last=False)
        return allowed

    def _drop(self, why: str, said: _Said, error: KvnodeError | None = None) -> None:
        self._metrics.dropped_events.labels(why=why).inc()
        where = Request(said.namespace, said.name)
        log.warning(
            "event not written (%s) of %s %s: %s: %s", error or why, said.resource, where, said.reason, said.message
        )


def _cut(text: str, most: int) -> str:
    data = text.encode()
    return text if len(data) <= most else data[: most - 3].decode(errors="ignore") + "..."


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
