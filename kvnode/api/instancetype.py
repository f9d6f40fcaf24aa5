"""Instance types: sizes of guests under a name, for one namespace or for the whole cluster.

A VirtualMachine that names one leaves processors, memory and whatever else the type has to it: a field that both of
them set is a conflict, and refused. How processors are arranged is a preference's business (`preference`).
"""

from msgspec import field

from kvnode.api.base import NO_ITEMS, NOTHING, ZERO, Int32, Model, Uint32
from kvnode.api.cpu_memory import NUMA, DiskIOThreads, Hugepages, Realtime
from kvnode.api.devices import GPU, HostDevice
from kvnode.api.firmware import LaunchSecurity
from kvnode.api.meta import ListMeta, ObjectMeta
from kvnode.quantity import Quantity


class CPUInstancetype(Model, frozen=True):
    """Processors of a guest of this size."""

    guest: Uint32 = ZERO  # how many vCPUs the guest has, one or more
    max_sockets: Uint32 | None = None  # how many sockets it may have after hotplug
    model: str | None = None  # model of libvirt's, `host-model` or `host-passthrough`
    # whether each vCPU gets a host CPU of its own
    dedicated_cpu_placement: bool | None = field(default=None, name="dedicatedCPUPlacement")
    isolate_emulator_thread: bool | None = None  # whether QEMU's own thread gets one too
    numa: NUMA | None = None  # cells that the guest sees
    realtime: Realtime | None = None  # real-time scheduling of vCPUs


class MemoryInstancetype(Model, frozen=True):
    """Memory of a guest of this size."""

    guest: Quantity = NOTHING  # what the guest starts with
    max_guest: Quantity | None = None  # what it may have after hotplug
    hugepages: Hugepages | None = None  # huge pages to back it with
    overcommit_percent: Int32 | None = None  # how much less than that the Pod reserves, in percent from 0 to 100


class VirtualMachineInstancetypeSpec(Model, frozen=True):
    """What a guest of this size has."""

    cpu: CPUInstancetype = CPUInstancetype()  # processors
    memory: MemoryInstancetype = MemoryInstancetype()  # memory
    gpus: tuple[GPU, ...] = ()  # GPUs, whole ones or shares
    host_devices: tuple[HostDevice, ...] = ()  # devices of the node
    # which IO threads disks have: one for all (`shared`), as many as suit the vCPUs (`auto`), or a pool
    # (`supplementalPool`)
    io_threads_policy: str | None = None
    io_threads: DiskIOThreads | None = None  # the pool of IO threads
    launch_security: LaunchSecurity | None = None  # encryption of memory
    node_selector: dict[str, str] | None = None  # labels that the guest's node has to have
    scheduler_name: str | None = None  # the scheduler to ask
    annotations: dict[str, str] | None = None  # annotations that the guest gets


class VirtualMachineInstancetype(Model, frozen=True):
    """A size of guests, for one namespace."""

    # `instancetype.kubevirt.io/v1beta1`
    api_version: str = field(default_factory=lambda: "instancetype.kubevirt.io/v1beta1")
    kind: str = field(default_factory=lambda: "VirtualMachineInstancetype")  # `VirtualMachineInstancetype`
    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: VirtualMachineInstancetypeSpec = VirtualMachineInstancetypeSpec()  # what a guest of it has


class VirtualMachineInstancetypeList(Model, frozen=True):
    """VirtualMachineInstancetypes, as a server lists them."""

    # `instancetype.kubevirt.io/v1beta1`
    api_version: str = field(default_factory=lambda: "instancetype.kubevirt.io/v1beta1")
    kind: str = field(default_factory=lambda: "VirtualMachineInstancetypeList")  # `VirtualMachineInstancetypeList`
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[VirtualMachineInstancetype, ...] = NO_ITEMS  # the objects


class VirtualMachineClusterInstancetype(Model, frozen=True):
    """A size of guests, for every namespace."""

    # `instancetype.kubevirt.io/v1beta1`
    api_version: str = field(default_factory=lambda: "instancetype.kubevirt.io/v1beta1")
    # `VirtualMachineClusterInstancetype`
    kind: str = field(default_factory=lambda: "VirtualMachineClusterInstancetype")
    metadata: ObjectMeta = ObjectMeta()  # name and history; it is in no namespace
    spec: VirtualMachineInstancetypeSpec = VirtualMachineInstancetypeSpec()  # what a guest of it has


class VirtualMachineClusterInstancetypeList(Model, frozen=True):
    """VirtualMachineClusterInstancetypes, as a server lists them."""

    # `instancetype.kubevirt.io/v1beta1`
    api_version: str = field(default_factory=lambda: "instancetype.kubevirt.io/v1beta1")
    # `VirtualMachineClusterInstancetypeList`
    kind: str = field(default_factory=lambda: "VirtualMachineClusterInstancetypeList")
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[VirtualMachineClusterInstancetype, ...] = NO_ITEMS  # the objects
