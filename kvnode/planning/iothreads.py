"""IO threads: how many there are, and which disk is served by which.

A disk with ``dedicatedIOThread`` has a thread of its own; the others share: one thread with the policy ``shared`` (or
none), up to two for each vCPU with ``auto``, all of a pool with ``supplementalPool``. Only virtio disks are served by
threads; the emulated controllers of the other buses live in QEMU's main loop.
"""

from __future__ import annotations

from kvnode.api.cpu_memory import DiskIOThreads
from kvnode.api.disks import Disk
from kvnode.api.instance import VirtualMachineInstance
from kvnode.planning.architecture import disk_bus
from kvnode.planning.intermediate import Architecture, IoThreads
from kvnode.planning.refusal import invalid, one_of

_POLICIES = ("shared", "auto", "supplementalPool")
_THREADS_FOR_VCPU = 2
_MOST_THREADS = 1024


def iothreads_plan(vmi: VirtualMachineInstance, arch: Architecture, vcpus: int) -> IoThreads:
    """Threads for the disks of ``spec.domain.devices.disks``.

    vcpus  -- those enabled at the start

    Worked: 2 vCPUs, ``auto``, disks a (dedicated), b, c, d, e, f: at most 4 threads, so 3 are shared; b and e have
    1, c and f 2, d 3, and a 4.
    """
    domain = vmi.spec.domain
    disks = domain.devices.disks
    policy = one_of("spec.domain.ioThreadsPolicy", domain.io_threads_policy, _POLICIES)
    dedicated = 0
    for disk in disks:
        if disk.dedicated_io_thread:
            dedicated += 1
    if not policy and not dedicated:
        return IoThreads(0, ((),) * len(disks))
    on_virtio = [disk_bus(disk, arch) == "virtio" for disk in disks]
    if policy == "supplementalPool":
        return _pool(domain.io_threads, on_virtio)
    limit = vcpus * _THREADS_FOR_VCPU if policy == "auto" else 1
    shared = len(disks) - dedicated
    if shared + dedicated > limit:
        shared = max(limit - dedicated, 1)
    return IoThreads(shared + dedicated, _dealt(disks, on_virtio, shared))


def _dealt(disks: tuple[Disk, ...], on_virtio: list[bool], shared: int) -> tuple[tuple[int, ...], ...]:
    """Dedicated threads counted up from behind the shared ones, those dealt out in turn."""
    of_disk: list[tuple[int, ...]] = []
    own, turn = shared, 0
    for index, disk in enumerate(disks):
        if not on_virtio[index]:
            of_disk.append(())
        elif disk.dedicated_io_thread:
            own += 1
            of_disk.append((own,))
        else:
            of_disk.append((turn + 1,))
            turn = (turn + 1) % shared
    return tuple(of_disk)


def _pool(threads: DiskIOThreads | None, on_virtio: list[bool]) -> IoThreads:
    count = threads.supplemental_pool_thread_count if threads is not None else None
    field = "spec.domain.ioThreads.supplementalPoolThreadCount"
    if not count:
        raise invalid(field, "a pool of IO threads without how many; name it, such as 4")
    if count > _MOST_THREADS:
        raise invalid(field, f"{count} IO threads are more than the {_MOST_THREADS} that a guest may have")
    everyone = tuple(range(1, count + 1))
    return IoThreads(count, tuple([everyone if virtio else () for virtio in on_virtio]))
