"""Processors and memory of a guest, and what its Pod asks the scheduler for.

Two vocabularies meet here. `cpu` and `memory` say what the guest sees; `resources` says what the Pod reserves, in
the words of Kubernetes. Where only one of them is given, defaulting derives the other. Quantities stay as they were
written (see `kvnode.quantity`), so that an object goes back as it came.
"""

from kvnode.api.base import Model, Uint32
from kvnode.quantity import Quantity


class CPUFeature(Model, frozen=True):
    """One feature flag of the guest's CPU, and how firmly it is wanted."""

    name: str = ""
    policy: str | None = None


class NUMAGuestMappingPassthrough(Model, frozen=True):
    """Shows the guest those host cells that its CPUs and pages really come from. Its presence switches it on."""


class NUMA(Model, frozen=True):
    """How host memory cells are shown to the guest."""

    guest_mapping_passthrough: NUMAGuestMappingPassthrough | None = None


class Realtime(Model, frozen=True):
    """Runs the guest's vCPUs under the host's real-time scheduler. Its presence switches it on."""

    mask: str | None = None


class CPU(Model, frozen=True):
    """Count, topology, model and placement of the guest's processors."""

    cores: Uint32 | None = None
    dedicated_cpu_placement: bool | None = None
    features: tuple[CPUFeature, ...] = ()
    isolate_emulator_thread: bool | None = None
    max_sockets: Uint32 | None = None
    model: str | None = None
    numa: NUMA | None = None
    realtime: Realtime | None = None
    sockets: Uint32 | None = None
    threads: Uint32 | None = None


class CPUTopology(Model, frozen=True):
    """Sockets, cores and threads as counted at run time."""

    cores: Uint32 | None = None
    sockets: Uint32 | None = None
    threads: Uint32 | None = None


class Hugepages(Model, frozen=True):
    """Backs the guest's memory with huge pages."""

    page_size: str | None = None


class ReservedOverhead(Model, frozen=True):
    """Memory beyond the guest's own that the Pod should reserve."""

    added_overhead: Quantity | None = None
    mem_lock: str | None = None


class Memory(Model, frozen=True):
    """How much memory the guest has, and what backs it."""

    guest: Quantity | None = None
    hugepages: Hugepages | None = None
    max_guest: Quantity | None = None
    reserved_overhead: ReservedOverhead | None = None


class ResourceRequirements(Model, frozen=True):
    """What the guest's Pod reserves and may use at most."""

    limits: dict[str, Quantity] | None = None
    overcommit_guest_overhead: bool | None = None
    requests: dict[str, Quantity] | None = None


class ResourceRequirementsWithoutClaims(Model, frozen=True):
    """Requests and limits of a container."""

    limits: dict[str, Quantity] | None = None
    requests: dict[str, Quantity] | None = None


class VolumeResourceRequirements(Model, frozen=True):
    """How much space a claim asks for."""

    limits: dict[str, Quantity] | None = None
    requests: dict[str, Quantity] | None = None


class VirtualMachineInstanceResourceClaim(Model, frozen=True):
    """Devices that a driver allots to the guest's Pod (dynamic resource allocation)."""

    name: str = ""
    resource_claim_name: str | None = None
    resource_claim_template_name: str | None = None


class ClaimRequest(Model, frozen=True):
    """Points at one request within a resource claim."""

    claim_name: str | None = None
    request_name: str | None = None


class DiskIOThreads(Model, frozen=True):
    """Threads that do the guest's disk input and output."""

    supplemental_pool_thread_count: Uint32 | None = None
