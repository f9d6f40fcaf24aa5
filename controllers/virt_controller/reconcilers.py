"""Between decisions and the API server: what is observed, and what becomes of a refusal.

Informers are read; where one doesn't have a Pod that ought to be there, the API server is asked, because a memory that
lags looks like an object that is gone. A refusal to create is no accident but news for the object's owner: it is told
as a condition and an event, and tried again with the queue's patience.
"""

import logging
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime

from controllers.launchers import controlling_guest, is_launcher_of, pod_name
from controllers.runtime.client import ApiClient
from controllers.runtime.controller import Result
from controllers.runtime.faults import Undecodable
from controllers.runtime.informer import Informer
from controllers.runtime.installation import INSTALLATIONS, Installation, LiveConfiguration
from controllers.runtime.resources import ApiObject, KubernetesObject, Request, Resource, request_of
from controllers.virt_controller import guest_life, installation, machine_life, node_life
from controllers.virt_controller.actions import Action, Apply, NotCreated, Recorder, Tell, carry_out
from controllers.virt_controller.components import DaemonSet, Deployment, components
from controllers.virt_controller.guest_life import Decision
from controllers.virt_controller.guest_ready import is_taken
from controllers.virt_controller.heartbeats import Heartbeats
from controllers.virt_controller.objects import (
    CREATED_BY,
    DOMAIN,
    GUESTS,
    MACHINES,
    NODES,
    PODS,
    Guest,
    Machine,
    Node,
    Pod,
)
from controllers.virt_controller.pod_verdict import is_over
from controllers.virt_controller.settings import LauncherSettings
from controllers.virt_controller.statements import Statement, timestamp, written
from kvnode.api.meta import ObjectMeta

Now = Callable[[], datetime]
# Seconds that nobody sets, for how long something has been so.
Clock = Callable[[], float]
log = logging.getLogger(__name__)
POD_OF = "guest uid"
"""The index that finds a launcher's Pod by the uid of the guest that controls it."""
POD_BY_NAME = "guest name"
"""The index that finds launchers' Pods by the namespace and name of their guest, whichever guest of that name."""
ON_NODE = "node"
"""The index that finds guests by their node."""


def claim_of(pod: Pod) -> tuple[Request, str] | None:
    """The guest that a launcher's Pod belongs to, and that guest's uid: its controlling owner.

    Of a Pod that nobody controls it is what was written on it when it was made, where the Pod's name is the one that
    follows from that: `kubectl delete --cascade=orphan` takes the owner away, and what runs in the Pod runs on.
    """
    meta = pod.metadata
    namespace = meta.namespace or ""
    owner = controlling_guest(meta)
    if owner is not None:
        return Request(namespace, owner.name), owner.uid
    name, uid = (meta.annotations or {}).get(DOMAIN), (meta.labels or {}).get(CREATED_BY)
    if not name or not uid or meta.name != pod_name(name, uid) or any(one.controller for one in meta.owner_references):
        return None
    return Request(namespace, name), uid


def guest_uid(pod: Pod) -> list[str]:
    """The uid of the guest that a launcher's Pod belongs to, as a list of one or none."""
    claim = claim_of(pod)
    return [claim[1]] if claim is not None else []


def guest_of_pod(pod: Pod) -> list[Request]:
    """The guest that a launcher's Pod belongs to, as a list of one or none."""
    claim = claim_of(pod)
    return [claim[0]] if claim is not None else []


def guest_name(pod: Pod) -> list[str]:
    """Namespace and name of the guest that a launcher's Pod belongs to, as a list of one or none."""
    return [str(request) for request in guest_of_pod(pod)]


def _is_its(guest: Guest, pod: Pod) -> bool:
    """Whether a Pod is this guest's. One that has lost its owner is, once the guest may run in it: until that Pod has
    gone nothing may take the guest for gone, or a second one would run beside it."""
    meta = guest.metadata
    if is_launcher_of(meta, pod.metadata):
        return True
    begun = guest.phase not in guest_life.BEFORE_HANDLER or (guest.phase == "Scheduling" and meta.deletion_timestamp)
    if not begun or controlling_guest(pod.metadata) is not None:
        return False
    return claim_of(pod) == (request_of(guest), meta.uid)


def node_of(guest: Guest) -> list[str]:
    """The node that a guest is on, as a list of one or none."""
    return [guest.status.node_name] if guest.status.node_name else []


def utc_now() -> datetime:
    return datetime.now(UTC)


