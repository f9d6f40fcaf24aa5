"""This node as its handler knows it: facts and capabilities, labels and heartbeat, and what is mended now and then.

What libvirt and QEMU can do is asked once for each build of both, in a sandbox like the standalone mode's, and kept on
the node: launchers have the handler's own image, so the answer is theirs too.  Until it is there nothing is started.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from pathlib import Path

from controllers.runtime.client import ApiClient
from controllers.runtime.conditions import wall_time
from controllers.runtime.faults import ApiError, in_words
from controllers.runtime.resources import Request
from controllers.virt_handler.cpu_manager import gives_own_cpus, unthrottled_realtime
from controllers.virt_handler.guest_sync import Folders
from controllers.virt_handler.node_labels import label_patch, node_labels, unschedulable_patch
from controllers.virt_handler.objects import NODES, Node
from kvnode.api.configuration import KubeVirtConfiguration
from kvnode.errors import HostError, KvnodeError
from kvnode.facts import HostFacts
from kvnode.host import probe_host
from kvnode.paths import NodePaths
from kvnode.runtime.capabilities import Capabilities, ensure_capabilities, with_capabilities
from kvnode.runtime.pod_lock import PodBusy
from kvnode.runtime.pod_node import NodeHalf, PodPlace, forget_pod, mend_guest, pods_with_launchers, read_pod_record
from kvnode.runtime.protocol import ProtocolError

HEARTBEAT_S = 60.0
AGAIN_S = 5.0
# What a handler that ends spends between its tries to say so: it has not got long, and a call may take its time too.
LAST_TRIES_S = (0.2, 0.5, 0.0)

log = logging.getLogger(__name__)


class ThisNode:
    """See the module.

    name     -- of the Node
    cgroups  -- where the host's cgroup hierarchies are
    """

    def __init__(
        self,
        name: str,
        folders: Folders,
        cgroups: Path,
        configuration: Callable[[], KubeVirtConfiguration],
        threads: Executor,
    ) -> None:
        self.name = name
        self.known = asyncio.Event()
        """Set once what libvirt and QEMU can do is known."""
        self._folders = folders
        self._cgroups = cgroups
        self._configuration = configuration
        self._threads = threads
        self._capabilities: Capabilities | None = None
        self._host: HostFacts | None = None

    def half(self) -> NodeHalf:
        """What a start needs to know of the node, as it is now; for a thread. HostError before ``known``."""
        if self._capabilities is None:
            raise HostError("what libvirt and QEMU can do on this node is still being asked")
        return NodeHalf(probe_host(), self._capabilities, self._configuration(), self._cgroups)

    def kvm_works(self) -> bool:
        """The verdict on KVM when the node was last looked at."""
        return self._host is not None and self._host.kvm == "works"

    async def learn(self) -> None:
        """Looks at the node, and asks libvirt and QEMU what they can do, until they have answered."""
        while not self.known.is_set():
            try:
                await self._on_a_thread(self._look)
                self.known.set()
            except (KvnodeError, OSError) as error:
                log.error("this node can't start guests: %s", in_words(error))
                await asyncio.sleep(AGAIN_S)

    def _look(self) -> None:
        host = probe_host()
        capabilities = self._capabilities or ensure_capabilities(NodePaths.here(), host, log.info)
        if self._host is None:
            log.info("KVM: %s%s", host.kvm, f" ({host.kvm_note})" if host.kvm_note else "")
        self._host, self._capabilities = with_capabilities(host, capabilities.facts), capabilities

    async def beat(self, client: ApiClient) -> None:
        """Keeps the node's labels, its heartbeat and its guests' servers as they should be; cancelled, it says that
        nothing new is to be sent here."""
        request = Request("", self.name)
        try:
            while True:
                await self.learn()
                # Guests are mended without an API server, and labels written whatever ails a guest.
                mended = await self._well(self._on_a_thread(self.mend), "its guests")
                labelled = await self._well(self._label(client, request), "the node")
                await asyncio.sleep(HEARTBEAT_S if mended and labelled else AGAIN_S)
        finally:
            await self._leave(client, request)

    async def _leave(self, client: ApiClient, request: Request) -> None:
        """Says that nothing new is to be sent here; a guest that is sent all the same waits for the next handler."""
        for pause_s in LAST_TRIES_S:
            try:
                await client.merge_patch(NODES, request, unschedulable_patch())
                return
            except ApiError as error:
                log.warning("the node %s keeps its label: %s", self.name, in_words(error))
            await asyncio.sleep(pause_s)

    async def _well(self, work: Awaitable[None], what: str) -> bool:
        """Whether the work was done; what kept it from that is told."""
        try:
            await work
        except (KvnodeError, OSError) as error:
            log.warning("%s: %s can't be looked after: %s", self.name, what, in_words(error))
            return False
        return True

    async def _on_a_thread(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _label(self, client: ApiClient, request: Request) -> None:
        await self._on_a_thread(self._look)
        assert self._host is not None
        there = await client.get(NODES, request, Node)
        labels = node_labels(self._host, gives_own_cpus(self._folders.kubelet), unthrottled_realtime())
        patch = label_patch(labels, there.metadata.labels or {}, wall_time())
        await client.merge_patch(NODES, request, patch)

    def mend(self) -> None:
        """Starts what guests of this node have lost beside them, and says so; no guest is touched. For a thread.

        It goes by the kubelet's folders and our records, so it needs no API server.
        """
        if self._capabilities is None or self._host is None:
            return
        half = NodeHalf(self._host, self._capabilities, cgroups=self._cgroups)
        for uid in pods_with_launchers(self._folders.kubelet):
            place = PodPlace.of(self._folders.kubelet, self._folders.state, uid)
            record = read_pod_record(place)
            if record is None:
                continue
            try:
                mended = mend_guest(place, record, half)
            except (ProtocolError, PodBusy):
                continue  # it has ended, is silent or is being started; none of them is ours to mend
            except (KvnodeError, OSError) as error:
                log.warning("%s/%s: what it lacks can't be mended: %s", record.namespace, record.name, in_words(error))
                continue
            if mended:
                log.warning(
                    "%s/%s: %d address server(s) were gone and run again", record.namespace, record.name, mended
                )
        self._forget_records()

    def _forget_records(self) -> None:
        """Removes what is kept of Pods whose folders the kubelet has removed, half-written records included."""
        there = set(pods_with_launchers(self._folders.kubelet))
        for uid in {file.name.partition(".")[0] for file in self._folders.state.glob("*.*")} - there:
            with contextlib.suppress(HostError):  # a file of somebody else's, or one that can't be removed now
                forget_pod(PodPlace.of(self._folders.kubelet, self._folders.state, uid))
