"""A guest's start, from a manifest that was found good to a guest that runs.

One thing after the other, each shown with its time, and one ``ExitStack`` that takes everything back where a step
fails.  The sandbox and its launcher come up while the network is made; the plan is made twice, first to see whether
the guest fits and what its disks are, then with the addresses that the network gave.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from kvnode.api.encode import to_dict
from kvnode.api.instance import VirtualMachineInstance
from kvnode.errors import AlreadyExists, HostError, KvnodeError
from kvnode.facts import HostFacts, LinkFacts
from kvnode.host import probe_host
from kvnode.network.links import probe_links
from kvnode.network.netns import Netns
from kvnode.network.resolver import guest_resolver
from kvnode.network.sandbox_network import attach
from kvnode.paths import GuestPaths, NodePaths
from kvnode.planning import DomainPlan, plan
from kvnode.planning.disk_operations import DISKS_DIR, disk_operations
from kvnode.planning.hostname import guest_hostname
from kvnode.planning.settings import Configuration
from kvnode.runtime.capabilities import ensure_capabilities, with_capabilities
from kvnode.runtime.guests import (
    GuestRecord,
    locked_guests,
    processes_in,
    read_bounded,
    read_record,
    remove_empty,
    remove_state,
    write_record,
    write_whole,
)
from kvnode.runtime.handover import (
    DomainFailed,
    allow_locked_memory,
    hand_over_network,
    start_domain,
    start_order,
)
from kvnode.runtime.interrupts import interrupts_deferred
from kvnode.runtime.launcher.config import LauncherConfig
from kvnode.runtime.launcher_client import SOCKET_NAME, await_launcher
from kvnode.runtime.node import END_FILE, KEEPER_S, abandon, reap
from kvnode.runtime.own_cpus import own_cpus, without_taken_cpus
from kvnode.runtime.process import Process
from kvnode.runtime.progress import Progress
from kvnode.runtime.protocol import Connection, Status
from kvnode.runtime.realtime import check_realtime, give_realtime
from kvnode.runtime.sandbox import (
    CAPABILITIES_FOLDER,
    LIBVIRT_ROOT,
    POD_FOLDER,
    PRIVATE_FOLDER,
    STANDALONE_UID,
    Sandbox,
    pod_order,
    start_sandbox,
)
from kvnode.storage.block_sizes import with_block_sizes
from kvnode.storage.container_disks import DiskCache, container_disk_facts, unwrap_container_disks
from kvnode.storage.guest_disks import PreparedDisk, prepare_disks, remove_disks
from kvnode.storage.images import ImageStore
from kvnode.storage.kernel_boot import unpack_kernel

LAUNCHER_S = 30.0
_REAP = """\
import sys
sys.path[:0] = {folders!r}
from kvnode.runtime.reap import main
sys.exit(main(sys.argv[1:]))
"""


class Started(msgspec.Struct, frozen=True):
    """A guest that runs, and the connection that follows it."""

    record: GuestRecord
    paths: GuestPaths
    plan: DomainPlan
    status: Status
    connection: Connection


def start_guest(
    vmi: VirtualMachineInstance,
    node: NodePaths,
    progress: Progress,
    *,
    attached: bool,
    interruptible: bool = False,
    host: HostFacts | None = None,
    config: Configuration | None = None,
    taken: Callable[[Started], None] = lambda _started: None,
) -> Started:
    """Starts a guest and returns once it runs.

    vmi       -- defaulted and validated, references resolved
    attached  -- the caller stays with the guest and forgets it when it has ended
    interruptible -- SIGTERM interrupts the calling process as Ctrl-C does, so that a stop may send it
    config    -- ``spec.configuration`` of the KubeVirt resource that counts
    taken     -- is handed the guest at the moment from which it is the caller's, interruptions or not

    Raises AlreadyExists, NoFit, HostError, InvalidImage ...; nothing is left then.
    """
    if os.geteuid() != 0:
        raise HostError("starting a guest takes root: it makes namespaces, links and disks; run it with sudo")
    namespace, name = vmi.metadata.namespace or "default", vmi.metadata.name or ""
    paths = GuestPaths.of(namespace, name, node)
    with contextlib.ExitStack() as undo:
        record = GuestRecord(namespace, name, time.time(), attached=attached, starter=Process.of(os.getpid()))
        record = msgspec.structs.replace(record, interruptible=interruptible)
        with interrupts_deferred():
            _claim(node, paths, record)
            undo.callback(_abandon, node, paths, progress)
        started = _Start(vmi, node, paths, record, progress, undo, config).run(host)
        with interrupts_deferred():
            undo.pop_all()
            taken(started)
    return started


def _claim(node: NodePaths, paths: GuestPaths, record: GuestRecord) -> None:
    """Makes the guest's folder its own; what a guest of that name left is taken away, one that runs is not."""
    with locked_guests(node):
        _sweep(node)
        if paths.state.exists() or paths.private.exists():
            there = read_record(paths)
            if processes_in(paths) or (there is not None and there.starting):
                raise AlreadyExists(
                    f"a guest {record.name!r} is in namespace {record.namespace!r} already: "
                    f"stop it (kvnode stop {record.name} -n {record.namespace}) or choose another --name"
                )
            if there is not None and there.keeper is not None:
                there.keeper.wait(KEEPER_S)
            reap(node, paths)
            remove_state(paths)
        try:
            paths.state.mkdir(mode=0o700)
            for folder in (paths.state / "root", paths.pod):
                folder.mkdir(mode=0o750)
            paths.private.mkdir(mode=0o750, parents=True, exist_ok=True)
            for folder in (paths.pod, paths.private):
                os.chown(folder, STANDALONE_UID, STANDALONE_UID)
        except OSError as error:
            remove_state(paths)
            raise HostError(f"the guest's folder {paths.state} can't be made: {error.strerror}") from error
        write_record(paths, record)


