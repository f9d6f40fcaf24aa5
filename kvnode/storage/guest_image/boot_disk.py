"""A disk that boots, made as an ordinary file by an ordinary user: no loop device, no mount.

One FAT partition holds the kernel, the initramfs and two boot loaders: syslinux for BIOS (found through the MBR) and
systemd-boot for UEFI (at the path where firmware looks on removable media).  The partition is both active, which the
MBR code wants, and of type EF, which firmware wants.  mtools and syslinux work on the file at the partition's
offset; both come out of their Debian packages, so that the bytes depend on versions that are part of the build's key
and not on the host.

Always holds: the same pieces, date and serial give the same bytes.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

import msgspec

from kvnode.storage.guest_image.fault import GuestImageError
from kvnode.storage.guest_image.tool import run_tool

_MIB = 1 << 20
_SECTOR = 512
_PARTITION_START = _MIB
# mtools is one program with many names; syslinux calls it by these, too.
_MTOOLS_NAMES = ("mformat", "mcopy", "mmd", "mattrib", "mmove", "mlabel", "mdel")
_FAT16_CLUSTERS = 65_524


class BootLoaders(msgspec.Struct, frozen=True):
    """The programs and boot code out of packages: ``syslinux`` and ``mtools`` run here, the others run in the guest."""

    syslinux: bytes
    mtools: bytes
    mbr: bytes
    systemd_boot: bytes


class BootFiles(msgspec.Struct, frozen=True):
    """What the boot loaders load, and with which command line; ``title`` names it in their menus."""

    kernel: bytes
    initramfs: bytes
    command_line: str
    title: str


def write_boot_disk(path: Path, boot: BootFiles, loaders: BootLoaders, serial: int, date: int, scratch: Path) -> None:
    """Write a raw disk to ``path``, sparse, a multiple of 1 MiB.

    serial  -- 32 bits: the disk's id and the file system's serial number
    date    -- seconds since 1970: the time of every file in it
    scratch -- an empty folder for what is needed on the way

    Raises GuestImageError where a tool fails.
    """
    content = {"/vmlinuz": boot.kernel, "/initrd": boot.initramfs, **_loader_files(boot, loaders)}
    # Room for what FAT itself takes, and a little left to whoever mounts it.
    size = _round_up(sum(map(len, content.values())) * 103 // 100 + 2 * _MIB, _MIB)
    with path.open("xb") as disk:
        disk.write(_master_boot_record(loaders.mbr, serial, size))
        disk.truncate(_PARTITION_START + size)
    tools = _unpack_tools(loaders, scratch)
    _format(tools, path, size, serial, date)
    for folder in ("/EFI", "/EFI/BOOT", "/loader", "/loader/entries"):
        _mtool(tools, date, "mmd", "-i", _at(path), f"::{folder}")
    # syslinux goes first: its loader has to lie in one piece at the partition's beginning.
    _run(tools, date, [tools / "syslinux", "--install", "--offset", str(_PARTITION_START), path])
    for name, data in content.items():
        source = scratch / "file"
        source.write_bytes(data)
        os.utime(source, (date, date))
        _mtool(tools, date, "mcopy", "-m", "-i", _at(path), source, f"::{name}")


def convert_to_qcow2(raw: Path, qcow2: Path) -> None:
    """Write ``raw`` as a qcow2 file; what is zero takes no room."""
    run_tool(
        ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-o", "compat=1.1,cluster_size=65536", raw, qcow2],
        would_do="install qemu-utils",
    )


def qemu_img_version() -> str:
    """Which qemu-img writes the image: part of a build's key."""
    ended = run_tool(["qemu-img", "--version"], would_do="install qemu-utils")
    return ended.stdout.decode(errors="replace").splitlines()[0]


def _loader_files(boot: BootFiles, loaders: BootLoaders) -> dict[str, bytes]:
    syslinux = f"""\
DEFAULT {boot.title}
PROMPT 0
TIMEOUT 0
LABEL {boot.title}
  KERNEL /vmlinuz
  INITRD /initrd
  APPEND {boot.command_line}
"""
    entry = f"title {boot.title}\nlinux /vmlinuz\ninitrd /initrd\noptions {boot.command_line}\n"
    return {
        "/syslinux.cfg": syslinux.encode(),
        "/EFI/BOOT/BOOTX64.EFI": loaders.systemd_boot,
        "/loader/loader.conf": f"default {boot.title}.conf\ntimeout 0\neditor no\n".encode(),
        f"/loader/entries/{boot.title}.conf": entry.encode(),
    }


def _master_boot_record(code: bytes, serial: int, partition_size: int) -> bytes:
    """The first sector: boot code (440 bytes at most), the disk's id, one active partition, the signature."""
    if not 0 < len(code) <= 440:
        raise GuestImageError(f"syslinux' MBR code is {len(code)} bytes, 440 is what fits: use Debian 12's syslinux")
    # Cylinders, heads and sectors are of no use here; FE FF FF says so (LBA only).
    entry = struct.pack(
        "<B3sB3sII",
        0x80,
        b"\xfe\xff\xff",
        0xEF,
        b"\xfe\xff\xff",
        _PARTITION_START // _SECTOR,
        partition_size // _SECTOR,
    )
    return code.ljust(440, b"\0") + struct.pack("<IH", serial, 0) + entry + bytes(48) + b"\x55\xaa"


def _unpack_tools(loaders: BootLoaders, scratch: Path) -> Path:
    folder = scratch / "tools"
    folder.mkdir()
    for name, program in (("syslinux", loaders.syslinux), ("mtools", loaders.mtools)):
        (folder / name).write_bytes(program)
        (folder / name).chmod(0o755)
    for name in _MTOOLS_NAMES:
        (folder / name).symlink_to("mtools")
    return folder


def _format(tools: Path, disk: Path, size: int, serial: int, date: int) -> None:
    sectors_per_cluster = 4
    while size // (_SECTOR * sectors_per_cluster) > _FAT16_CLUSTERS:
        sectors_per_cluster *= 2
    geometry = ["-T", str(size // _SECTOR), "-h", "255", "-s", "63", "-H", str(_PARTITION_START // _SECTOR)]
    shape = ["-c", str(sectors_per_cluster), "-N", f"{serial:08x}", "-v", "KVNODE", "-m", "0xf8"]
    _mtool(tools, date, "mformat", "-i", _at(disk), *geometry, *shape, "::")


def _at(disk: Path) -> str:
    return f"{disk}@@{_PARTITION_START}"


def _mtool(tools: Path, date: int, name: str, *words: str | Path) -> None:
    _run(tools, date, [tools / name, *words])


def _run(tools: Path, date: int, words: list[str | Path]) -> None:
    environment = {
        "PATH": f"{tools}:/usr/bin:/bin",
        "SOURCE_DATE_EPOCH": str(date),
        "MTOOLS_SKIP_CHECK": "1",
        "MTOOLSRC": os.devnull,
    }
    run_tool(words, would_do="remove the cache and build again", environment=environment)


def _round_up(value: int, unit: int) -> int:
    return -(-value // unit) * unit
