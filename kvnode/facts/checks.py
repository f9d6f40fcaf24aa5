"""Whether facts that came from outside are consistent with themselves.

A facts file may be years old, edited by hand or hostile, and what it says ends in a domain's XML, in netlink messages
and in dnsmasq's options. Here each kind of value is held to its grammar once, and everything downstream relies on it.
Facts that the node's own probe makes aren't checked at run time; a test holds the probe to these same rules.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from kvnode.api.fault import entry
from kvnode.errors import VALUE_DUPLICATE, VALUE_INVALID, VALUE_NOT_SUPPORTED, FieldError, InvalidManifest
from kvnode.facts.cpuset import CpusetError, parse_cpuset
from kvnode.facts.host import Cell, ClaimedDevice, HostFacts, LinkFacts, VolumeFacts, page_size_bytes

_ARCH = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)
_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}", re.ASCII)
_PCI = re.compile(r"[0-9a-fA-F]{4}:[0-9a-fA-F]{2}:[01][0-9a-fA-F]\.[0-7]", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_USB = re.compile(r"[0-9]{1,3}:[0-9]{1,3}", re.ASCII)
_IFNAME = re.compile(
    r"(?!\.{1,2}$)[!-.0-9;-~]{1,15}", re.ASCII
)  # printable, no blank, no slash, no colon (dev_valid_name)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}", re.ASCII)
_ADDRESSES = (
    ("pci", _PCI, "0000:65:00.0"),
    ("mdev", _UUID, "53764d0e-85a0-42b4-af5c-2046b460b1dc"),
    ("usb", _USB, "3:12"),
)
_SMALLEST_BLOCK, _LARGEST_BLOCK = 512, 2 << 20
_DOMAIN = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})?", re.ASCII)


def inconsistencies(facts: HostFacts) -> Iterator[FieldError]:
    """Every fault of the facts, by its path."""
    if facts.version != 1:
        yield FieldError("version", VALUE_NOT_SUPPORTED, f"host facts of version {facts.version}; this kvnode reads 1")
    if not _ARCH.fullmatch(facts.arch):
        yield _invalid("arch", f"{facts.arch[:40]!r} is not the name of an architecture, such as x86_64")
    yield from _cpus(facts)
    for name, link in facts.links.items():
        yield from _link(entry("links", name), link)
    for kind, grammar, example in _ADDRESSES:
        for resource, addresses in getattr(facts, kind).items():
            for index, address in enumerate(addresses):
                if not grammar.fullmatch(address):
                    yield _invalid(
                        f"{entry(kind, resource)}[{index}]", f"{address[:60]!r} is not an address such as {example}"
                    )
    for claim, requests in facts.claims.items():
        for request, devices in requests.items():
            for index, device in enumerate(devices):
                yield from _claimed(f"{entry(entry('claims', claim), request)}[{index}]", device)
    for name, volume in facts.volumes.items():
        yield from _blocks(entry("volumes", name), volume)
    yield from _names(facts)


def _invalid(field: str, message: str) -> FieldError:
    return FieldError(field, VALUE_INVALID, message)


def _cpus(facts: HostFacts) -> Iterator[FieldError]:
    """Cells have ids of their own, a CPU is in one core of one cell, and only CPUs of the host are allotted."""
    cells: dict[int, int] = {}
    seen = 0
    for index, cell in enumerate(facts.cells):
        at = f"cells[{index}]"
        if cell.id in cells:
            yield FieldError(f"{at}.id", VALUE_DUPLICATE, f"cell {cell.id} is cells[{cells[cell.id]}] already")
        cells[cell.id] = index
        for position, core in enumerate(cell.cores):
            if not core:
                yield _invalid(f"{at}.cores[{position}]", "a core without threads")
            for thread, cpu in enumerate(core):
                if seen >> cpu & 1:
                    field = f"{at}.cores[{position}][{thread}]"
                    yield FieldError(field, VALUE_DUPLICATE, f"CPU {cpu} is listed in another core already")
                seen |= 1 << cpu
        yield from _pages(at, cell)
    if facts.allotted_cpus is None:
        return
    try:
        beyond = parse_cpuset(facts.allotted_cpus) & ~seen
    except CpusetError as error:
        yield _invalid("allotted_cpus", str(error))
        return
    if beyond and facts.cells:
        first = (beyond & -beyond).bit_length() - 1
        yield _invalid("allotted_cpus", f"CPU {first} is allotted, and no cell has it")


def _pages(at: str, cell: Cell) -> Iterator[FieldError]:
    sizes: dict[int, str] = {}
    for size, pool in cell.hugepages.items():
        field = entry(f"{at}.hugepages", size)
        try:
            in_bytes = page_size_bytes(size)
        except InvalidManifest as error:
            yield _invalid(field, error.errors[0].message)
            continue
        if in_bytes in sizes:
            yield FieldError(field, VALUE_DUPLICATE, f"{size} is the size that {sizes[in_bytes]} is")
        sizes[in_bytes] = size
        if pool.free > pool.total:
            yield _invalid(field, f"{pool.free} pages are free of {pool.total}")


def _link(at: str, link: LinkFacts) -> Iterator[FieldError]:
    if link.ifname is not None and not _IFNAME.fullmatch(link.ifname):
        yield _invalid(f"{at}.ifname", f"{link.ifname[:40]!r} is not a link's name: at most 15 printable characters")
    if link.mac is not None and not _MAC.fullmatch(link.mac):
        yield _invalid(f"{at}.mac", f"{link.mac[:40]!r} is not a MAC address such as 0a:58:0a:f4:01:11")
    if link.pci is not None and not _PCI.fullmatch(link.pci):
        yield _invalid(f"{at}.pci", f"{link.pci[:40]!r} is not a PCI address such as 0000:04:02.5")
    for index, address in enumerate(link.addresses):
        if not _is_interface(address):
            yield _invalid(f"{at}.addresses[{index}]", f"{address[:60]!r} is not an address such as 10.244.1.17/32")
    for index, route in enumerate(link.routes):
        if route.dst != "default" and not _is_network(route.dst):
            yield _invalid(
                f"{at}.routes[{index}].dst", f"{route.dst[:60]!r} is neither default nor a network in CIDR form"
            )
        if route.gateway is not None and not _is_address(route.gateway):
            yield _invalid(f"{at}.routes[{index}].gateway", f"{route.gateway[:60]!r} is not an address")
    if link.resolver is None:
        return
    for index, server in enumerate(link.resolver.nameservers):
        if not _is_address(server):
            yield _invalid(f"{at}.resolver.nameservers[{index}]", f"{server[:60]!r} is not an address")
    for index, domain in enumerate(link.resolver.search):
        if domain != "." and not _DOMAIN.fullmatch(domain):
            yield _invalid(f"{at}.resolver.search[{index}]", f"{domain[:60]!r} is not a domain name")


def _claimed(at: str, device: ClaimedDevice) -> Iterator[FieldError]:
    told = [(kind, grammar, example) for kind, grammar, example in _ADDRESSES if getattr(device, kind) is not None]
    if len(told) != 1:
        yield _invalid(at, "a device is named by its address as one of pci, mdev and usb")
    for kind, grammar, example in told:
        address = getattr(device, kind)
        if not grammar.fullmatch(address):
            yield _invalid(f"{at}.{kind}", f"{address[:60]!r} is not an address such as {example}")


def _blocks(at: str, volume: VolumeFacts) -> Iterator[FieldError]:
    """Block sizes are powers of two that QEMU takes (hw/core/qdev-properties.c)."""
    logical, physical = volume.logical_block_bytes, volume.physical_block_bytes
    for name, size in (("logical_block_bytes", logical), ("physical_block_bytes", physical)):
        if size is not None and (not _SMALLEST_BLOCK <= size <= _LARGEST_BLOCK or size & (size - 1)):
            yield _invalid(f"{at}.{name}", f"{size} is not a power of two from {_SMALLEST_BLOCK} to {_LARGEST_BLOCK}")
    if logical is not None and physical is not None and logical > physical:
        yield _invalid(f"{at}.logical_block_bytes", f"{logical} is more than the physical block of {physical} bytes")
    granularity = volume.discard_granularity_bytes
    if granularity and (granularity % (logical or _SMALLEST_BLOCK) or granularity > _LARGEST_BLOCK):
        message = f"{granularity} is no multiple of a logical block, of at most {_LARGEST_BLOCK}"
        yield _invalid(f"{at}.discard_granularity_bytes", message)


def _names(facts: HostFacts) -> Iterator[FieldError]:
    for field in ("machine_types", "cpu_models"):
        for index, name in enumerate(getattr(facts, field) or ()):
            if not _NAME.fullmatch(name):
                yield _invalid(f"{field}[{index}]", f"{name[:40]!r} is not a name that QEMU would give")
    paths = [(f"{entry('volumes', name)}.path", volume.path) for name, volume in facts.volumes.items()]
    for purpose, firmware in facts.efi.items():
        paths += [(f"{entry('efi', purpose)}.{part}", getattr(firmware, part)) for part in ("code", "vars")]
    for field, path in paths:
        if path is not None and not (path.startswith("/") and path.isprintable()):
            yield _invalid(field, f"{path[:60]!r} is not an absolute path")


def _is_interface(text: str) -> bool:
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return "/" in text and "%" not in text


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return "/" in text


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text
