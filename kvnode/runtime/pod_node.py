"""The node's privileged half for a guest in a Pod: what ``starting`` does in a sandbox, where the kubelet made it.

The kubelet has made the Pod: its namespaces, its address, its folders, the mounts of its images.  The launcher in it
waits for its order.  Here its disks are made, its network is handed over, and the order is given.  What holds:

- A launcher is found by its Pod's own folder and known by three things: its user, its place at the socket's other end,
  and that it sees that very folder in its own mounts.  No path of the host comes from the API.
- What was seen of the Pod's network is written down before anything of it is changed: afterwards the Pod's link has no
  address to be seen any more.  Whoever comes back after a crash goes on from there.
- Every step may be repeated, and none touches a guest that runs.
- One start at a time works on a Pod, however many handlers there are (``pod_lock``).
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import msgspec

from kvnode.api.configuration import KubeVirtConfiguration
from kvnode.api.instance import VirtualMachineInstance
from kvnode.errors import VALUE_INVALID, FieldError, HostError, InvalidManifest, KvnodeError
from kvnode.facts import HostFacts, LinkFacts, Resolver, VolumeFacts
from kvnode.facts.cpuset import format_cpuset
from kvnode.network.links import has_link, probe_links
from kvnode.network.netns import Netns
from kvnode.network.resolver import parse_resolv_conf
from kvnode.planning import DomainPlan, plan
from kvnode.planning.disk_files import ContainerDisk, DiskOperation
from kvnode.planning.disk_operations import disk_operations
from kvnode.planning.network import bridge_name
from kvnode.planning.network_plans import NetworkPlan
from kvnode.planning.references import NETWORK_DATA_KEYS, USER_DATA_KEYS, with_cloud_init_data
from kvnode.runtime.capabilities import Capabilities, with_capabilities
from kvnode.runtime.guests import ENDED_PHASES, half_written, read_bounded, write_whole
from kvnode.runtime.handover import (
    DomainFailed,
    allow_locked_memory,
    hand_over_network,
    start_address_servers,
    start_domain,
    start_order,
)
from kvnode.runtime.launcher_client import connect_launcher
from kvnode.runtime.pod_cgroup import into_cgroups_of
from kvnode.runtime.pod_lock import PodBusy, held_pod
from kvnode.runtime.pod_root import PodRoot
from kvnode.runtime.process import Process
from kvnode.runtime.progress import Progress
from kvnode.runtime.protocol import Connection, Follow, ProtocolError, Query, Status, Stop
from kvnode.runtime.realtime import check_realtime, give_realtime
from kvnode.storage.block_sizes import with_block_sizes
from kvnode.storage.container_disks import CachedDisk
from kvnode.storage.files import host_errors, made_folder, open_folder, remove_entry
from kvnode.storage.guest_disks import prepare_disks

LAUNCHER_UID = 107
"""Whom KubeVirt's launchers run as in a Pod."""

SHARED_FOLDER = "/var/run/kubevirt"
SECRETS_FOLDER = "/var/run/kubevirt-secrets"
CAPABILITIES = "capabilities"
END_FILE = "end.json"
POD_LINK = "eth0"
ANSWER_S = 5.0

_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_CREDENTIALS = struct.Struct("3i")
_RECORD_BYTES = 1 << 20
_FILE_BYTES = 8 << 20
_SECRET_BYTES = 1 << 20
_END_BYTES = 64 << 10
_RESOLV_CONF_BYTES = 1 << 16


class PodPlace(msgspec.Struct, frozen=True):
    """A launcher's Pod on this node.

    uid      -- the Pod's
    public   -- the host's side of its /var/run/kubevirt
    private  -- of its /var/run/kubevirt-private
    record   -- the file in which is kept what was seen and decided of it
    lock     -- the file that whoever works on it holds
    """

    uid: str
    public: Path
    private: Path
    record: Path

    @classmethod
    def of(cls, kubelet: Path, state: Path, uid: str) -> PodPlace:
        """By the kubelet's folder, ours, and the Pod's uid; HostError where that isn't one."""
        if not _UID.fullmatch(uid):
            raise HostError(f"{uid[:60]!r} is not the uid of a Pod")
        volumes = kubelet / "pods" / uid / "volumes/kubernetes.io~empty-dir"
        return cls(uid, volumes / "public", volumes / "private", state / f"{uid}.json")

    @property
    def lock(self) -> Path:
        return self.record.with_suffix(".lock")


