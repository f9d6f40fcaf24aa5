"""The reconcile of this node's guests: from Scheduled to Running, and from there to the end.

    Scheduled ──its launcher waits: start──▶ Running ──the launcher says so, or its Pod does──▶ Succeeded | Failed

What blocks (starts, connections) runs on threads of its own and comes back as an outcome; a reconcile looks at what is
known, begins what is missing and writes what is new.  A guest that runs is only ever followed: the one thing that is
asked of its launcher is to stop, when the guest's deletion was asked for, and a launcher that is silent is waited for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from controllers.runtime.client import ApiClient
from controllers.runtime.conditions import wall_time
from controllers.runtime.controller import Result
from controllers.runtime.events import NORMAL, WARNING, EventRecorder
from controllers.runtime.faults import in_words
from controllers.runtime.finalizers import is_deleted
from controllers.runtime.informer import Informer
from controllers.runtime.resources import Request, request_of
from controllers.virt_handler.followed import FollowedGuest
from controllers.virt_handler.guest_status import (
    ENDED,
    end_of_pod,
    fault_report,
    phase_patch,
    report,
    silent_report,
)
from controllers.virt_handler.objects import GUESTS, Pod, is_over, pod_of
from kvnode.api.defaults import default
from kvnode.api.instance import VirtualMachineInstance
from kvnode.errors import KvnodeError
from kvnode.runtime.handover import DomainFailed
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
        self._followed: dict[str, FollowedGuest] = {}
        self._work: dict[str, asyncio.Future[PodGuest]] = {}
        self._reported: dict[str, dict[str, Any]] = {}

    async def reconcile(self, request: Request) -> Result | None:
        """Bring one guest a step further."""
        vmi = self._guests.get(request)
        if vmi is None or vmi.status.node_name not in (None, self._node):
            self._forget_strangers()
            return None
        uid, phase = vmi.metadata.uid or "", vmi.status.phase
        if phase in ENDED:
            self._forget(uid)
            return None
        if phase not in ("Scheduled", "Running"):
            return None
        pod = pod_of(vmi, self._pods.by_index(BY_GUEST, uid), self._node)
        if pod is None:
            # Seen by nobody is not gone: the controller asks the API server itself and ends the guest where it is.
            return Result(SILENT_S)
        followed = self._followed.get(uid)
        if followed is not None and followed.place.uid == pod.metadata.uid:
            return await self._go_on(vmi, pod, followed)
        return await self._begin(vmi, pod)

    def close(self) -> None:
        """Lets go of every launcher; all guests go on."""
        for uid in list(self._followed):
            self._forget(uid)

    # -- a guest that isn't followed

    async def _begin(self, vmi: VirtualMachineInstance, pod: Pod) -> Result | None:
        uid = vmi.metadata.uid or ""
        if is_over(pod):
            await self._end(vmi, self._last_word(pod))
            return None
        work = self._work.get(uid)
        if work is None and is_deleted(vmi) and vmi.status.phase == "Scheduled":
            # Not begun, so it isn't begun: with its Pod's deletion the launcher ends by itself.
            return Result(SILENT_S)
        if work is None:
            self._work[uid] = work = self._submit(vmi, pod)
            work.add_done_callback(lambda _: self._wake(request_of(vmi)))
        if not work.done():
            return None
        del self._work[uid]
        try:
            guest = work.result()
        except ProtocolError as error:
            return await self._unheard(vmi, pod, error)
        except DomainFailed as error:
            await self._end(vmi, Status("Failed", error.reason, error.message))
            return None
        except KvnodeError as error:
            await self._tell_fault(vmi, error)
            raise
        place = self._folders.place(pod)
        followed = FollowedGuest(place, guest, lambda: self._wake(request_of(vmi)))
        self._followed[uid] = followed
        return await self._go_on(vmi, pod, followed)

    def _submit(self, vmi: VirtualMachineInstance, pod: Pod) -> asyncio.Future[PodGuest]:
        """Starts what is to be done with the guest's launcher on a thread."""
        place = self._folders.place(pod)
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

    async def _unheard(self, vmi: VirtualMachineInstance, pod: Pod, error: ProtocolError) -> Result:
        """No launcher answers. One that is still to come is waited for; of one that is silent only that is said."""
        place = self._folders.place(pod)
        if vmi.status.phase == "Scheduled":
            return Result(SOON_S)
        end = last_status(place)
        if end is not None:
            await self._end(vmi, end)
            return Result()
        record = read_pod_record(place)
        if record is not None:
            await self._report(vmi, silent_report(vmi, record, Status("Running"), str(error), wall_time()))
        log.warning("%s: %s; it is left alone and asked again", request_of(vmi), error)
        return Result(SILENT_S)

    # -- a guest that is followed

    async def _go_on(self, vmi: VirtualMachineInstance, pod: Pod, followed: FollowedGuest) -> Result | None:
        status = followed.status
        if status.phase in ENDED:
            await self._report(vmi, report(vmi, followed.record, status, wall_time()))
            await self._end(vmi, status)
            return None
        if followed.lost is not None:
            # Whether it has gone or only the connection has, the next look says.
            self._forget(vmi.metadata.uid or "")
            return Result(SOON_S)
        await self._report(vmi, report(vmi, followed.record, status, wall_time()))
        if vmi.status.phase != "Running":
            await self._write_phase(vmi, "Running")
            self._events.event(GUESTS, vmi, NORMAL, "Started", f"the guest runs on node {self._node}")
        if is_deleted(vmi) and not status.stopping:
            await asyncio.get_running_loop().run_in_executor(self._threads, stop_guest_in_pod, followed.place)
        return None

    # -- what is written

    def _last_word(self, pod: Pod) -> Status:
        """How the guest of a Pod that has ended went: in its folder, where the kubelet has not emptied that yet."""
        return last_status(self._folders.place(pod)) or end_of_pod(pod)

    async def _end(self, vmi: VirtualMachineInstance, status: Status) -> None:
        failed = status.phase == "Failed"
        if vmi.metadata.uid not in self._followed:
            await self._report(vmi, fault_report(vmi, status.reason or "GuestEnded", status.message, wall_time()))
        await self._write_phase(vmi, status.phase)
        kind = WARNING if failed else NORMAL
        self._events.event(GUESTS, vmi, kind, status.reason or "Stopped", status.message or "the guest has ended")
        self._forget(vmi.metadata.uid or "")

    async def _tell_fault(self, vmi: VirtualMachineInstance, error: KvnodeError) -> None:
        """Why a start failed: as conditions and as an event. It is tried again."""
        message = in_words(error)
        await self._report(vmi, fault_report(vmi, error.reason, message, wall_time()))
        self._events.event(GUESTS, vmi, WARNING, error.reason, message)

    async def _report(self, vmi: VirtualMachineInstance, body: dict[str, Any]) -> None:
        """Applies a report, unless it is what was applied last."""
        uid = vmi.metadata.uid or ""
        known = self._reported.get(uid)
        if known is not None and _timeless(known) == _timeless(body):
            return
        await self._client.apply(GUESTS, body, subresource="status")
        self._reported[uid] = body

    async def _write_phase(self, vmi: VirtualMachineInstance, phase: str) -> None:
        """Moves the guest to another phase, where nobody has since; our own report is no reason against it."""
        live = await self._client.get(GUESTS, request_of(vmi), VirtualMachineInstance)
        if live.metadata.uid != vmi.metadata.uid or live.status.phase != vmi.status.phase:
            return
        await self._client.merge_patch(
            GUESTS,
            request_of(vmi),
            phase_patch(live, phase, wall_time()),
            resource_version=live.metadata.resource_version,
            uid=vmi.metadata.uid,
            subresource="status",
        )

    # -- what is forgotten

    def _forget(self, uid: str) -> None:
        followed = self._followed.pop(uid, None)
        if followed is not None:
            followed.close()
        self._reported.pop(uid, None)

    def _forget_strangers(self) -> None:
        """Lets go of guests that are none of this node's any more, and of what is kept of Pods that are gone."""
        known = {guest.metadata.uid for guest in self._guests.items()}
        for uid in [uid for uid in self._followed if uid not in known]:
            place = self._followed[uid].place
            self._forget(uid)
            if not place.public.exists():
                forget_pod(place)


def _timeless(body: dict[str, Any]) -> dict[str, Any]:
    """A report without the times in it, which change nothing."""
    status = body["status"]
    conditions = [{**one, "lastTransitionTime": ""} for one in status["conditions"]]
    return {**body, "status": {**status, "conditions": conditions}}
