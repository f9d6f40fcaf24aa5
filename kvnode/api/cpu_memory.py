"""Processors and memory of a guest, and what its Pod asks the scheduler for.

Two vocabularies meet here. `cpu` and `memory` say what the guest sees; `resources` says what the Pod reserves, in
the words of Kubernetes. Where only one of them is given, defaulting derives the other. Quantities stay as they were
written (see `kvnode.quantity`), so that an object goes back as it came.
"""

from kvnode.api.base import EMPTY, Model, Uint32
from kvnode.quantity import Quantity

EVEN_PARITY = "alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity"
"""The annotation that asks for two CPUs for QEMU's own threads where all CPUs together would be odd otherwise."""


class CPUFeature(Model, frozen=True):
    """One feature flag of the guest's CPU, and how firmly it is wanted."""

    name: str = EMPTY  # the flag, as libvirt calls it
    policy: str | None = None  # how firmly it is wanted: `force`, `require`, `optional`, `disable` or `forbid`


class NUMAGuestMappingPassthrough(Model, frozen=True):
    """Shows the guest those host cells that its CPUs and pages really come from. Its presence switches it on."""


class NUMA(Model, frozen=True):
    """How host memory cells are shown to the guest."""

    guest_mapping_passthrough: NUMAGuestMappingPassthrough | None = None  # mirrors the cells that the guest really has


class Realtime(Model, frozen=True):
    """Runs the guest's vCPUs under the host's real-time scheduler. Its presence switches it on."""

    mask: str | None = None  # which vCPUs, such as `0-3,^1`; none means all


class CPU(Model, frozen=True):
    """Count, topology, model and placement of the guest's processors."""

    sockets: Uint32 | None = None  # how many sockets the guest starts with
    cores: Uint32 | None = None  # how many cores a socket has
    threads: Uint32 | None = None  # how many threads a core has
    max_sockets: Uint32 | None = None  # how many sockets it may have after hotplug
    model: str | None = None  # the model: one of libvirt's, `host-model` or `host-passthrough`
    features: tuple[CPUFeature, ...] = ()  # flags to add to the model or take from it
    dedicated_cpu_placement: bool | None = None  # whether each vCPU gets a host CPU of its own
    isolate_emulator_thread: bool | None = None  # whether QEMU's own thread gets one too
    numa: NUMA | None = None  # cells that the guest sees
    realtime: Realtime | None = None  # real-time scheduling of vCPUs


class CPUTopology(Model, frozen=True):
    """Sockets, cores and threads as counted at run time."""

    sockets: Uint32 | None = None  # sockets in use
    cores: Uint32 | None = None  # cores of a socket
    threads: Uint32 | None = None  # threads of a core


class Hugepages(Model, frozen=True):
    """Backs the guest's memory with huge pages."""

    page_size: str | None = None  # size of a page, such as `2Mi` or `1Gi`


class ReservedOverhead(Model, frozen=True):
    """Memory beyond the guest's own that the Pod should reserve."""

    added_overhead: Quantity | None = None  # what to add to the estimate of what QEMU itself needs
    mem_lock: str | None = None  # whether memory has to be locked: `Required` or `NotRequired`


class Memory(Model, frozen=True):
    """How much memory the guest has, and what backs it."""

    guest: Quantity | None = None  # how much the guest starts with, such as `1Gi`
    max_guest: Quantity | None = None  # how much it may have after hotplug
    hugepages: Hugepages | None = None  # huge pages to back it with
    reserved_overhead: ReservedOverhead | None = None  # what to reserve besides


class ResourceRequirements(Model, frozen=True):
    """What the guest's Pod reserves and may use at most."""

    requests: dict[str, Quantity] | None = None  # what the Pod reserves, by resource
    limits: dict[str, Quantity] | None = None  # what it may use at most, by resource
    overcommit_guest_overhead: bool | None = None  # whether QEMU's own memory is left out of the reservation


class ResourceRequirementsWithoutClaims(Model, frozen=True):
    """Requests and limits of a container."""

    requests: dict[str, Quantity] | None = None  # what is reserved, by resource
    limits: dict[str, Quantity] | None = None  # what may be used at most, by resource


class VolumeResourceRequirements(Model, frozen=True):
    """How much space a claim asks for."""

    requests: dict[str, Quantity] | None = None  # how much `storage` is asked for
    limits: dict[str, Quantity] | None = None  # how much `storage` at most


class VirtualMachineInstanceResourceClaim(Model, frozen=True):
    """Devices that a driver allots to the guest's Pod (dynamic resource allocation)."""

    name: str = EMPTY  # what devices and networks of this guest call the claim
    resource_claim_name: str | None = None  # an existing claim
    resource_claim_template_name: str | None = None  # a template to make a claim from, for this guest alone


class ClaimRequest(Model, frozen=True):
    """Points at one request within a resource claim."""

    claim_name: str | None = None  # the claim, by its name in `spec.resourceClaims`
    request_name: str | None = None  # the request within the claim


class DiskIOThreads(Model, frozen=True):
    """Threads that do the guest's disk input and output."""

    # how many threads the pool has, with the policy `supplementalPool`
    supplemental_pool_thread_count: Uint32 | None = None