class GuestInterface(msgspec.Struct, frozen=True):
    """One network card of a guest for its status: the manifest's network, its MAC, the addresses it is reached at."""

    name: str
    mac: str
    addresses: tuple[str, ...]
    pod_ifname: str
    queues: int


class PodRecord(msgspec.Struct, frozen=True):
    """What was seen and decided of a guest before its network was changed.

    guest_uid  -- of the VirtualMachineInstance
    links      -- what the Pod's links had
    network    -- what was made of them
    note       -- why the guest is emulated, None where it isn't
    realtime   -- its vCPUs under the real-time scheduler, as a list; None for none
    """

    guest_uid: str
    namespace: str
    name: str
    links: dict[str, LinkFacts]
    network: NetworkPlan
    interfaces: tuple[GuestInterface, ...]
    grace_period_s: int
    machine: str = ""
    note: str | None = None
    targets: dict[str, str] = {}
    realtime: str | None = None


class NodeHalf(msgspec.Struct, frozen=True):
    """The node as guests' starts see it.

    host           -- its facts, as they are now
    capabilities   -- what libvirt and QEMU can do here
    configuration  -- ``spec.configuration`` of the KubeVirt resource
    cgroups        -- where the host's cgroup hierarchies are; None leaves what is started in our own
    uid            -- whom launchers run as
    """

    host: HostFacts
    capabilities: Capabilities
    configuration: KubeVirtConfiguration = KubeVirtConfiguration()
    cgroups: Path | None = None
    uid: int = LAUNCHER_UID


class PodGuest(msgspec.Struct, frozen=True):
    """A guest that runs in its Pod, and the connection that follows it.

    record  -- what was decided of it; None where that was lost
    """

    record: PodRecord | None
    status: Status
    connection: Connection


class Launcher(msgspec.Struct, frozen=True):
    """A launcher that answers, and the process it is."""

    connection: Connection
    process: Process


def reach_launcher(place: PodPlace, uid: int = LAUNCHER_UID) -> Launcher:
    """The launcher of a Pod.  Raises ProtocolError where none answers (yet), HostError for an impostor."""
    connection = connect_launcher(place.public, uid, ANSWER_S)
    try:
        credentials = connection.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        pid = _CREDENTIALS.unpack(credentials)[0]
        if pid == 0:
            raise HostError(
                "the launcher's process can't be seen from here: this has to run in the node's pid namespace"
            )
        process = Process.of(pid)
        with PodRoot(process) as root:
            seen = root.identity(SHARED_FOLDER)
        there = os.stat(place.public, follow_symlinks=False)
        if seen != (there.st_dev, there.st_ino):
            raise HostError(f"process {pid} listens in the folder of Pod {place.uid} and is in another one's")
    except OSError as error:
        connection.close()
        raise HostError(f"the launcher of Pod {place.uid} can't be looked into: {error.strerror}") from error
    except BaseException:
        connection.close()
        raise
    return Launcher(connection, process)


def pods_with_launchers(kubelet: Path) -> Iterator[str]:
    """Uids of the Pods on this node that have a launcher's folders, whether one lives in them or not."""
    try:
        names = os.listdir(kubelet / "pods")
    except OSError as error:
        raise HostError(f"the kubelet's folder {kubelet / 'pods'} can't be read: {error.strerror}") from error
    for name in sorted(names):
        if _UID.fullmatch(name) and PodPlace.of(kubelet, kubelet, name).public.is_dir():
            yield name


def read_pod_record(place: PodPlace) -> PodRecord | None:
    """What is written down of a Pod; None where nothing is, or nothing that this version can read."""
    data = read_bounded(place.record, _RECORD_BYTES)
    if data is None:
        return None
    try:
        return msgspec.json.decode(data, type=PodRecord)
    except msgspec.MsgspecError:
        return None


def forget_pod(place: PodPlace) -> None:
    """Removes what is written down of a Pod that is gone; what somebody is still at work on stays.  HostError."""
    with contextlib.suppress(PodBusy), held_pod(place.lock), host_errors("remove the record", place.record):
        for file in (place.record, half_written(place.record), place.lock):
            file.unlink(missing_ok=True)


