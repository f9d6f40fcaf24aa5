"""Reads a node into HostFacts.

``probe_host`` joins what the other modules of this room find: cells and CPUs, the cgroups' limits, devices, KVM tried
and timed, firmware, and what libvirt and QEMU said when they were last asked. It reads only below its root, needs no
privilege, and takes 30-80 ms, nearly all of it KVM's trial. What belongs to one guest (links, volumes, devices allotted
to it) is added by whoever runs that guest.
"""

from __future__ import annotations

import os
import resource
from pathlib import Path

from kvnode.facts import Cell, Firmware, HostFacts
from kvnode.facts.cpuset import format_cpuset
from kvnode.host import capabilities
from kvnode.host.cells import probe_cells
from kvnode.host.cgroups import cpuset_mask, memory_available_bytes
from kvnode.host.kvm import KvmVerdict, try_kvm
from kvnode.host.process import CAP_SYS_RESOURCE, architecture, effective_capabilities
from kvnode.host.tree import Tree
from kvnode.paths import NodePaths

DEVICES = ("kvm", "net/tun", "vhost-net", "vhost-vsock", "vfio/vfio", "sev", "fuse")
"""Device nodes that some guest may need, below /dev."""

# Purpose, then (code, variables) in order of preference: Debian's names, then those of Fedora's edk2-ovmf that
# KubeVirt's images have. Variables of the secure_boot purpose are those with vendor keys enrolled.
_OVMF = "/usr/share/OVMF"
_FIRMWARE: dict[str, dict[str, tuple[tuple[str, str | None], ...]]] = {
    "x86_64": {
        "plain": (
            (f"{_OVMF}/OVMF_CODE_4M.fd", f"{_OVMF}/OVMF_VARS_4M.fd"),
            (f"{_OVMF}/OVMF_CODE.fd", f"{_OVMF}/OVMF_VARS.fd"),
        ),
        "secure_boot": (
            (f"{_OVMF}/OVMF_CODE_4M.secboot.fd", f"{_OVMF}/OVMF_VARS_4M.ms.fd"),
            (f"{_OVMF}/OVMF_CODE.secboot.fd", f"{_OVMF}/OVMF_VARS.secboot.fd"),
        ),
        "sev": ((f"{_OVMF}/OVMF_CODE.cc.fd", f"{_OVMF}/OVMF_VARS.fd"),),
        "snp": ((f"{_OVMF}/OVMF.amdsev.fd", None),),
        "tdx": ((f"{_OVMF}/OVMF.inteltdx.fd", None),),
    },
    "aarch64": {
        "plain": (
            ("/usr/share/AAVMF/AAVMF_CODE.no-secboot.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"),
            ("/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"),
        ),
    },
}


def probe_host(root: str | os.PathLike[str] = "/") -> HostFacts:
    """The facts of the node whose file system is at ``root``; emulation is allowed, as whoever asks is this mode.

    Nothing that is missing makes it fail: a fact that can't be found out is left unknown.
    """
    tree = Tree(root)
    return read_node(tree, try_kvm(tree))


def read_node(tree: Tree, kvm: KvmVerdict) -> HostFacts:
    """The facts of the node below a tree, whose KVM has been tried already."""
    arch = architecture(tree)
    cells = probe_cells(tree)
    every_cpu = _mask_of_cells(cells)
    cpus = (cpuset_mask(tree) or every_cpu) & every_cpu
    known = known_capabilities(tree, arch, kvm)
    return HostFacts(
        arch=arch,
        kvm=kvm.state,
        kvm_ns_per_instruction=kvm.ns_per_instruction,
        kvm_note=kvm.note,
        emulation_allowed=True,
        allotted_cpus=format_cpuset(cpus or every_cpu),
        cells=cells,
        memory_available_bytes=memory_available_bytes(tree),
        memory_lock_bytes=_memory_lock_bytes(tree),
        devices=tuple(name for name in DEVICES if _usable(tree.path(f"dev/{name}"))),
        efi=_firmware(tree, arch),
        libvirt=known.libvirt if known else _installed_libvirt(tree, arch),
        qemu=known.qemu if known else None,
        machine_types=known.machine_types if known else None,
        cpu_models=known.cpu_models if known else None,
        host_cpu_model=known.host_cpu_model if known else None,
    )


def known_capabilities(tree: Tree, arch: str, kvm: KvmVerdict) -> capabilities.CapabilityFacts | None:
    """What libvirt and QEMU said when this node last asked them; None if it never did in their present builds."""
    paths = NodePaths.here() if tree.is_live else _paths_below(tree.root)
    return capabilities.read_capabilities(paths, capabilities.qemu_capabilities_key(arch, kvm.state, tree))


def _paths_below(root: Path) -> NodePaths:
    return NodePaths(root / "run/kvnode", root / "var/lib/kvnode", root / "var/cache/kvnode")


def _installed_libvirt(tree: Tree, arch: str) -> int | None:
    library = capabilities.find_libvirt(tree, arch)
    return None if library is None else capabilities.libvirt_version(library)


def _mask_of_cells(cells: tuple[Cell, ...]) -> int:
    mask = 0
    for cell in cells:
        mask |= cell.mask
    return mask


def _memory_lock_bytes(tree: Tree) -> int | None:
    """The hard limit of locked memory; None where there is none, or where we may raise it (CAP_SYS_RESOURCE)."""
    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
    may_raise = effective_capabilities(tree) >> CAP_SYS_RESOURCE & 1
    return None if may_raise or limit == resource.RLIM_INFINITY else limit


def _usable(device: Path) -> bool:
    """Whether a device node is there and may be opened; opening it could load a module, which a probe should not."""
    return os.access(device, os.R_OK | os.W_OK)


def _firmware(tree: Tree, arch: str) -> dict[str, Firmware]:
    found: dict[str, Firmware] = {}
    for purpose, builds in _FIRMWARE.get(arch, {}).items():
        for code, variables in builds:
            if tree.is_file(code) and (variables is None or tree.is_file(variables)):
                found[purpose] = Firmware(code, variables)
                break
    return found