class Reconciler:
    """What the three have in common: a client, events, a clock."""

    def __init__(self, client: ApiClient, recorder: Recorder, now: Now = utc_now) -> None:
        self._client = client
        self._recorder = recorder
        self._now = now
        self._told: dict[Request, str] = {}

    async def _do(
        self,
        decision: Decision,
        resource: Resource,
        subject: KubernetesObject,
        refused: Callable[[str, str], Decision] | None = None,
    ) -> Result:
        """Carry a decision out; what the API server refuses to create is told by ``refused`` and raised."""
        try:
            await carry_out(decision.actions, resource, subject, self._client, self._recorder)
        except NotCreated as error:
            if refused is not None:
                actions = refused(error.reason, str(error)).actions
                await carry_out(actions, resource, subject, self._client, self._recorder, error.version)
            raise
        return Result(decision.requeue_after_s)

    async def _tell_undecodable(self, fault: Undecodable, resource: Resource, statement: Statement) -> None:
        """Give an object that can't be read a condition that says why: once, since telling it changes it."""
        request = Request(fault.namespace, fault.name)
        if self._told.get(request) == str(fault):
            return
        meta = ObjectMeta(
            name=fault.name, namespace=fault.namespace, uid=fault.uid or None, resource_version=fault.resource_version
        )
        conditions = written([statement], (), timestamp(self._now()))
        actions: list[Action] = [
            Tell("Warning", statement.reason, statement.message),
            Apply({"conditions": conditions}),
        ]
        await carry_out(actions, resource, ApiObject(metadata=meta), self._client, self._recorder)
        self._told[request] = str(fault)


class GuestReconciler(Reconciler):
    """VirtualMachineInstances and their launcher Pods."""

    def __init__(
        self,
        client: ApiClient,
        recorder: Recorder,
        guests: Informer[Guest],
        pods: Informer[Pod],
        nodes: Informer[Node],
        heartbeats: Heartbeats,
        settings: LiveConfiguration[LauncherSettings],
        now: Now = utc_now,
        clock: Clock = time.monotonic,
    ) -> None:
        super().__init__(client, recorder, now)
        self._guests = guests
        self._pods = pods
        self._nodes = nodes
        self._heartbeats = heartbeats
        self._settings = settings
        self._clock = clock
        # Guests without their Pod: which, as a name may be taken by another one, and since when.
        self._missed_since: dict[Request, tuple[str, float]] = {}
        # Guests whose `Ready` we took from their handler, and when one of those was another again.
        self._taken: set[Request] = set()
        self._spoke_at: dict[Request, float] = {}

    async def reconcile(self, request: Request) -> Result:
        guest = self._guests.get(request)
        if guest is None:
            self._missed_since.pop(request, None)
            self._taken.discard(request)
            self._spoke_at.pop(request, None)
            return Result()
        pod = await self._pod(guest)
        missed_for_s = self._missed_for_s(request, guest, pod)
        silent_for_s = self._silent_for_s(request, guest)
        seen = guest_life.Seen(guest, pod, self._now(), missed_for_s, self._node(guest), silent_for_s)
        decision = guest_life.decide(seen, self._settings.current())
        return await self._do(
            decision, GUESTS, guest, lambda reason, message: guest_life.refused(seen, reason, message)
        )

    async def _pod(self, guest: Guest) -> Pod | None:
        """The guest's Pod; None is the API server's word, or that of a guest that was never seen by us before."""
        meta = guest.metadata
        for pod in self._pods.by_index(POD_OF, meta.uid or ""):
            if _is_its(guest, pod):
                return pod
        if not guest.phase and not meta.deletion_timestamp:
            return None
        request = Request(meta.namespace or "", pod_name(meta.name or "", meta.uid or ""))
        live = await self._client.find(PODS, request, Pod)
        return live if live is not None and _is_its(guest, live) else None

    def _missed_for_s(self, request: Request, guest: Guest, pod: Pod | None) -> float:
        """For how long a guest that should have a Pod has had none."""
        if pod is not None or guest.phase in ("", "Pending", *guest_life.FINAL):
            self._missed_since.pop(request, None)
            return 0.0
        uid, now = guest.metadata.uid or "", self._clock()
        missed, since = self._missed_since.get(request, (uid, now))
        if missed != uid:
            since = now
        self._missed_since[request] = uid, since
        return now - since

    def _silent_for_s(self, request: Request, guest: Guest) -> float:
        """For how long the guest's handler hasn't been heard of.

        One that writes over what we wrote lives, whatever its heartbeat is like: without this the two of us would
        write by turns.
        """
        if is_taken(guest):
            self._taken.add(request)
        elif request in self._taken:
            self._taken.discard(request)
            self._spoke_at[request] = self._clock()
        spoke_s = self._clock() - self._spoke_at.get(request, -math.inf)
        return min(self._heartbeats.silent_for_s(guest.status.node_name or ""), spoke_s)

    def _node(self, guest: Guest) -> Node | None:
        """The guest's node; None also where it can't be read or hasn't been listed yet, and then it isn't judged."""
        try:
            return self._nodes.get(Request("", guest.status.node_name or ""))
        except Undecodable:
            return None

    async def undecodable(self, fault: Undecodable) -> None:
        """Tell that a guest can't be read."""
        await self._tell_undecodable(fault, GUESTS, Statement("Synchronized", False, fault.reason, str(fault)))