def start_in_pod(vmi: VirtualMachineInstance, place: PodPlace, node: NodeHalf, progress: Progress) -> PodGuest:
    """Starts the guest of a Pod whose launcher waits, and returns once it runs.

    vmi  -- defaulted and validated, as the API server has it

    A guest that runs already is followed.  Raises ProtocolError where the launcher isn't there (yet or any more),
    PodBusy where somebody else starts it, DomainFailed where libvirt can't (the launcher ends), NoFit, HostError,
    InvalidImage, InvalidManifest for the rest; what was made stays for the next try.
    """
    launcher = reach_launcher(place, node.uid)
    try:
        with held_pod(place.lock):
            status = launcher.connection.status(Query())
            if status.phase != "Scheduled":
                return _adopted(place, launcher)
            return _Start(vmi, place, node, launcher, progress).run()
    except BaseException as error:
        launcher.connection.close()
        if isinstance(error, KvnodeError | OSError) and not isinstance(error, DomainFailed | ProtocolError):
            _complain_of_the_living(launcher, error)
        raise


def adopt_guest(place: PodPlace, node_uid: int = LAUNCHER_UID) -> PodGuest:
    """A guest that was started before, to be followed again; nothing of it is touched.

    Raises ProtocolError where its launcher is silent or gone, HostError where it isn't the Pod's.
    """
    launcher = reach_launcher(place, node_uid)
    try:
        return _adopted(place, launcher)
    except BaseException:
        launcher.connection.close()
        raise


def mend_guest(place: PodPlace, record: PodRecord, node: NodeHalf) -> int:
    """Starts what a running guest should have beside it and has not; returns how much that was.

    A start that was cut off after its domain ran is ended, too: vCPUs get the scheduler that they were to have.
    One that doesn't run yet is its start's.  Raises ProtocolError, PodBusy, HostError.
    """
    launcher = reach_launcher(place, node.uid)
    with launcher.connection, held_pod(place.lock):
        status = launcher.connection.status(Query())
        if status.phase != "Running":
            return 0
        pid = launcher.process.pid
        through = into_cgroups_of(pid, node.cgroups) if node.cgroups is not None else ()
        mended = start_address_servers(record.network, pid, through)
        _give_realtime(record, pid, status)
        return mended


def stop_guest_in_pod(place: PodPlace, grace_period_s: int | None = None, uid: int = LAUNCHER_UID) -> None:
    """Presses the guest's power button; after its own grace period, or this one, its launcher ends it by force.

    Said again it changes nothing but a longer time to a shorter one.  Raises ProtocolError, HostError.
    """
    launcher = reach_launcher(place, uid)
    with launcher.connection as connection:
        connection.status(Stop(grace_period_s))


def last_status(place: PodPlace) -> Status | None:
    """The last word of a Pod's launcher, where it left one and its folder is there still."""
    data = read_bounded(place.public / END_FILE, _END_BYTES)
    if data is None:
        return None
    with contextlib.suppress(msgspec.MsgspecError):
        status = msgspec.json.decode(data, type=Status)
        if status.phase in ENDED_PHASES:
            return status
    return None


def _adopted(place: PodPlace, launcher: Launcher) -> PodGuest:
    return PodGuest(read_pod_record(place), launcher.connection.status(Follow()), launcher.connection)


def _complain_of_the_living(launcher: Launcher, error: BaseException) -> None:
    """A launcher that has ended takes its namespaces, its files and its socket along: no failure after that is news."""
    if not launcher.process.alive():
        raise ProtocolError(f"the launcher ended while its guest was being started ({error})") from error


