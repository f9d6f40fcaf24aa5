"""A client that fails once, at the call that a test names: what a reconcile has to come through.

A fault is of one of three kinds. The call never arrives; it arrives and its answer is lost; or somebody else writes to
the very object just before it, which is really done, so that what comes of it is the API server's own word (a Conflict
where the call rests on what was read, nothing where it doesn't).
"""

import enum
from dataclasses import dataclass

from controllers.runtime.faults import Conflict, ObjectNotFound, Unreachable
from controllers.runtime.resources import Request

READS = ("get", "find")
WRITES = ("create", "apply", "merge_patch", "json_patch", "delete")
RAW = "request"
OVERTAKEN = "test/overtaken"
_MERGE_PATCH = "application/merge-patch+json"


class Kind(enum.Enum):
    """What goes wrong at a call."""

    UNSENT = "unsent"
    UNANSWERED = "its answer lost"
    OVERTAKEN = "overtaken by somebody else's write"


@dataclass(frozen=True)
class Fault:
    """One call, counted from 1, and what goes wrong at it."""

    at: int
    kind: Kind

    def __str__(self):
        return f"call {self.at} {self.kind.value}"


def faults(calls, kinds=tuple(Kind)):
    """Every kind of fault at every one of so many calls."""
    return [Fault(at, kind) for at in range(1, calls + 1) for kind in kinds]


def by_turns(calls, kinds=tuple(Kind)):
    """One fault at every call, of each kind by turns."""
    return [Fault(at, kinds[at % len(kinds)]) for at in range(1, calls + 1)]


class FaultyClient:
    """An `ApiClient` with one fault in it. Reads count as calls only where ``reads`` says so.

    calls   -- what was called, in order: what counts
    writes  -- how many of all calls were writes, whether they counted or not
    hit     -- whether the fault has happened
    """

    def __init__(self, client, fault=None, *, reads=False):
        self._client, self._fault = client, fault
        self._counted = (*WRITES, *READS) if reads else WRITES
        self._reads = reads
        self.calls = []
        self.writes = 0
        self.hit = False

    def __getattr__(self, name):
        method = getattr(self._client, name)
        if name == RAW:
            return self._raw
        if name not in self._counted and name not in WRITES:
            return method

        async def call(*arguments, **options):
            return await self._call(name, _target(name, arguments), lambda: method(*arguments, **options), arguments)

        return call

    async def _raw(self, method, path, **options):
        """A call by method and path: a write unless it reads."""
        send = lambda: self._client.request(method, path, **options)  # noqa: E731
        if method == "GET" and not self._reads:
            return await send()
        return await self._call(method, path.removesuffix("/status"), send)

    async def _call(self, name, target, send, arguments=()):
        is_write = name not in (*READS, "GET")
        self.writes += is_write
        self.calls.append(f"{name} {target}")
        if self._fault is None or len(self.calls) != self._fault.at:
            return await send()
        self.hit = True
        if self._fault.kind is Kind.OVERTAKEN:
            if is_write:
                await self._overtake(name, target, arguments)
            return await send()
        if self._fault.kind is Kind.UNANSWERED:
            await send()
        raise Unreachable(f"{name} {target}: the connection broke off")

    async def _overtake(self, name, target, arguments):
        """Somebody else's write: an annotation, or the very object where it is to be made."""
        try:
            if name == "create":
                await self._client.create(*arguments)
            else:
                body = {"metadata": {"annotations": {OVERTAKEN: "yes"}}}
                await self._client.request("PATCH", target, body=body, content_type=_MERGE_PATCH)
        except (ObjectNotFound, Conflict):
            return


def _target(name, arguments):
    """The path of the object that a call is about."""
    resource, what = arguments[0], arguments[1]
    if isinstance(what, Request):
        return resource.path_of(what)
    metadata = what["metadata"]
    if name == "create":
        return resource.path(metadata.get("namespace") or "")
    return resource.path(metadata.get("namespace") or "", metadata["name"])


class Told:
    """The events, as lists: their reasons, and all of what was said."""

    def __init__(self):
        self.reasons = []
        self.said = []

    def event(self, resource, obj, type, reason, message):
        self.reasons.append(reason)
        self.said.append((type, reason, message))
