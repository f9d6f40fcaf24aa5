"""Which object is looked at next: each at most once in the queue, and never by two workers at a time.

An object is in at most one of these states: due, due later, or being worked on; in the last it may be marked to be due
again as soon as it is done. Whatever is told of an object while it waits is one and the same piece of work, since a
reconcile reads the object and not the event.

A priority is a head start in seconds: what has one of 5 goes before everything that became due up to 5 seconds
earlier, and nothing waits for ever. The objects of a first list have a negative one, so that what happens now isn't
queued behind a thousand guests that are just as they should be.

An object that fails comes back later each time (`Backoff`), and all retries together are bounded by a bucket of
tokens, so that a thousand objects that fail for one reason don't keep the others from their turn.

`Schedule` is the rule, without waiting or tasks: time goes in as a number. `Workqueue` waits for it.
"""

import asyncio
import heapq
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from controllers.runtime.backoff import Backoff

K = TypeVar("K", bound=Hashable)

# Retries of all objects together: so many at once, and then so many a second.
RETRY_BURST = 100
RETRIES_PER_S = 20.0


class Schedule(Generic[K]):
    """Due, later, working, and again; every method takes the time in seconds."""

    def __init__(self, backoff: Backoff, burst: int = RETRY_BURST, per_s: float = RETRIES_PER_S) -> None:
        self._backoff = backoff
        # Keys by their rank: the time from which on they are due, less their head start.
        self._due: dict[K, float] = {}
        self._due_since: dict[K, float] = {}
        self._later: dict[K, tuple[float, float]] = {}
        self._working: set[K] = set()
        self._again: dict[K, tuple[float, float]] = {}
        self._failures: dict[K, int] = {}
        # Both heaps may hold what no longer holds; the dictionaries above are what counts.
        self._due_heap: list[tuple[float, int, K]] = []
        self._later_heap: list[tuple[float, int, K]] = []
        self._sequence = 0
        self._burst, self._per_s = burst, per_s
        self._tokens, self._tokens_at = float(burst), 0.0

    def add(self, key: K, now: float, *, after_s: float = 0.0, head_start_s: float = 0.0) -> None:
        """Have the key due in ``after_s`` seconds, or when it was to be due anyhow, if that is sooner."""
        self._ripen(now)
        at = now + max(0.0, after_s)
        if key in self._working:
            known_at, known_start = self._again.get(key, (at, head_start_s))
            self._again[key] = (min(at, known_at), max(head_start_s, known_start))
        elif key in self._due:
            if at <= now and now - head_start_s < self._due[key]:
                self._make_due(key, now, head_start_s)
        else:
            self._postpone(key, at, head_start_s, now)

    def _postpone(self, key: K, at: float, head_start_s: float, now: float) -> None:
        known = self._later.get(key)
        if known is not None:
            at, head_start_s = min(at, known[0]), max(head_start_s, known[1])
        if at <= now:
            self._later.pop(key, None)
            self._make_due(key, now, head_start_s)
        elif known != (at, head_start_s):
            self._later[key] = (at, head_start_s)
            heapq.heappush(self._later_heap, (at, self._next(), key))

    def _make_due(self, key: K, now: float, head_start_s: float) -> None:
        self._due[key] = now - head_start_s
        self._due_since.setdefault(key, now)
        heapq.heappush(self._due_heap, (self._due[key], self._next(), key))

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence

    def _ripen(self, now: float) -> None:
        while self._later_heap and self._later_heap[0][0] <= now:
            at, _, key = heapq.heappop(self._later_heap)
            known = self._later.get(key)
            if known is not None and known[0] == at:
                del self._later[key]
                self._make_due(key, at, known[1])

    def take(self, now: float) -> tuple[K, float] | None:
        """The next key to work on and the seconds that it has been due, or None. It is the caller's until `done`."""
        self._ripen(now)
        while self._due_heap:
            rank, _, key = heapq.heappop(self._due_heap)
            if self._due.get(key) == rank:
                del self._due[key]
                self._working.add(key)
                return key, max(0.0, now - self._due_since.pop(key))
        return None

    def done(self, key: K, now: float) -> None:
        """The key was worked on; if it was added meanwhile, it is due again."""
        self._working.remove(key)
        again = self._again.pop(key, None)
        if again is not None:
            self._postpone(key, again[0], again[1], now)

    def failed(self, key: K, now: float, at_least_s: float = 0.0) -> float:
        """Count a failure and have the key back after a while; how long. An event brings it back sooner."""
        self._failures[key] = self._failures.get(key, 0) + 1
        after_s = max(self._backoff.delay_s(self._failures[key]), at_least_s, self._token(now))
        self.add(key, now, after_s=after_s)
        return after_s

    def succeeded(self, key: K) -> None:
        """Forget the key's failures."""
        self._failures.pop(key, None)

    def _token(self, now: float) -> float:
        """Take a token; the seconds until it is one's own."""
        self._tokens = min(float(self._burst), self._tokens + (now - self._tokens_at) * self._per_s)
        self._tokens_at = now
        self._tokens -= 1
        return max(0.0, -self._tokens / self._per_s)

    def next_due(self, now: float) -> float | None:
        """Seconds until `take` has something: 0 for now, None for not before something is added or done."""
        self._ripen(now)
        if self._due:
            return 0.0
        while self._later_heap:
            at, _, key = self._later_heap[0]
            known = self._later.get(key)
            if known is not None and known[0] == at:
                return max(0.0, at - now)
            heapq.heappop(self._later_heap)
        return None

    @property
    def depth(self) -> int:
        """How many keys are due."""
        return len(self._due)

    @property
    def idle(self) -> bool:
        """Whether nothing is due and nothing is being worked on; what is due later doesn't count."""
        return not self._due and not self._working

    def failures(self, key: K) -> int:
        """Failures in a row."""
        return self._failures.get(key, 0)


