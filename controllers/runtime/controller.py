"""Runs a reconcile: brings objects to what they should be, one at a time each, again and again until it holds.

`reconcile(Request) -> Result` is told which object, reads what there is, and does the next thing that is missing. It
may be called at any time, twice for one change or once for ten, after any of its own calls failed or the daemon died
between two of them; it has to come to the same end. What it raises is told, counted, and tried again later.

While an informer isn't synced, nobody reconciles: an empty memory looks like an empty cluster.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from controllers.runtime.backoff import Backoff
from controllers.runtime.faults import ApiError, Conflict, Undecodable, in_words
from controllers.runtime.informer import Change, Handler, Informer
from controllers.runtime.metrics import Metrics
from controllers.runtime.resources import Request, request_of
from controllers.runtime.workqueue import Workqueue
from kvnode.errors import KvnodeError

# What a first list found goes behind everything that has happened in the minute before.
INITIAL_HEAD_START_S = -60.0
RECONCILE_TIMEOUT_S = 60.0
# A replica that lost its lease has to be still before another one leads (election.py has the sum).
STOP_GRACE_S = 3.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """How a reconcile ended well: ``requeue_after_s`` is when to look again though nothing happens, None for never."""

    requeue_after_s: float | None = None


Reconcile = Callable[[Request], Awaitable[Result | None]]
Mapper = Callable[[Any], Iterable[Request]]


def itself(obj: object) -> list[Request]:
    """The object's own request: the mapper of a controller's own kind."""
    return [request_of(obj)]


class Controller:
    """One kind's reconcile and its queue.

    ``workers`` reconciles run at once, on different objects; each may take ``timeout_s``. ``may_run`` is asked before
    each, for a controller that has to lead. ``undecodable`` is awaited instead of the reconcile where the reconcile
    met an object that can't be read, mostly to give it a condition; it is called again when the object changes.
    """

    def __init__(
        self,
        name: str,
        reconcile: Reconcile,
        *,
        workers: int = 4,
        timeout_s: float = RECONCILE_TIMEOUT_S,
        backoff: Backoff | None = None,
        metrics: Metrics | None = None,
        may_run: Callable[[], bool] = lambda: True,
        undecodable: Callable[[Undecodable], Awaitable[None]] | None = None,
        stop_grace_s: float = STOP_GRACE_S,
    ) -> None:
        self.name = name
        self.queue: Workqueue[Request] = Workqueue(backoff)
        self._reconcile = reconcile
        self._workers = workers
        self._timeout_s = timeout_s
        self._metrics = metrics or Metrics()
        self._may_run = may_run
        self._undecodable = undecodable
        self._stop_grace_s = stop_grace_s
        self._watched: list[tuple[Informer[Any], Handler[Any]]] = []
        self._running = False

    def watches(self, informer: Informer[Any], mapper: Mapper = itself, *, head_start_s: float = 0.0) -> None:
        """Reconcile whatever ``mapper`` makes of an object's old state and of its new one, when it changes."""

        def note(change: Change[Any]) -> None:
            # While nobody reconciles nothing is noted: `run` begins with everything there is.
            if not self._running:
                return
            start_s = INITIAL_HEAD_START_S if change.initial else head_start_s
            if mapper is itself:
                self.enqueue(change.request, head_start_s=start_s)
                return
            states = [state for state in (change.old, change.new) if state is not None]
            for request in dict.fromkeys(request for state in states for request in mapper(state)):
                self.enqueue(request, head_start_s=start_s)

        informer.add_handler(note)
        self._watched.append((informer, note))

    def enqueue(self, request: Request, *, after_s: float = 0.0, head_start_s: float = 0.0) -> None:
        """Reconcile ``request``, in ``after_s`` seconds."""
        self.queue.add(request, after_s=after_s, head_start_s=head_start_s)
        self._metrics.depth.labels(name=self.name).set(self.queue.schedule.depth)

    async def run(self) -> None:
        """Reconcile until cancelled; then what is under way has ``stop_grace_s`` to end, and is cut off.

        Begins with every object that the informers know. May be called again then, and begins so again, besides what
        was still to be done: a replica that stands by notes nothing meanwhile, however long it does.
        """
        for informer, _ in self._watched:
            await informer.synced.wait()
        self.queue.open()
        self._running = True
        for informer, note in self._watched:
            informer.tell_known(note)
        tasks = [asyncio.create_task(self._work(), name=f"{self.name}-{number}") for number in range(self._workers)]
        try:
            # A worker ends only when the queue is shut or by a bug, and then the daemon shall end and be seen to.
            await asyncio.gather(*map(asyncio.shield, tasks))
        finally:
            self._running = False
            self.queue.shut()
            _, late = await asyncio.wait(tasks, timeout=self._stop_grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            taken = await self.queue.get()
            if taken is None:
                return
            request, waited_s = taken
            self._metrics.queue_seconds.labels(name=self.name).observe(waited_s)
            self._metrics.depth.labels(name=self.name).set(self.queue.schedule.depth)
            try:
                await self._once(request)
            except asyncio.CancelledError:
                # Cut off in the middle: whoever runs next, perhaps this very replica, takes it up.
                self.queue.add(request)
                raise
            finally:
                self.queue.done(request)

    async def _once(self, request: Request) -> None:
        """Reconcile one object and note when it is due again."""
        if not self._may_run():
            # The lease is being lost; whoever leads next, perhaps this replica, looks at it then.
            self.queue.failed(request)
            return
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout_s):
                result = await self._reconcile_readable(request)
        except Exception as error:  # whatever one object causes must not end the others' reconciles
            outcome = "error"
            self._fail(request, error)
        else:
            self.queue.succeeded(request)
            outcome = "success"
            if result is not None and result.requeue_after_s is not None:
                outcome = "requeue"
                self.queue.add(request, after_s=result.requeue_after_s)
        self._metrics.reconciles.labels(controller=self.name, result=outcome).inc()
        self._metrics.reconcile_seconds.labels(controller=self.name).observe(time.monotonic() - begun)

    async def _reconcile_readable(self, request: Request) -> Result | None:
        try:
            return await self._reconcile(request)
        except Undecodable as fault:
            if self._undecodable is None:
                raise
            await self._undecodable(fault)
            return None

    def _fail(self, request: Request, error: Exception) -> None:
        asked_s = error.retry_after_s if isinstance(error, ApiError) and error.retry_after_s else 0.0
        after_s = self.queue.failed(request, asked_s)
        self._metrics.retries.labels(name=self.name).inc()
        if isinstance(error, Conflict):
            # Somebody else was faster; that is how it should be.
            log.info("%s %s: %s; again in %.2f s", self.name, request, error, after_s)
        elif isinstance(error, KvnodeError):
            log.warning("%s %s: %s; again in %.2f s", self.name, request, in_words(error), after_s)
        elif isinstance(error, TimeoutError):
            log.warning("%s %s: not done in %.0f s; again in %.2f s", self.name, request, self._timeout_s, after_s)
        else:
            log.exception("%s %s failed; again in %.2f s", self.name, request, after_s)