class MachineReconciler(Reconciler):
    """VirtualMachines and the guests that they make."""

    def __init__(
        self,
        client: ApiClient,
        recorder: Recorder,
        machines: Informer[Machine],
        guests: Informer[Guest],
        pods: Informer[Pod],
        settings: LiveConfiguration[LauncherSettings],
        now: Now = utc_now,
    ) -> None:
        super().__init__(client, recorder, now)
        self._machines = machines
        self._guests = guests
        self._pods = pods
        self._settings = settings

    async def reconcile(self, request: Request) -> Result:
        machine = self._machines.get(request)
        if machine is None:
            return Result()
        guest = await self._guest(machine, request)
        left_behind = self._left_behind(request) if guest is None else None
        configuration = self._settings.current().configuration
        seen = machine_life.Seen(machine, guest, self._now(), left_behind, configuration)
        decision = machine_life.decide(seen)
        return await self._do(
            decision, MACHINES, machine, lambda reason, message: machine_life.refused(seen, reason, message)
        )

    async def _guest(self, machine: Machine, request: Request) -> Guest | None:
        guest = self._guests.get(request)
        if guest is None and machine.status.created:
            # It was there: that it is gone is asked, not concluded from a memory that may lag.
            guest = await self._client.find(GUESTS, request, Guest)
        return guest

    def _left_behind(self, request: Request) -> str | None:
        """The name of a Pod that outlives the object of its guest: somebody has taken that one's finalizer away."""
        for pod in self._pods.by_index(POD_BY_NAME, str(request)):
            [uid] = guest_uid(pod)
            if pod.metadata.name == pod_name(request.name, uid) and not is_over(pod):
                return pod.metadata.name
        return None

    def machine_left_behind(self, pod: Pod) -> list[Request]:
        """The machine that waits for a Pod to go whose guest is gone: for `Controller.watches`."""
        return [request for request in guest_of_pod(pod) if request not in self._guests.store]

    async def undecodable(self, fault: Undecodable) -> None:
        """Tell that a machine can't be read; where it is its guest, that guest's own controller tells it."""
        if Request(fault.namespace, fault.name) not in self._guests.store.undecodable:
            await self._tell_undecodable(fault, MACHINES, Statement("Failure", True, fault.reason, str(fault)))


class InstallationReconciler(Reconciler):
    """KubeVirt resources: what is in force, what is wrong with it, and how the daemons are."""

    def __init__(
        self,
        client: ApiClient,
        recorder: Recorder,
        installations: Informer[Installation],
        deployments: Informer[Deployment],
        daemon_sets: Informer[DaemonSet],
        settings: LiveConfiguration[LauncherSettings],
        now: Now = utc_now,
    ) -> None:
        super().__init__(client, recorder, now)
        self._installations = installations
        self._deployments = deployments
        self._daemon_sets = daemon_sets
        self._settings = settings

    async def reconcile(self, request: Request) -> Result:
        subject = self._installations.get(request)
        if subject is None:
            return Result()
        self._settings.current()
        chosen = self._settings.chosen()
        counts = chosen is not None and chosen.metadata.uid == subject.metadata.uid
        fault = self._settings.fault if counts else None
        parts = components(self._deployments.items(), self._daemon_sets.items())
        seen = installation.Seen(subject, counts, fault, parts, self._now())
        return await self._do(installation.decide(seen), INSTALLATIONS, subject)

    async def undecodable(self, fault: Undecodable) -> None:
        """Tell that a KubeVirt resource can't be read."""
        await self._tell_undecodable(fault, INSTALLATIONS, Statement("Degraded", True, fault.reason, str(fault)))

    def concerned(self, _: object) -> list[Request]:
        """Whom a daemon's object concerns: every KubeVirt resource."""
        return [request_of(one) for one in self._installations.items()]


class NodeReconciler(Reconciler):
    """Nodes: whether somebody is at home there who starts guests."""

    def __init__(
        self,
        client: ApiClient,
        recorder: Recorder,
        nodes: Informer[Node],
        heartbeats: Heartbeats,
    ) -> None:
        super().__init__(client, recorder)
        self._nodes = nodes
        self._heartbeats = heartbeats

    async def reconcile(self, request: Request) -> Result:
        node = self._nodes.get(request)
        if node is None:
            self._heartbeats.forget(request.name)
            return Result()
        return await self._do(node_life.decide(node_life.Seen(node, self._heartbeats.see(node))), NODES, node)

    async def undecodable(self, fault: Undecodable) -> None:
        """A node is not ours to write conditions to; what can't be read of it is in the log."""
        log.error("%s", fault)
