"""One replica of several acts: whoever holds the Lease.

The rules are client-go's (tools/leaderelection). A holder renews its Lease every couple of seconds. Another replica
takes it over once it has seen nothing change in it for the whole of `lease_s`, by its own clock: the times that stand
in a Lease are other machines' and only for people. The holder stops by itself when it couldn't renew for `renew_s`,
counted from when its last successful renewal was *sent*; `lease_s - renew_s` is what its work has to come to an end,
and where it doesn't, the process has to die. A replica that stops gently gives the Lease back at once.

    t=0 renewal sent | t=10 gives up, work is cancelled | t<=15 work has ended | t>15 another replica may lead

Clocks: CLOCK_BOOTTIME, which goes on while a machine is suspended and isn't set by anybody. So a leader that was
frozen for a minute knows that it leads no more before it does anything else (`leads`); a wall clock that jumps changes
nothing. The official client has an election too; it goes by the wall clock, lets a renewal hang beyond its deadline
and doesn't wait for the work that it cancels, which is why this is ours.

`Term` is the rule without any waiting, `LeaderElection` asks it and writes.
"""

import asyncio
import contextlib
import datetime
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from controllers.runtime.client import ApiClient
from controllers.runtime.faults import Conflict, in_words
from controllers.runtime.metrics import Metrics
from controllers.runtime.resources import Request, Resource
from kvnode.api.base import Int32, Model, Time
from kvnode.api.meta import ObjectMeta
from kvnode.errors import KvnodeError

LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease")

log = logging.getLogger(__name__)


def boot_clock() -> float:
    """Seconds since the machine started, suspended time included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class LeadershipLost(KvnodeError):
    """The Lease was lost and the work didn't end in time: the process must end, before another replica acts."""

    reason = "LeadershipLost"


class LeaseSpec(Model, frozen=True):
    """Who holds a Lease, for how long and since when."""

    holder_identity: str | None = None  # the holder's name; empty where it was given back
    lease_duration_seconds: Int32 | None = None  # how long others wait after it was last renewed
    acquire_time: Time | None = None  # when the holder got it, by the holder's clock
    renew_time: Time | None = None  # when the holder last renewed it, by the holder's clock
    lease_transitions: Int32 | None = None  # how often it changed hands


class Lease(Model, frozen=True):
    """A lock that has to be renewed."""

    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: LeaseSpec = LeaseSpec()  # who holds it


@dataclass(frozen=True)
class Times:
    """Seconds: how long a Lease holds, how long its holder tries to renew it, and how often either is tried."""

    lease_s: float = 15.0
    renew_s: float = 10.0
    retry_s: float = 2.0

    def __post_init__(self) -> None:
        if not self.lease_s > self.renew_s > 2 * self.retry_s > 0:
            raise ValueError(
                f"a lease of {self.lease_s} s, renewed within {self.renew_s} s, tried each {self.retry_s} s: the lease "
                "has to be longer than its renewal, and that longer than two tries"
            )


class Term:
    """What one replica knows of the Lease. Every method takes the time in seconds."""

    def __init__(self, identity: str, times: Times) -> None:
        self.identity = identity
        self._times = times
        self._seen: tuple[str | None, LeaseSpec] | None = None
        self._seen_at = 0.0
        self._renewed_at: float | None = None

    def observe(self, lease: Lease, now: float) -> None:
        """Take note of the Lease as it was just read."""
        seen = (lease.metadata.uid, lease.spec)
        if seen != self._seen:
            self._seen, self._seen_at = seen, now
        if lease.spec.holder_identity != self.identity:
            self._renewed_at = None

    def may_take(self, lease: Lease, now: float) -> bool:
        """Whether the Lease, just observed, is ours, nobody's, or of somebody who has not renewed it for long enough.

        The holder's own duration counts where it is the longer one: it may run with other settings than we do.
        """
        holder = lease.spec.holder_identity
        if not holder or holder == self.identity:
            return True
        holds_s = max(self._times.lease_s, float(lease.spec.lease_duration_seconds or 0))
        return now >= self._seen_at + holds_s

    def renewed(self, sent_at: float) -> None:
        """The Lease was written as ours by a call that was sent then."""
        self._renewed_at = sent_at

    def resigned(self) -> None:
        """The Lease is not ours any more, by our own doing."""
        self._renewed_at = None

    def leads(self, now: float) -> bool:
        """Whether we may act: our last renewal is younger than `renew_s`."""
        return self._renewed_at is not None and now < self._renewed_at + self._times.renew_s

    def left_s(self, now: float) -> float:
        """Seconds for which we may still act."""
        return max(0.0, self._renewed_at + self._times.renew_s - now) if self._renewed_at is not None else 0.0

    def still_by(self) -> float:
        """The time by which nothing of ours may act any more, if this is asked while we lead."""
        return (self._renewed_at or 0.0) + self._times.lease_s