class Workqueue(Generic[K]):
    """A `Schedule` that workers wait at. For one event loop; ``clock`` counts seconds."""

    def __init__(self, backoff: Backoff | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.schedule: Schedule[K] = Schedule(backoff or Backoff())
        self._clock = clock
        self._waiters: set[asyncio.Future[None]] = set()
        self._shut = False

    def add(self, key: K, *, after_s: float = 0.0, head_start_s: float = 0.0) -> None:
        """Have the key due in ``after_s`` seconds."""
        self.schedule.add(key, self._clock(), after_s=after_s, head_start_s=head_start_s)
        self._wake()

    async def get(self) -> tuple[K, float] | None:
        """The next key and the seconds it has been due, when there is one; None when the queue is shut."""
        while not self._shut:
            now = self._clock()
            taken = self.schedule.take(now)
            if taken is not None:
                return taken
            await self._wait(self.schedule.next_due(now))
        return None

    def done(self, key: K) -> None:
        """Give the key back; every key that `get` gave has to be."""
        self.schedule.done(key, self._clock())
        self._wake()

    def failed(self, key: K, at_least_s: float = 0.0) -> float:
        """Have the key back after its back-off; the seconds until then. Called before `done`."""
        return self.schedule.failed(key, self._clock(), at_least_s)

    def succeeded(self, key: K) -> None:
        self.schedule.succeeded(key)

    def open(self) -> None:
        """Give out keys, as from the start; what was added while the queue was shut is there."""
        self._shut = False

    def shut(self) -> None:
        """Give out nothing more; `get` answers None."""
        self._shut = True
        self._wake()

    async def _wait(self, seconds: float | None) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await asyncio.wait_for(waiter, seconds)
        except TimeoutError:
            pass
        finally:
            self._waiters.discard(waiter)

    def _wake(self) -> None:
        # All of them: the one that was woken may be cancelled before it takes, and the others would sleep on.
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
