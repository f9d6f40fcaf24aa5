"""What a node is, as values: the plan's second argument.

A plan depends on a manifest and on these facts and on nothing else, so a bug report can be replayed from two files.
Facts come from the node's own ``/sys`` (kvnode.host), from its libvirt, or from JSON that somebody saved
(``HostFacts.from_json``); all three give the same struct with the names that stand on the wire.

Every key may be missing. A missing fact means *unknown*, and the plan then assumes the node that people expect: KVM
works, libvirt and QEMU are the newest. So ``HostFacts()`` is the generic node that ``kvnode render`` uses on a laptop.
Unknown keys are passed over, because newer nodes report more.

What ``from_json`` returned is consistent (kvnode.facts.checks): CPU lists parse, no CPU is in two cores, addresses are
addresses. Whoever plans need not ask again. Masks are made once for each object and kept.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from kvnode._fast.placement import HostCpus
from kvnode.errors import VALUE_INVALID, FieldError, InvalidManifest
from kvnode.facts.cpuset import CPU_LIMIT, mask_of, parse_cpuset

Kvm = Literal["works", "absent", "broken"]
"""``works`` runs guests, ``absent`` has no usable device, ``broken`` opens but is too slow to boot one."""

Bytes = Annotated[int, msgspec.Meta(ge=0)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Cpu = Annotated[int, msgspec.Meta(ge=0, lt=CPU_LIMIT)]

_JSON_LIMIT = 16 * 1024 * 1024
_LONGEST_MESSAGE = 300
_LOCAL = 10  # a cell's distance to itself (ACPI SLIT)
_FARTHEST = 255  # no way there (the same)


class HugepagePool(msgspec.Struct, frozen=True, gc=False):
    """Huge pages of one size in one cell, in pages; where nobody said how many are free, all are."""

    total: Count
    free: Count = -1

    def __post_init__(self) -> None:
        if self.free < 0:
            msgspec.structs.force_setattr(self, "free", self.total)


class Cell(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """A NUMA cell (libvirt's word for the kernel's node).

    memory_bytes       -- all memory of the cell, None where unknown
    memory_free_bytes  -- what a new guest could get, page cache that can be dropped included; None where unknown
    distances          -- the kernel's relative distance to each cell by its id, 10 to itself (ACPI SLIT)
    cores              -- the threads of each core: ``((0, 16), (1, 17))``
    hugepages          -- pools by page size as ``2Mi``, ``1Gi``, ``64Ki``
    """

    id: Count
    memory_bytes: Bytes | None = None
    memory_free_bytes: Bytes | None = None
    distances: dict[int, Count] = {}
    cores: tuple[tuple[Cpu, ...], ...] = ()
    hugepages: dict[str, HugepagePool] = {}

    @cached_property
    def core_masks(self) -> tuple[int, ...]:
        """One mask for each core, in the order of ``cores``."""
        return tuple(mask_of(core) for core in self.cores)

    @cached_property
    def mask(self) -> int:
        """All CPUs of the cell."""
        mask = 0
        for core in self.core_masks:
            mask |= core
        return mask

    @cached_property
    def pools(self) -> dict[int, HugepagePool]:
        """Pools by page size in bytes."""
        return {page_size_bytes(size): pool for size, pool in self.hugepages.items()}


class VolumeFacts(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What only the node knows of a volume: how a claim is bound, or what a container disk's image is.

    capacity_bytes  -- what the guest may see of it, None where unknown
    preallocated    -- its space is allocated already, so nothing is to be discarded
    format          -- the image's format, None where it is the kind's usual one
    path            -- where the guest's Pod has the container disk's file: in a cluster, where the kubelet mounts the
                       image; None where whoever makes the sandbox puts it in its usual place
    logical_block_bytes, physical_block_bytes
                    -- the blocks of the device, or of the file system that the file is on; None where unknown
    discard_granularity_bytes
                    -- the unit in which it gives back what is discarded; None where it doesn't, or unknown
    """

    mode: Literal["Filesystem", "Block"] = "Filesystem"
    capacity_bytes: Bytes | None = None
    preallocated: bool = False
    format: Literal["raw", "qcow2"] | None = None
    path: str | None = None
    logical_block_bytes: Bytes | None = None
    physical_block_bytes: Bytes | None = None
    discard_granularity_bytes: Bytes | None = None


