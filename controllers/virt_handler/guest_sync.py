"""The reconcile of this node's guests: from Scheduled to Running, and from there to the end.

    Scheduled ──its launcher waits: start──▶ Running ──the launcher says so, or its Pod does──▶ Succeeded | Failed

What blocks (starts, connections) runs on threads of its own and comes back as an outcome; a reconcile looks at what is
known, begins what is missing and writes what is new.  A guest that runs is only ever followed: the one thing that is
asked of its launcher is to stop, when the guest's deletion was asked for, and a launcher that is silent is waited for.

It may be cut off after any of its calls and taken up by another handler that remembers nothing.  So an end is reported,
then told, then written as the phase: once the phase is there nobody looks any more.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from controllers.runtime.backoff import Backoff
from controllers.runtime.client import ApiClient
from controllers.runtime.conditions import wall_time
from controllers.runtime.controller import Result
from controllers.runtime.events import NORMAL, WARNING, EventRecorder
from controllers.runtime.faults import in_words
from controllers.runtime.finalizers import is_deleted
from controllers.runtime.informer import Informer
from controllers.runtime.resources import Request, request_of
from controllers.virt_handler.followed import FollowedGuest
from controllers.virt_handler.guest_memory import GuestMemory, Work
from controllers.virt_handler.guest_status import (
    ENDED,
    credible,
    end_of_pod,
    end_report,
    fault_report,
    is_contradicted,
    phase_patch,
    report,
    says_the_same,
    silent_report,
)
from controllers.virt_handler.objects import GUESTS, Pod, is_over, pod_of
from kvnode.api.defaults import default
from kvnode.api.instance import VirtualMachineInstance
from kvnode.errors import HostError, KvnodeError
from kvnode.runtime.handover import DomainFailed
from kvnode.runtime.pod_lock import PodBusy
from kvnode.runtime.pod_node import (
    NodeHalf,
    PodGuest,
    PodPlace,
    adopt_guest,
    forget_pod,
    last_status,
    read_pod_record,
    start_in_pod,
    stop_guest_in_pod,
)
from kvnode.runtime.progress import Progress
from kvnode.runtime.protocol import ProtocolError, Status

BY_GUEST = "guest uid"
"""The index that finds launchers' Pods by the uid of their guest."""

SOON_S = 0.3
SILENT_S = 5.0
# A launcher comes up within seconds of its container; after so many looks it is no longer looked for at every moment.
LOOKS_SOON = 20
SAY_AGAIN_S = 5.0
HUNG_UP = Backoff(SOON_S, 30.0)
SILENCE = Backoff(SILENT_S, 30.0)
FAULT = Backoff(SOON_S, 60.0)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Folders:
    """Where the kubelet has its Pods, and where we keep what we know of ours."""

    kubelet: Path
    state: Path

    def place(self, pod: Pod) -> PodPlace:
        """A Pod on this node; HostError where its uid isn't one."""
        return PodPlace.of(self.kubelet, self.state, pod.metadata.uid or "")