class _Start:
    """One start under way."""

    def __init__(
        self, vmi: VirtualMachineInstance, place: PodPlace, node: NodeHalf, launcher: Launcher, progress: Progress
    ) -> None:
        self.vmi = vmi
        self.place = place
        self.node = node
        self.launcher = launcher
        self.progress = progress

    def run(self) -> PodGuest:
        """All steps, in order."""
        pid = self.launcher.process.pid
        with PodRoot(self.launcher.process) as root:
            with self.progress.step("find the images"):
                vmi = _with_secrets(self.vmi, root)
                disks = _container_disks(disk_operations(vmi), root, self.node.uid)
            with self.progress.step("look at the Pod"):
                host = self._host(root, disks)
                links = self._links(pid, _resolver(root))
        with self.progress.step("plan"):
            final = plan(vmi, msgspec.structs.replace(host, links=links), self.node.configuration)
            _check_own_cpus(final, host)
            record = self._keep(final, links)
        with self.progress.step("prepare the disks"):
            uid = self.node.uid
            prepare_disks(final.disk_operations, self.place.private, uid, uid, disks, lambda _line: None)
            _seed_capabilities(self.place.public, self.node.capabilities.folder)
            allow_locked_memory(final, self.launcher.process)
        with self.progress.step("hand the address over"):
            through = into_cgroups_of(pid, self.node.cgroups) if self.node.cgroups is not None else ()
            hand_over_network(final.network, pid, self.node.uid, through)
        with self.progress.step("start the domain"):
            if record.realtime is not None:
                check_realtime(through)
            status = start_domain(self.launcher.connection, start_order(final))
            _give_realtime(record, pid, status)
        return PodGuest(record, status, self.launcher.connection)

    def _host(self, root: PodRoot, disks: dict[int, CachedDisk]) -> HostFacts:
        """The node's facts as this Pod has them: its CPUs, its devices, its images."""
        host = with_capabilities(self.node.host, self.node.capabilities.facts)
        developer = self.node.configuration.developer_configuration
        kvm, note = host.kvm, host.kvm_note
        if kvm == "works" and not _has(root, "/dev/kvm"):
            kvm, note = "absent", "the guest's Pod has no /dev/kvm, since emulation is allowed in this cluster"
        volumes = {
            volume.name: VolumeFacts(capacity_bytes=disk.virtual_bytes, format=disk.format, path=str(disk.path))
            for index, volume in enumerate(self.vmi.spec.volumes)
            if (disk := disks.get(index)) is not None
        }
        return msgspec.structs.replace(
            host,
            kvm=kvm,
            kvm_note=note,
            emulation_allowed=bool(developer and developer.use_emulation),
            allotted_cpus=_allowed_cpus(self.launcher.process.pid) or host.allotted_cpus,
            memory_available_bytes=None,
            volumes=with_block_sizes(self.vmi, volumes, self.place.private),
        )

    def _links(self, pid: int, resolver: Resolver) -> dict[str, LinkFacts]:
        """The Pod's links by the manifest's networks, as they were before anything of ours."""
        record = read_pod_record(self.place)
        if record is not None and record.guest_uid == self.vmi.metadata.uid:
            return record.links
        names = [network.name for network in self.vmi.spec.networks if network.pod is not None]
        if not names:
            return {}
        with Netns.of_pid(pid) as netns:
            self._untouched(netns)
            return dict.fromkeys(names, probe_links(netns, POD_LINK, resolver))

    def _untouched(self, netns: Netns) -> None:
        """HostError where the Pod's link has given its address away and nothing says any more which that was."""
        if any(interface.bridge is not None for interface in self.vmi.spec.domain.devices.interfaces):
            bridge = bridge_name(POD_LINK)
            if has_link(netns, bridge):
                raise HostError(
                    f"the Pod's address was handed over before ({bridge} is there), and the record of it, "
                    f"{self.place.record}, is lost: delete the guest's Pod; a VirtualMachine makes another"
                )

    def _keep(self, final: DomainPlan, links: dict[str, LinkFacts]) -> PodRecord:
        record = PodRecord(
            guest_uid=self.vmi.metadata.uid or "",
            namespace=final.namespace,
            name=final.guest,
            links=links,
            network=final.network,
            interfaces=guest_interfaces(final),
            grace_period_s=final.grace_period_s,
            machine=final.os.machine or "",
            note=final.hypervisor_note,
            targets={disk.volume: disk.target for disk in final.devices.disks if disk.volume},
            realtime=final.cpu_tune.realtime if final.cpu_tune is not None else None,
        )
        write_whole(self.place.record, msgspec.json.encode(record))
        return record


def _give_realtime(record: PodRecord, launcher: int, status: Status) -> None:
    if record.realtime is not None and status.qemu_pid is not None:
        give_realtime(launcher, status.qemu_pid, record.realtime)