def _sweep(node: NodePaths) -> None:
    """Takes away disks whose guests nobody knows any more: a machine that went down has lost their records.

    Only those from before this machine's start: of a younger one the record may be where we can't see it.
    """
    machine_started = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    with contextlib.suppress(FileNotFoundError):
        for private in (node.lib / "guests").iterdir():
            # What can't be removed is no reason to start no guest any more.
            with contextlib.suppress(OSError, HostError):
                if private.stat().st_mtime < machine_started and not (node.guests / private.name).exists():
                    remove_disks(private)
                    remove_empty(private)


def _abandon(node: NodePaths, paths: GuestPaths, progress: Progress) -> None:
    """The way back of a start that failed; its own failure is told and must not hide the first one."""
    with interrupts_deferred():
        try:
            abandon(node, paths)
        except (KvnodeError, OSError) as error:
            progress.note(f"{error}; `kvnode stop` tries again to take it away")


class _Start:
    """One start under way."""

    def __init__(
        self,
        vmi: VirtualMachineInstance,
        node: NodePaths,
        paths: GuestPaths,
        record: GuestRecord,
        progress: Progress,
        undo: contextlib.ExitStack,
        config: Configuration | None,
    ) -> None:
        self.vmi = vmi
        self.node = node
        self.paths = paths
        self.record = record
        self.progress = progress
        self.undo = undo
        self.config = config

    def run(self, host: HostFacts | None) -> Started:
        """All steps, in order."""
        with self.progress.step("look at the node"):
            host = host or probe_host()
            capabilities = ensure_capabilities(self.node, host, self.progress.note)
            host = with_capabilities(host, capabilities.facts)
            host = msgspec.structs.replace(host, emulation_allowed=True)
        with self.progress.step("find the images"):
            operations = disk_operations(self.vmi)
            cache = DiskCache(self.node.disks)
            cached = unwrap_container_disks(operations, ImageStore(self.node.images), cache, self.progress.note)
            volumes = container_disk_facts(operations, cached)
            volumes = with_block_sizes(self.vmi, {**host.volumes, **volumes}, self.paths.private)
            host = msgspec.structs.replace(host, volumes=volumes)
        with self.progress.step("plan"):
            draft, host = self._first_plan(host)
            if draft.hypervisor_note:
                self.progress.note(draft.hypervisor_note)
        self._unpack_kernel()
        with self.progress.step("prepare the disks"):
            disks = prepare_disks(
                draft.disk_operations, self.paths.private, STANDALONE_UID, STANDALONE_UID, cached, _nobody_listens
            )
        resolver = guest_resolver(self.vmi)
        with self.progress.step("make the sandbox"):
            sandbox = self._sandbox(disks, capabilities.folder, host, draft.memory.hugepage_bytes)
        with self._launcher_blamed(sandbox):
            allow_locked_memory(draft, sandbox.launcher)
            with self.progress.step("attach it to the network"), Netns.of_pid(sandbox.launcher.pid) as netns:
                attach(self.paths.state.name, sandbox.launcher.pid, self.node)
                link = probe_links(netns, "eth0", resolver)
                final = self._final_plan(host, link)
            with self.progress.step("hand the address over"):
                hand_over_network(final.network, sandbox.launcher.pid, STANDALONE_UID)
            with self.progress.step("start the domain"):
                connection, status = self._start_domain(final, sandbox.launcher)
        self._update(
            phase="Running",
            addresses=_addresses(final, link),
            console=bool(final.devices.serials),
            grace_period_s=final.grace_period_s,
        )
        sandbox.commit()
        return Started(self.record, self.paths, final, status, connection)

    def _unpack_kernel(self) -> None:
        """The kernel of a guest that boots one directly."""
        firmware = self.vmi.spec.domain.firmware
        boot = firmware.kernel_boot if firmware is not None else None
        if boot is not None and boot.container is not None:
            with self.progress.step("unpack the kernel"):
                unpack_kernel(boot.container, ImageStore(self.node.images), self.paths.private, self.progress.note)

    def _first_plan(self, host: HostFacts) -> tuple[DomainPlan, HostFacts]:
        """Whether the guest fits, and the host as it is for this guest, with the CPUs that it has taken for itself."""
        cpu = self.vmi.spec.domain.cpu
        if cpu is None or not cpu.dedicated_cpu_placement:
            return plan(self.vmi, host, self.config), host
        with locked_guests(self.node):
            host = without_taken_cpus(self.node, host, self.paths)
            draft = plan(self.vmi, host, self.config)
            self._update(cpus=own_cpus(draft))
        self.progress.note(f"CPUs {self.record.cpus} are this guest's; what isn't a guest isn't kept off them")
        return draft, host

    @contextlib.contextmanager
    def _launcher_blamed(self, sandbox: Sandbox) -> Iterator[None]:
        """Where the launcher has ended by itself, its own last words are the reason, not what then fails without it."""
        try:
            yield
        except DomainFailed:
            raise
        except KvnodeError as error:
            if sandbox.launcher.alive():
                raise
            said = (read_bounded(self.paths.state / "launcher.log", 2000, tail=True) or b"").decode(errors="replace")
            words = " | ".join(filter(None, map(str.strip, said.splitlines()))) or "nothing"
            raise HostError(f"the guest's launcher has ended at once; its last words: {words}") from error

    def _update(self, **changes: object) -> None:
        self.record = msgspec.structs.replace(self.record, **changes)
        write_record(self.paths, self.record)

    def _sandbox(
        self, disks: list[PreparedDisk], capabilities: Path, host: HostFacts, page_bytes: int | None
    ) -> Sandbox:
        config = LauncherConfig(
            socket=f"{POD_FOLDER}/{SOCKET_NAME}",
            libvirt_root=LIBVIRT_ROOT,
            capabilities=CAPABILITIES_FOLDER,
            end_file=f"{POD_FOLDER}/{END_FILE}",
            console_log=f"{POD_FOLDER}/console.log",
        )
        binds: list[tuple[str, str, bool]] = [
            (str(self.paths.private), PRIVATE_FOLDER, True),
            (str(capabilities), CAPABILITIES_FOLDER, False),
            *((str(disk.base), f"{DISKS_DIR}/{disk.index}/base", False) for disk in disks if disk.base is not None),
        ]
        order = pod_order(
            self.paths.state,
            program="launcher",
            arguments=[msgspec.json.encode(config).decode()],
            hostname=guest_hostname(self.vmi),
            binds=binds,
            devices=["net/tun", *(["kvm"] if host.kvm == "works" else [])],
            reap=reap_command(self.paths),
            hugepages=[page_bytes] if page_bytes is not None else [],
        )
        sandbox = start_sandbox(order)
        self.undo.callback(_end_sandbox, sandbox)
        self._update(launcher=sandbox.launcher, keeper=sandbox.keeper, phase="Scheduled")
        return sandbox

    def _final_plan(self, host: HostFacts, link: LinkFacts) -> DomainPlan:
        pod_networks = [network.name for network in self.vmi.spec.networks if network.pod is not None]
        host = msgspec.structs.replace(host, links=dict.fromkeys(pod_networks, link))
        return plan(self.vmi, host, self.config)

    def _start_domain(self, final: DomainPlan, launcher: Process) -> tuple[Connection, Status]:
        order = start_order(final)
        write_whole(self.paths.state / "domain.xml", order.xml.encode())
        write_whole(self.paths.state / "vmi.json", msgspec.json.encode(to_dict(self.vmi)))
        connection = await_launcher(self.paths.pod, STANDALONE_UID, LAUNCHER_S, launcher)
        self.undo.callback(connection.close)
        realtime = final.cpu_tune.realtime if final.cpu_tune is not None else None
        if realtime is not None:
            check_realtime()
        status = start_domain(connection, order)
        if realtime is not None and status.qemu_pid is not None:
            give_realtime(launcher.pid, status.qemu_pid, realtime)
        for name, milliseconds in status.timings_ms.items():
            self.progress.done(f"  {name}", milliseconds / 1000)
        return connection, status


def _nobody_listens(_line: str) -> None:
    """What takes milliseconds isn't told line by line."""


def _end_sandbox(sandbox: Sandbox) -> None:
    with interrupts_deferred():
        sandbox.abandon()
        sandbox.wait_for_keeper(KEEPER_S)


def reap_command(paths: GuestPaths) -> list[str]:
    """What the keeper runs once the launcher has ended."""
    # By its folders, since -I passes over PYTHONPATH and whatever a program did to its path.
    folders = [str(Path(__file__).resolve().parents[2]), *(folder for folder in sys.path if folder)]
    return [sys.executable, "-I", "-B", "-c", _REAP.format(folders=folders), paths.state.name]


def _addresses(final: DomainPlan, link: LinkFacts) -> tuple[str, ...]:
    """The addresses that the guest is reached at: the Pod's, IPv4 first."""
    plain = [address.partition("/")[0] for address in link.addresses]
    return tuple(sorted(plain, key=lambda address: ":" in address)) if final.network.interfaces else ()