class GuestSync:
    """See the module.

    node     -- this node's name
    half     -- makes what a start needs to know of the node, as it is now; called on a thread
    wake     -- has a guest reconciled again
    threads  -- for what blocks
    """

    def __init__(
        self,
        client: ApiClient,
        events: EventRecorder,
        guests: Informer[VirtualMachineInstance],
        pods: Informer[Pod],
        folders: Folders,
        node: str,
        half: Callable[[], NodeHalf],
        wake: Callable[[Request], None],
        threads: Executor,
    ) -> None:
        self._client = client
        self._events = events
        self._guests = guests
        self._pods = pods
        self._folders = folders
        self._node = node
        self._half = half
        self._wake = wake
        self._threads = threads
        self._known: dict[str, GuestMemory] = {}
        self._uids: dict[Request, str] = {}

    async def reconcile(self, request: Request) -> Result | None:
        """Bring one guest a step further."""
        vmi = self._guests.get(request)
        if vmi is None or vmi.status.node_name not in (None, self._node):
            self._forget(request)
            return None
        known = self._memory(vmi)
        phase = vmi.status.phase
        if phase in ENDED:
            self._forget(request)
            return None
        if phase not in ("Scheduled", "Running"):
            return None
        if known.has_ended:
            return Result(SILENT_S)
        pod = pod_of(vmi, self._pods.by_index(BY_GUEST, vmi.metadata.uid or ""), self._node)
        followed = known.followed
        if followed is not None and (pod is None or followed.place.uid == pod.metadata.uid):
            # Its launcher speaks for itself, whether or not its Pod's object is still there.
            return await self._go_on(vmi, known, followed)
        if pod is None:
            # Seen by nobody is not gone: the controller asks the API server itself and ends the guest where it is.
            return Result(SILENT_S)
        return await self._begin(vmi, pod, known)

    def close(self) -> None:
        """Lets go of every launcher; all guests go on."""
        for known in self._known.values():
            known.close()
        self._known.clear()
        self._uids.clear()

    def _memory(self, vmi: VirtualMachineInstance) -> GuestMemory:
        """What is known of this very guest; of another one that had its name before, nothing is any more."""
        request, uid = request_of(vmi), vmi.metadata.uid or ""
        if self._uids.get(request) != uid:
            self._forget(request)
            self._uids[request] = uid
            self._known[uid] = GuestMemory(request)
        return self._known[uid]

    def _forget(self, request: Request) -> None:
        """Lets go of a guest that isn't this node's any more, and of what is kept of its Pod where that is gone."""
        known = self._known.pop(self._uids.pop(request, ""), None)
        if known is None:
            return
        place = known.followed.place if known.followed is not None else known.place
        known.close()
        if place is not None and not place.public.exists():
            try:
                forget_pod(place)
            except HostError as error:
                log.warning("%s: %s", request, error)

    # -- a guest that isn't followed

    async def _begin(self, vmi: VirtualMachineInstance, pod: Pod, known: GuestMemory) -> Result | None:
        place = self._folders.place(pod)
        if known.place != place:
            known.drop_work()
            known.went_well()
            known.place = place
        work = known.work
        if work is not None and work.done():
            return await self._outcome(vmi, known, place, work)
        if is_over(pod):
            await self._end(vmi, known, place, last_status(place) or end_of_pod(pod))
            return None
        if work is not None:
            return None
        if vmi.status.phase == "Scheduled" and (is_deleted(vmi) or is_deleted(pod)):
            # Not begun, so it isn't begun: with its Pod's deletion the launcher ends by itself.
            return Result(SILENT_S)
        if rest_s := known.rest_s():
            return Result(rest_s)
        known.work = self._submit(vmi, place)
        known.work.add_done_callback(lambda _: self._wake(known.request))
        return None

    def _submit(self, vmi: VirtualMachineInstance, place: PodPlace) -> Work:
        """Starts what is to be done with the guest's launcher on a thread."""
        running = vmi.status.phase == "Running"
        task = partial(adopt_guest, place) if running else partial(self._start, vmi, place)
        return asyncio.get_running_loop().run_in_executor(self._threads, task)

    def _start(self, vmi: VirtualMachineInstance, place: PodPlace) -> PodGuest:
        half = self._half()
        progress = Progress()
        guest = start_in_pod(default(vmi, half.configuration), place, half, progress)
        steps = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in progress.steps)
        log.info("%s: %s", request_of(vmi), steps or "it ran already")
        return guest

    async def _outcome(
        self, vmi: VirtualMachineInstance, known: GuestMemory, place: PodPlace, work: Work
    ) -> Result | None:
        """What came of the work; it is kept until that is told, as another try may not find it out again."""
        try:
            guest = work.result()
        except (ProtocolError, PodBusy) as error:
            known.drop_work()
            return await self._unheard(vmi, known, place, error)
        except DomainFailed as error:
            await self._end(vmi, known, place, Status("Failed", error.reason, error.message))
            return None
        except KvnodeError as error:
            await self._tell_fault(vmi, known, place, error)
            known.failed(FAULT)
            raise
        except BaseException:
            known.failed(FAULT)
            raise
        known.went_well()
        followed = FollowedGuest(place, guest, lambda: self._wake(known.request))
        known.follow(followed)
        return await self._go_on(vmi, known, followed)

    async def _unheard(
        self, vmi: VirtualMachineInstance, known: GuestMemory, place: PodPlace, error: KvnodeError
    ) -> Result | None:
        """No launcher answers. One that is still to come is waited for; of one that is silent only that is said."""
        end = last_status(place)
        if end is not None:
            await self._end(vmi, known, place, end)
            return None
        pause_s = known.broke_off(SILENCE)
        if vmi.status.phase == "Scheduled":
            return Result(SOON_S if known.breaks <= LOOKS_SOON else SILENT_S)
        await self._report(vmi, known, silent_report(vmi, read_pod_record(place), str(error), wall_time()))
        log.warning("%s: %s; it is left alone and asked again", known.request, error)
        return Result(pause_s)

    # -- a guest that is followed

    async def _go_on(self, vmi: VirtualMachineInstance, known: GuestMemory, followed: FollowedGuest) -> Result | None:
        status = credible(followed.status)
        if status.phase in ENDED:
            await self._end(vmi, known, followed.place, status)
            return None
        if followed.lost is not None:
            return await self._lost(vmi, known, followed)
        # First, and whatever becomes of the report: a stop needs no API server.
        fault = await self._stop(vmi, followed)
        await self._report(vmi, known, report(vmi, followed.record, status, wall_time()))
        if vmi.status.phase != "Running" and status.phase == "Running":
            self._tell(vmi, known, NORMAL, "Started", f"the guest runs on node {self._node}")
            await self._write_phase(vmi, "Running")
        if fault is not None:
            raise fault
        return None

    async def _lost(self, vmi: VirtualMachineInstance, known: GuestMemory, followed: FollowedGuest) -> Result | None:
        """The connection broke off: with the guest's end, or by itself, which the next look says."""
        end = last_status(followed.place)
        if end is not None:
            await self._end(vmi, known, followed.place, end)
            return None
        pause_s = known.broke_off(HUNG_UP)
        known.unfollow()
        return Result(pause_s)

    async def _stop(self, vmi: VirtualMachineInstance, followed: FollowedGuest) -> KvnodeError | None:
        """Asks a guest to stop whose deletion was asked for, and again once it is given less time; why that failed."""
        if not is_deleted(vmi):
            return None
        grace_s = vmi.spec.termination_grace_period_seconds
        wanted_s = math.inf if grace_s is None else max(grace_s, 0)
        if followed.asked_s is not None and wanted_s >= followed.asked_s:
            return None
        ask = partial(stop_guest_in_pod, followed.place, None if grace_s is None else max(grace_s, 0))
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        except KvnodeError as error:
            return error
        followed.asked_s = wanted_s
        return None

    # -- what is written

    async def _end(self, vmi: VirtualMachineInstance, known: GuestMemory, place: PodPlace, end: Status) -> None:
        """Reports how the guest ended, tells it, writes it: in this order, and again until it is written."""
        status = credible(end)
        record = known.followed.record if known.followed is not None else read_pod_record(place)
        await self._report(vmi, known, end_report(vmi, record, status, wall_time()))
        kind = WARNING if status.phase == "Failed" else NORMAL
        self._tell(vmi, known, kind, status.reason or "Stopped", status.message or "the guest has ended")
        if await self._write_phase(vmi, status.phase):
            known.ended_at = time.monotonic()
            known.close()

    async def _tell_fault(
        self, vmi: VirtualMachineInstance, known: GuestMemory, place: PodPlace, error: KvnodeError
    ) -> None:
        """Why a start failed, as conditions and as an event; of a guest that runs, why nothing is known of it."""
        message = in_words(error)
        if vmi.status.phase == "Running":
            body = silent_report(vmi, read_pod_record(place), message, wall_time())
        else:
            body = fault_report(vmi, error.reason, message, wall_time())
        await self._report(vmi, known, body)
        self._events.event(GUESTS, vmi, WARNING, error.reason, message)

    def _tell(self, vmi: VirtualMachineInstance, known: GuestMemory, kind: str, reason: str, message: str) -> None:
        if reason not in known.told:
            known.told.add(reason)
            self._events.event(GUESTS, vmi, kind, reason, message)

    async def _report(self, vmi: VirtualMachineInstance, known: GuestMemory, body: dict[str, Any]) -> None:
        """Applies a report, unless it is what was applied last and what still stands there.

        Somebody who says otherwise is answered, but not word for word: two who insist would never end.
        """
        said = known.reported is not None and says_the_same(known.reported, body)
        if said and not (is_contradicted(body, vmi) and known.say_again(SAY_AGAIN_S, self._wake)):
            return
        await self._client.apply(GUESTS, body, subresource="status")
        known.reported, known.said_at = body, time.monotonic()

    async def _write_phase(self, vmi: VirtualMachineInstance, phase: str) -> bool:
        """Moves the guest to a later phase; whether it is in one now.

        By what the API server has now: our own report is no reason against it, and a guest that has ended stays so.
        """
        live = await self._client.get(GUESTS, request_of(vmi), VirtualMachineInstance)
        if live.metadata.uid != vmi.metadata.uid:
            return False
        if live.status.phase == phase or live.status.phase in ENDED:
            return True
        if live.status.phase not in ("Scheduled", "Running"):
            return False
        await self._client.merge_patch(
            GUESTS,
            request_of(vmi),
            phase_patch(live, phase, wall_time()),
            resource_version=live.metadata.resource_version,
            uid=vmi.metadata.uid,
            subresource="status",
        )
        return True