class ClaimedDevice(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A device that a driver has allotted to a request of a resource claim: one of the three says which."""

    pci: str | None = None
    mdev: str | None = None
    usb: str | None = None


class Route(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A route of the Pod's: ``dst`` is ``default`` or a network in CIDR form; on the link itself without a gateway."""

    dst: str
    gateway: str | None = None


class Resolver(msgspec.Struct, frozen=True, omit_defaults=True):
    """The Pod's resolver, as its resolv.conf has it."""

    nameservers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()


class LinkFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was seen of one network of the Pod.

    ifname     -- the link's name in the Pod, at most 15 bytes
    addresses  -- in CIDR form: ``10.244.1.17/32``
    kind       -- ``sriov`` for a function that is handed through; None for a link
    pci        -- that function's address
    """

    ifname: str | None = None
    mac: str | None = None
    mtu: Annotated[int, msgspec.Meta(ge=68, le=65535)] | None = None
    addresses: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    resolver: Resolver | None = None
    kind: str | None = None
    pci: str | None = None


class Firmware(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A UEFI build of the host: its code, and the template of its variables (None where it is stateless)."""

    code: str
    vars: str | None = None


class HostFacts(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """A node. Every field may be missing from the JSON; None is unknown, an empty tuple or map is known to be empty.

    version                 -- of this format; 1
    arch                    -- as ``uname -m`` says it: ``x86_64``, ``aarch64``, ``s390x``
    kvm                     -- whether guests can run on it, tried and timed
    kvm_ns_per_instruction  -- what the trial took, None where it didn't come to that
    kvm_note                -- why not, or the warning: one line for a person
    emulation_allowed       -- whoever runs the guest says that emulation will do
    allotted_cpus           -- the cpuset of this guest's Pod as a CPU list; None is all CPUs
    cells                   -- NUMA cells; a machine without NUMA is one cell
    memory_available_bytes  -- what the cgroup leaves of the cells' free memory, None where no limit is known
    memory_lock_bytes       -- how much a guest's process may lock; None is without a limit or unknown
    devices                 -- what of kvm, net/tun, vhost-net, ... is there below /dev; None is unknown
    volumes, links          -- by the manifest's volume and network names
    pci, mdev, usb          -- addresses allotted by resource name, in the order in which the manifest takes them
    claims                  -- devices allotted by resource claims: by the claim's name in the manifest, then by the
                               request within it
    efi                     -- UEFI builds by purpose: plain, secure_boot, sev, snp, tdx; what is missing can't be had
    libvirt, qemu           -- versions as libvirt counts them: major * 1000000 + minor * 1000 + release
    machine_types           -- the names that QEMU knows for ``arch``, aliases included
    cpu_models              -- named CPU models that libvirt can give a guest here
    host_cpu_model          -- the named model nearest to the host's CPU
    """

    # A factory, and not a plain default, keeps these four on the wire even where they have their usual value.
    version: int = msgspec.field(default_factory=lambda: 1)
    arch: str = msgspec.field(default_factory=lambda: "x86_64")
    kvm: Kvm = msgspec.field(default_factory=lambda: "works")
    kvm_ns_per_instruction: float | None = None
    kvm_note: str | None = None
    emulation_allowed: bool = msgspec.field(default_factory=lambda: False)
    allotted_cpus: str | None = None
    cells: tuple[Cell, ...] = ()
    memory_available_bytes: Bytes | None = None
    memory_lock_bytes: Bytes | None = None
    devices: tuple[str, ...] | None = None
    volumes: dict[str, VolumeFacts] = {}
    pci: dict[str, tuple[str, ...]] = {}
    mdev: dict[str, tuple[str, ...]] = {}
    usb: dict[str, tuple[str, ...]] = {}
    claims: dict[str, dict[str, tuple[ClaimedDevice, ...]]] = {}
    links: dict[str, LinkFacts] = {}
    efi: dict[str, Firmware] = {}
    libvirt: Count | None = None
    qemu: Count | None = None
    machine_types: tuple[str, ...] | None = None
    cpu_models: tuple[str, ...] | None = None
    host_cpu_model: str | None = None

    @cached_property
    def mask(self) -> int:
        """All CPUs of all cells."""
        mask = 0
        for cell in self.cells:
            mask |= cell.mask
        return mask

    @cached_property
    def allotted(self) -> int:
        """The CPUs that this guest may use; all of them where none are allotted."""
        return self.mask if self.allotted_cpus is None else parse_cpuset(self.allotted_cpus)

    @cached_property
    def cpus(self) -> HostCpus:
        """The allotted CPUs by cell and core, as placement searches them."""
        distances = None
        if all(cell.distances for cell in self.cells):
            # What a table leaves out is as far away as the farthest that it has: that cell is chosen last.
            far = max((value for cell in self.cells for value in cell.distances.values()), default=_LOCAL)
            distances = tuple(
                tuple(
                    min(cell.distances.get(other.id, _LOCAL if other is cell else far), _FARTHEST)
                    for other in self.cells
                )
                for cell in self.cells
            )
        return HostCpus(tuple(cell.cores for cell in self.cells), self.allotted, distances)

    @cached_property
    def memory_free_bytes(self) -> int | None:
        """What the whole host has left for a new guest, the cgroup's limit considered; None where unknown."""
        known = [cell.memory_free_bytes for cell in self.cells if cell.memory_free_bytes is not None]
        if not known:
            return self.memory_available_bytes
        free = sum(known)
        return free if self.memory_available_bytes is None else min(free, self.memory_available_bytes)

    @classmethod
    def from_json(cls, source: str | bytes | dict[str, Any] | Path) -> HostFacts:
        """Facts from JSON text or bytes, a file's path, or a dict of the same shape.

        Raises InvalidManifest with every inconsistency by its path (``cells[1].cores[0][1]``), or with the first
        value of a wrong type.
        """
        from kvnode.facts.checks import inconsistencies

        facts = _decode(source)
        errors = list(inconsistencies(facts))
        if errors:
            raise InvalidManifest(errors)
        return facts

    def to_json(self) -> str:
        """These facts as indented JSON; ``from_json`` gives an equal object back."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()


def page_size_bytes(text: str) -> int:
    """Bytes of a page size as it stands in facts: ``2Mi`` is 2097152. Raises InvalidManifest for anything else."""
    number, unit = text[:-2], text[-2:]
    shift = {"Ki": 10, "Mi": 20, "Gi": 30}.get(unit)
    if shift is None or not number.isascii() or not number.isdigit() or len(number) > 6 or number.startswith("0"):
        message = f"{text[:40]!r} is not a page size: a whole number of Ki, Mi or Gi, such as 2Mi"
        raise InvalidManifest([FieldError("hugepages", VALUE_INVALID, message)])
    return int(number) << shift


def _decode(source: str | bytes | dict[str, Any] | Path) -> HostFacts:
    try:
        if isinstance(source, dict):
            return msgspec.convert(source, HostFacts, str_keys=True)
        raw = _read(source) if isinstance(source, Path) else source
        if len(raw) > _JSON_LIMIT:
            raise _fault("", f"host facts of {len(raw)} bytes are too long: at most {_JSON_LIMIT} are read")
        return msgspec.json.decode(raw, type=HostFacts)
    except msgspec.ValidationError as error:
        # A value that is quoted may be of any length, and have the same words in it.
        said, found, path = str(error).rpartition(" - at ")
        message = said if found else path
        if len(message) > _LONGEST_MESSAGE:
            message = f"{message[:_LONGEST_MESSAGE]}..."
        raise _fault(_field(path if found else ""), message) from None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise _fault("", f"the host facts are not JSON: {error}") from None
    except RecursionError:
        raise _fault("", "the host facts are nested too deeply") from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_JSON_LIMIT + 1)
    except OSError as error:
        raise _fault("", f"{str(path)!r} can't be read: {error.strerror}") from None


def _field(path: str) -> str:
    """``cells[0].id`` from the tail of msgspec's message: ``$.cells[0].id`` or ``key in $.cells[0].distances``."""
    return path.replace("`", "").removeprefix("key in ").removeprefix("$").removeprefix(".")


def _fault(field: str, message: str) -> InvalidManifest:
    return InvalidManifest([FieldError(field, VALUE_INVALID, message)])