def _check_own_cpus(final: DomainPlan, host: HostFacts) -> None:
    """HostError where a guest is to have CPUs of its own and its Pod has others as well: then these aren't its own.

    A kubelet gives a container as many as it asks for, which is as many as the plan gives away.
    """
    if final.cpu_tune is not None and host.allotted & ~final.cpu_tune.mask:
        count = final.cpu_tune.mask.bit_count()
        raise HostError(
            f"spec.domain.cpu.dedicatedCpuPlacement: the Pod was to have {count} CPU(s) for itself, and may use "
            f"{format_cpuset(host.allotted)} as others may: this node's kubelet has to have the CPU manager policy "
            "static, and the Pod to be Guaranteed and to ask for this many"
        )


def guest_interfaces(final: DomainPlan) -> tuple[GuestInterface, ...]:
    """The cards of a plan, each with the addresses of its Pod's link, IPv4 first."""
    return tuple(
        GuestInterface(
            name=interface.name,
            mac=interface.guest_mac,
            addresses=tuple(
                sorted((cidr.partition("/")[0] for cidr in interface.pod_addresses), key=lambda text: ":" in text)
            ),
            pod_ifname=interface.pod_ifname,
            queues=interface.queues,
        )
        for interface in final.network.interfaces
    )


def _container_disks(operations: tuple[DiskOperation, ...], root: PodRoot, uid: int) -> dict[int, CachedDisk]:
    """The container disks where the Pod has them, by the volume's index."""
    disks = {}
    for operation in operations:
        if isinstance(operation, ContainerDisk):
            found = root.container_disk(operation, uid)
            disks[operation.index] = CachedDisk(
                Path(found.path), found.image.format, found.image.virtual_bytes, found.file_bytes, "", found.path
            )
    return disks


def _with_secrets(vmi: VirtualMachineInstance, root: PodRoot) -> VirtualMachineInstance:
    """The guest with its cloud-init Secrets' data, as the kubelet has mounted them into the Pod."""

    def data_of(index: int, part: str, keys: tuple[str, ...]) -> bytes:
        folder = f"{SECRETS_FOLDER}/{part}-{index}"
        for key in keys:
            data = root.read(f"{folder}/{key}", _SECRET_BYTES)
            if data is not None:
                return data
        field = "secretRef" if part == "user-data" else "networkDataSecretRef"
        message = f"the Secret has no key {' or '.join(map(repr, keys))}; cloud-init's data has to be under one of them"
        raise InvalidManifest(
            [FieldError(f"spec.volumes[{index}].cloudInitNoCloud.{field}.name", VALUE_INVALID, message)]
        )

    return with_cloud_init_data(
        vmi,
        lambda index: data_of(index, "user-data", USER_DATA_KEYS),
        lambda index: data_of(index, "network-data", NETWORK_DATA_KEYS),
    )


def _resolver(root: PodRoot) -> Resolver:
    """What the kubelet has written into the Pod's resolv.conf."""
    data = root.read("/etc/resolv.conf", _RESOLV_CONF_BYTES) or b""
    return parse_resolv_conf(data.decode("utf-8", "replace"))


def _has(root: PodRoot, path: str) -> bool:
    try:
        root.identity(path)
    except OSError:
        return False
    return True


def _allowed_cpus(pid: int) -> str | None:
    """The CPUs that a process may use, as a CPU list."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("Cpus_allowed_list:"):
                    return line.partition(":")[2].strip() or None
    except OSError:
        pass
    return None


def _seed_capabilities(public: Path, folder: Path) -> None:
    """Copies libvirt's cache files to where the Pod's launcher looks for them; root's, readable to it.

    The launcher can write in ``public``, so what lies there under that name is removed and no link is followed.
    """
    with host_errors("hand libvirt's capabilities over", public), open_folder(public) as shared:
        remove_entry(CAPABILITIES, shared)
        with made_folder(CAPABILITIES, shared) as target:
            for file in sorted(folder.glob("*.xml")):
                content = read_bounded(file, _FILE_BYTES) or b""
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                with os.fdopen(os.open(file.name, flags, 0o644, dir_fd=target), "wb") as copy:
                    copy.write(content)
                    os.fchmod(copy.fileno(), 0o644)