class LeaderElection:
    """One replica's part in the election for the Lease ``request``.

    ``identity`` is this process's own and no other's, before or after it: a Pod's name and something random.
    """

    def __init__(
        self,
        client: ApiClient,
        request: Request,
        identity: str,
        *,
        times: Times | None = None,
        metrics: Metrics | None = None,
        clock: Callable[[], float] = boot_clock,
    ) -> None:
        self._client = client
        self._request = request
        self._identity = identity
        self._times = times or Times()
        self._metrics = metrics or Metrics()
        self._clock = clock
        self._term = Term(identity, self._times)

    def leads(self) -> bool:
        """Whether this replica may act at this very moment: for `Controller(may_run=...)`."""
        return self._term.leads(self._clock())

    async def run(self, lead: Callable[[], Awaitable[None]]) -> None:
        """Campaign; call ``lead`` whenever this replica leads and cancel it when it no longer does; for ever.

        ``lead`` has to end soon after it is cancelled. When it returns or fails by itself, so does this. Raises
        LeadershipLost where it is still at work when another replica may begin. Cancelled, it ends ``lead``, waits
        for it and gives the Lease back.
        """
        try:
            while True:
                await self._campaign()
                log.info("%s leads by the Lease %s", self._identity, self._request)
                self._metrics.leader.labels(name=self._request.name).set(1)
                try:
                    if await self._reign(lead):
                        return
                finally:
                    self._metrics.leader.labels(name=self._request.name).set(0)
                log.warning("%s no longer leads: the Lease %s was not renewed", self._identity, self._request)
        finally:
            await self._resign()

    async def _campaign(self) -> None:
        while not await self._try():
            await asyncio.sleep(self._times.retry_s * random.uniform(1.0, 1.2))

    async def _reign(self, lead: Callable[[], Awaitable[None]]) -> bool:
        """Whether the work ended by itself; False when the Lease was lost. The work has ended when this returns."""
        work = asyncio.ensure_future(lead())
        still_by = self._term.still_by()
        try:
            while True:
                await asyncio.wait((work,), timeout=min(self._times.retry_s, self._term.left_s(self._clock())))
                if work.done():
                    work.result()
                    return True
                # Taken before the Lease is read: once it is seen in other hands, our own term is forgotten.
                still_by = self._term.still_by()
                if not self.leads() or (not await self._try() and not self.leads()):
                    return False
        finally:
            await self._end(work, max(still_by, self._term.still_by()))

    async def _end(self, work: asyncio.Future[None], still_by: float) -> None:
        if work.done():
            return
        work.cancel()
        await asyncio.wait((work,), timeout=max(0.0, still_by - self._clock()))
        if not work.done():
            raise LeadershipLost(
                f"the Lease {self._request} is lost, and the work under it did not end within "
                f"{self._times.lease_s - self._times.renew_s:.0f} s of being told; this process has to end"
            )
        if not work.cancelled() and (error := work.exception()) is not None:
            log.error("the work under the Lease %s ended by %s", self._request, in_words(error))

    async def _try(self) -> bool:
        """Take or renew the Lease. One call that hangs is given up while there is time for another."""
        now = self._clock()
        limit_s = self._times.renew_s / 2
        if self._term.leads(now):
            limit_s = min(limit_s, self._term.left_s(now))
        try:
            async with asyncio.timeout(limit_s):
                return await self._take()
        except Conflict:
            log.info("%s: another replica wrote the Lease %s first", self._identity, self._request)
        except TimeoutError:
            log.warning("%s: the Lease %s: no answer in %.1f s", self._identity, self._request, limit_s)
        except KvnodeError as error:
            log.warning("%s: the Lease %s: %s", self._identity, self._request, in_words(error))
        return False

    async def _take(self) -> bool:
        lease = await self._client.find(LEASES, self._request, Lease)
        sent_at = self._clock()
        if lease is None:
            body = {
                "apiVersion": LEASES.api_version,
                "kind": LEASES.kind,
                "metadata": {"namespace": self._request.namespace, "name": self._request.name},
                "spec": self._spec(LeaseSpec(), taken=True),
            }
            await self._client.create(LEASES, body)
            self._term.renewed(sent_at)
            return True
        self._term.observe(lease, sent_at)
        if not self._term.may_take(lease, sent_at):
            return False
        taken = lease.spec.holder_identity != self._identity
        await self._client.merge_patch(
            LEASES,
            self._request,
            {"spec": self._spec(lease.spec, taken)},
            resource_version=lease.metadata.resource_version,
            uid=lease.metadata.uid,
        )
        self._term.renewed(sent_at)
        return True

    def _spec(self, old: LeaseSpec, taken: bool) -> dict[str, object]:
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec: dict[str, object] = {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": max(1, round(self._times.lease_s)),
            "renewTime": now,
        }
        if taken:
            spec |= {"acquireTime": now, "leaseTransitions": (old.lease_transitions or 0) + 1}
        return spec

    async def _resign(self) -> None:
        """Give the Lease back, if it is ours, so that nobody has to wait for it to run out."""
        if not self.leads():
            return
        self._term.resigned()
        with contextlib.suppress(KvnodeError, TimeoutError):
            async with asyncio.timeout(self._times.retry_s):
                lease = await self._client.get(LEASES, self._request, Lease)
                if lease.spec.holder_identity == self._identity:
                    await self._client.merge_patch(
                        LEASES,
                        self._request,
                        {"spec": {"holderIdentity": "", "leaseDurationSeconds": 1}},
                        resource_version=lease.metadata.resource_version,
                        uid=lease.metadata.uid,
                    )
