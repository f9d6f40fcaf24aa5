"""What libvirt and QEMU can do here, and the key under which a node remembers it.

Asking libvirt for the first time starts QEMU several times over (2-8 s), so it is done once for each build of both: the
answer is kept in ``<cache>/capabilities/<key>/facts.json``, beside libvirt's own cache files that seed every launcher.
The key is a hash of all that the answer depends on, and of no file's content: the binaries by path, size and times,
the kernel, the CPU with its microcode, and whether KVM works.

``describe`` speaks to libvirt through the connection that it is given; nothing here imports libvirt.
"""

from __future__ import annotations

import hashlib
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import msgspec

from kvnode.errors import HostError
from kvnode.facts import Kvm
from kvnode.host.process import architecture
from kvnode.host.tree import Tree
from kvnode.paths import NodePaths

FACTS_NAME = "facts.json"

_QEMU_FOLDERS = ("usr/bin", "usr/libexec", "usr/local/bin")
_LIBRARY_FOLDERS = ("usr/lib/{arch}-linux-gnu", "usr/lib64", "usr/lib", "usr/local/lib")
_LIBRARY = re.compile(r"libvirt\.so\.0\.(\d{1,4})(\d{3})\.(\d{1,3})", re.ASCII)
_CPU_LINES = {
    *("vendor_id", "cpu family", "model", "stepping", "microcode", "flags"),
    *("CPU implementer", "CPU part", "CPU revision", "Features"),
}


class CapabilityFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What libvirt says; the fields that HostFacts has too mean the same there.

    libvirt, qemu   -- versions: major * 1000000 + minor * 1000 + release
    emulator        -- the QEMU binary that was asked
    machine_types   -- names and aliases for this architecture
    cpu_models      -- named models that can run here, by the accelerator that works
    host_cpu_model  -- the named model nearest to the host's CPU
    max_vcpus       -- of the default machine type
    """

    libvirt: int
    qemu: int
    emulator: str
    machine_types: tuple[str, ...] = ()
    cpu_models: tuple[str, ...] = ()
    host_cpu_model: str | None = None
    max_vcpus: int | None = None


class Connection(Protocol):
    """What of libvirt's virConnect is asked; its methods' names are libvirt's."""

    def getLibVersion(self) -> int: ...
    def getVersion(self) -> int: ...
    def getCapabilities(self) -> str: ...
    def getDomainCapabilities(
        self, emulatorbin: str | None, arch: str, machine: str | None, virttype: str, flags: int = 0
    ) -> str: ...


def describe(connection: Connection, arch: str, kvm: Kvm) -> CapabilityFacts:
    """What an open connection to libvirt's QEMU driver says for guests of ``arch``, under KVM only where that works.

    Raises HostError where QEMU for that architecture isn't there, and whatever libvirt raises.
    """
    guest = ET.fromstring(connection.getCapabilities()).find(f"guest/arch[@name='{arch}']")
    if guest is None:
        raise HostError(f"libvirt knows no QEMU for {arch}: qemu-system for it isn't installed, or doesn't start")
    emulator = guest.findtext("emulator")
    domain = ET.fromstring(connection.getDomainCapabilities(emulator, arch, None, "kvm" if kvm == "works" else "qemu"))
    custom = domain.iterfind("cpu/mode[@name='custom'][@supported='yes']/model")
    vcpu = domain.find("vcpu")
    return CapabilityFacts(
        libvirt=connection.getLibVersion(),
        qemu=connection.getVersion(),
        emulator=domain.findtext("path") or emulator or "",
        machine_types=_unique(machine.text for machine in guest.iterfind(".//machine")),
        cpu_models=_unique(model.text for model in custom if model.get("usable") != "no"),
        host_cpu_model=domain.findtext("cpu/mode[@name='host-model']/model"),
        max_vcpus=int(vcpu.get("max", "0")) or None if vcpu is not None else None,
    )


def qemu_capabilities_key(arch: str, kvm: Kvm, tree: Tree | None = None) -> str:
    """Sixteen hex digits that change whenever the answers may: another QEMU, libvirt, kernel, CPU or KVM verdict."""
    tree = tree or Tree()
    parts = [arch, kvm]
    parts += [_stamp(find_qemu(tree, arch)), _stamp(find_libvirt(tree, arch))]
    parts += [_stamp(path) for path in find_libvirt_driver(tree, arch)]
    parts += [tree.text("proc/sys/kernel/osrelease") or "", tree.text("proc/sys/kernel/version") or ""]
    parts += _cpu_identity(tree)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def read_capabilities(paths: NodePaths, key: str) -> CapabilityFacts | None:
    """What was remembered under a key; None if nothing was, or nothing that can be read."""
    try:
        return msgspec.json.decode((paths.capabilities / key / FACTS_NAME).read_bytes(), type=CapabilityFacts)
    except (OSError, msgspec.MsgspecError):
        return None


def write_capabilities(folder: Path, facts: CapabilityFacts) -> None:
    """Remembers facts in a capabilities folder, whole or not at all."""
    temporary = folder / f".{FACTS_NAME}.{os.getpid()}"
    try:
        temporary.write_bytes(msgspec.json.encode(facts))
        temporary.replace(folder / FACTS_NAME)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise HostError(f"what libvirt can do can't be kept in {str(folder)!r}: {error.strerror}") from None


def find_qemu(tree: Tree, arch: str) -> Path | None:
    """The system emulator for an architecture."""
    names = [f"{folder}/qemu-system-{arch}" for folder in _QEMU_FOLDERS]
    if arch == architecture(tree):
        names += ["usr/libexec/qemu-kvm", "usr/bin/qemu-kvm"]
    return next((tree.path(name) for name in names if tree.is_file(name)), None)


def find_libvirt(tree: Tree, arch: str) -> Path | None:
    """libvirt's shared library with its whole version in its name: ``libvirt.so.0.9000.0``."""
    for folder in _LIBRARY_FOLDERS:
        folder = folder.format(arch=arch)
        versions = {libvirt_version(Path(name)): name for name in tree.names(folder) if _LIBRARY.fullmatch(name)}
        if versions:
            return tree.path(f"{folder}/{versions[max(versions, key=lambda version: version or 0)]}")
    return None


def find_libvirt_driver(tree: Tree, arch: str) -> list[Path]:
    """The QEMU driver that libvirt loads; none or one."""
    inner = "libvirt/connection-driver/libvirt_driver_qemu.so"
    names = [f"{folder.format(arch=arch)}/{inner}" for folder in _LIBRARY_FOLDERS]
    return [tree.path(name) for name in names if tree.is_file(name)][:1]


def libvirt_version(library: Path) -> int | None:
    """The version in a library's name: ``libvirt.so.0.9000.0`` is 9.0.0, which libvirt counts as 9000000."""
    match = _LIBRARY.fullmatch(library.name)
    return int(match[1]) * 1_000_000 + int(match[2]) * 1_000 + int(match[3]) if match else None


def version_text(version: int) -> str:
    """9000000 as people write it: 9.0.0."""
    return f"{version // 1_000_000}.{version // 1_000 % 1_000}.{version % 1_000}"


def _stamp(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        status = path.stat()
    except OSError:
        return str(path)
    return f"{path} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def _cpu_identity(tree: Tree) -> list[str]:
    """What tells CPUs apart in the first processor's part of /proc/cpuinfo, features included."""
    first = (tree.text("proc/cpuinfo") or "").split("\n\n")[0]
    return [line for line in first.splitlines() if line.partition(":")[0].strip() in _CPU_LINES]


def _unique(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
