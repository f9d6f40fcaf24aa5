"""Which kernel modules a guest takes along, and the tables that modprobe reads.

A Debian kernel package has neither ``modules.dep`` nor ``modules.alias``: depmod makes them at installation.  Both come
from what every module says of itself in its ELF section ``.modinfo``: NUL-separated ``key=value`` texts (linux
include/linux/moduleinfo.h), of which ``depends`` and ``alias`` are used here.  So nothing has to be installed or run.
"""

from __future__ import annotations

import lzma
import struct
from collections.abc import Callable, Iterable

import msgspec

from kvnode.storage.guest_image.fault import GuestImageError


class Module(msgspec.Struct, frozen=True):
    """One loadable module: its path below lib/modules/VERSION, its bytes (unpacked), what it says of itself."""

    name: str
    path: str
    content: bytes
    depends: tuple[str, ...]
    aliases: tuple[str, ...]


def module_name(path: str) -> str:
    """The name by which the kernel knows the module in a file: ``.../virtio-rng.ko.xz`` is ``virtio_rng``."""
    return path.rsplit("/", 1)[-1].split(".ko", 1)[0].replace("-", "_")


def read_module(path: str, content: bytes) -> Module:
    """A module file, unpacked where the kernel's build compressed it (xz, as trixie does)."""
    if path.endswith(".xz"):
        try:
            content = lzma.decompress(content)
        except lzma.LZMAError as error:
            raise GuestImageError(f"the kernel module {path} is damaged ({error}): build again") from error
        path = path.removesuffix(".xz")
    elif not path.endswith(".ko"):
        raise GuestImageError(f"the kernel module {path} is compressed in a way that is not known here (xz is)")
    info = modinfo(path, content)
    depends = [name.replace("-", "_") for text in info.get("depends", []) for name in text.split(",") if name]
    return Module(module_name(path), path, content, tuple(depends), tuple(info.get("alias", [])))


def modinfo(path: str, content: bytes) -> dict[str, list[str]]:
    """The ``.modinfo`` section of a 64-bit little-endian ELF file, each key with its values in order.

    Source of the layout: the ELF-64 object file format, headers e_shoff (0x28), e_shentsize, e_shnum and e_shstrndx
    (0x3a).
    """
    try:
        if content[:6] != b"\x7fELF\x02\x01":
            raise GuestImageError(f"the kernel module {path} is not a 64-bit little-endian ELF file")
        (table,) = struct.unpack_from("<Q", content, 0x28)
        size, count, names_index = struct.unpack_from("<HHH", content, 0x3A)
        sections = [struct.unpack_from("<IIQQQQ", content, table + index * size) for index in range(count)]
        names_at = sections[names_index][4]
        for name, _type, _flags, _address, offset, length in sections:
            start = names_at + name
            if content[start : start + 9] == b".modinfo\0":
                return _pairs(content[offset : offset + length])
    except (struct.error, IndexError) as error:
        raise GuestImageError(f"the kernel module {path} is a broken ELF file ({error}): build again") from error
    raise GuestImageError(f"the kernel module {path} has no .modinfo section, so what it depends on is not known")


def _pairs(section: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in section.split(b"\0"):
        key, equals, value = text.decode(errors="replace").partition("=")
        if equals:
            found.setdefault(key, []).append(value)
    return found


def modules_with_dependencies(
    names: Iterable[str], paths: Iterable[str], read: Callable[[str], bytes], builtin: frozenset[str]
) -> tuple[list[Module], list[str]]:
    """The modules of these names and all that they need, and the names that this kernel has neither way.

    paths   -- every module file of the kernel, below lib/modules/VERSION
    read    -- gives a file's bytes; called for those that are taken only
    builtin -- names that are part of the kernel itself: nothing to take, nothing missing

    The order is such that each module comes after those it depends on.
    """
    by_name = {module_name(path): path for path in paths}
    taken: dict[str, Module] = {}
    absent = []

    def take(name: str) -> None:
        if name in taken or name in builtin:
            return
        if name not in by_name:
            raise GuestImageError(f"the kernel package lacks the module {name} that another one of it depends on")
        module = read_module(by_name[name], read(by_name[name]))
        for needed in module.depends:
            take(needed)
        taken[name] = module

    for name in names:
        if name in by_name or name in builtin:
            take(name)
        else:
            absent.append(name)
    return list(taken.values()), absent


def dependency_table(modules: Iterable[Module]) -> str:
    """``modules.dep``: each module's path, and the paths of all it needs, nearest first (modules.dep(5))."""
    by_name = {module.name: module for module in modules}
    lines = []
    for module in sorted(by_name.values(), key=lambda m: m.path):
        needed: dict[str, None] = {}
        queue = list(module.depends)
        while queue:
            name = queue.pop(0)
            if name in by_name:  # the rest is built into the kernel
                # A module that is needed by a later one as well has to be loaded before that one: it moves to the end.
                needed.pop(name, None)
                needed[name] = None
                queue.extend(by_name[name].depends)
        lines.append(f"{module.path}: {' '.join(by_name[name].path for name in needed)}".rstrip(" "))
    return "".join(f"{line}\n" for line in lines)


def alias_table(modules: Iterable[Module]) -> str:
    """``modules.alias``: a pattern for devices or a request's name, and the module for it (modprobe.d(5))."""
    lines = [f"alias {alias} {module.name}\n" for module in modules for alias in module.aliases]
    return "".join(sorted(lines))
