"""No compiled function keeps memory: called over and over, in its ways out by return and by error, the heap stays.

Counted is what malloc and Python's own allocator say is in use, not the process's size, so a leak of one small object
in each call shows as thousands of them. A function that isn't listed here fails the last test.
"""

import contextlib
import gc
import importlib
import struct
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import psutil
import pytest

import kvnode
from kvnode._fast import domain_xml, names, netlink, placement, plain
from kvnode.api.disks import Disk, DiskTarget

TREE = Path(__file__).resolve().parents[2]

CALLS = 2000
# What is kept in every call makes a block of Python's, or 16 bytes of malloc's, for each of them; half of that is
# never reached by the measurement's own few objects.
BLOCKS_A_CALL = 0.5
BYTES_A_CALL = 8

MAC = bytes.fromhex("0a580a0a0a0a")
# Header (length, NLMSG_ERROR, flags, sequence, port), the errno, and the header that it is about.
REFUSAL = struct.pack("=IHHIIi16x", 36, 2, 0, 1, 0, -17)


def filled_batch() -> netlink.Batch:
    """A batch that has outgrown what lies inside of the object."""
    batch = netlink.Batch(7)
    for index in range(200):
        batch.create_link(f"link{index}", "bridge", index=index + 1, mac=MAC, mtu=1500)
        batch.set_link(index + 1, mac=MAC, mtu=1400, master=3, group=9, up=True)
        batch.add_address(index + 1, bytes(4), 24)
        batch.remove_address(index + 1, bytes(16), 64)
    batch.delete_link(3)
    batch.delete_group(9)
    return batch


def refused(call: Callable[[], object]) -> None:
    with contextlib.suppress(Exception):
        call()
        raise AssertionError("this was to be refused")


@cache
def tiny_plan() -> kvnode.DomainPlan:
    vmi = kvnode.load(TREE / "deploy/examples/vmi-tiny.yaml")
    return kvnode.plan(kvnode.default(vmi), kvnode.HostFacts())


NAMES = [value for name, value in vars(names).items() if name.startswith("is_")]


def _ask(kind: Callable[[str], bool]) -> None:
    for text in ("a.b/c", "a" * 300, "ä", ""):
        kind(text)


DISKS = [
    Disk("a", DiskTarget("virtio"), cache="none", serial="A1"),
    Disk("b", DiskTarget("sata"), io="native"),
    Disk("A", boot_order=1),
    Disk("a", tag="x"),
]


def sieve() -> plain.Plain:
    target = plain.Plain(DiskTarget, {"bus": frozenset({"virtio"})})
    bounds = {"name": names.is_label, "disk": target, "serial": names.is_serial, "cache": frozenset({"none"})}
    return plain.Plain(Disk, bounds | {"boot_order": ...}, one_of=("disk",), unique="name")


@cache
def large_host() -> placement.HostCpus:
    cells = tuple(tuple((cell * 32 + core, 256 + cell * 32 + core) for core in range(32)) for cell in range(8))
    return placement.HostCpus(cells, (1 << 512) - 1, ((10,) * 8,) * 8)


# What is called, and how often: by the function's own name, and what is special about the call.
CASES: dict[str, tuple[Callable[[], object], int]] = {
    "netlink.Batch": (lambda: bytes(filled_batch()), CALLS // 20),
    "netlink.Batch of a refused name": (
        lambda: refused(lambda: netlink.Batch().create_link("x" * 99, "tun")),
        CALLS,
    ),
    "netlink.Batch of a refused address": (lambda: refused(lambda: netlink.Batch().add_address(1, b"1", 8)), CALLS),
    "netlink.read_acks": (lambda: netlink.read_acks(REFUSAL, 1, 3), CALLS),
    "netlink.read_acks of a short message": (lambda: refused(lambda: netlink.read_acks(b"\xff" * 19, 1, 3)), CALLS),
    "domain_xml.render_domain": (lambda: domain_xml.render_domain(tiny_plan()), CALLS),
    "domain_xml.render_domain of no plan": (lambda: refused(lambda: domain_xml.render_domain(object())), CALLS),
    "domain_xml.escaped": (lambda: domain_xml.escaped("<&\"'>" * 1000), CALLS),
    "domain_xml.escaped of half a surrogate": (lambda: refused(lambda: domain_xml.escaped("\ud800")), CALLS),
    **{f"names.{kind.__name__}": (partial(_ask, kind), CALLS) for kind in NAMES},
    "plain.Plain": (lambda: sieve().others(DISKS), CALLS),
    "plain.Plain of an unknown field": (lambda: refused(lambda: plain.Plain(Disk, {"nmae": ...})), CALLS),
    "plain.Plain of what is no bound": (lambda: refused(lambda: plain.Plain(Disk, {"name": len})), CALLS),
    "plain.Plain of a name that is no text": (lambda: refused(lambda: sieve().others([Disk(1)])), CALLS),
    "placement.HostCpus": (
        lambda: placement.HostCpus((((0, 4), (1, 5)), ((2, 6),)), 0xFF, ((10, 21), (21, 10))),
        CALLS,
    ),
    "placement.HostCpus of no row for a cell": (
        lambda: refused(lambda: placement.HostCpus((((0,),),), 1, ((1, 2),))),
        CALLS,
    ),
    "placement.HostCpus of no number": (lambda: refused(lambda: placement.HostCpus(((("a",),),), 1)), CALLS),
    "placement.place": (lambda: placement.place(large_host(), 64, 1, 3, True, (16,) * 8, 64), CALLS),
    "placement.place of what doesn't fit": (lambda: placement.place(large_host(), 513, 1, 0, False), CALLS),
    "placement.place of no amount": (
        lambda: refused(lambda: placement.place(large_host(), 1, 1, 0, True, ("a",) * 8, 1)),
        CALLS,
    ),
    "names.is_label of no text": (lambda: refused(lambda: names.is_label(None)), CALLS),
}


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_kept(name):
    call, count = CASES[name]

    def grown() -> tuple[int, int]:
        gc.collect()
        blocks, heap = sys.getallocatedblocks(), psutil.heap_info()
        for _ in range(count):
            call()
        gc.collect()
        after = psutil.heap_info()
        used = after.heap_used + after.mmap_used - heap.heap_used - heap.mmap_used
        return sys.getallocatedblocks() - blocks, used

    grown()
    # A real leak shows in every round, what something else in the process allocates in one of them doesn't.
    rounds = [grown() for _ in range(3)]
    assert min(blocks for blocks, _ in rounds) < BLOCKS_A_CALL * count, rounds
    assert min(used for _, used in rounds) < BYTES_A_CALL * count, rounds


def test_every_public_function_is_called_here():
    public = set()
    for path in (TREE / "kvnode/_fast").glob("*.pyx"):
        module = importlib.import_module(f"kvnode._fast.{path.stem}")
        public |= {
            f"{path.stem}.{name}" for name, value in vars(module).items() if _is_ours(name, value, module.__name__)
        }
    assert public
    assert public - {name.partition(" of ")[0] for name in CASES} == set()


def _is_ours(name: str, value: object, module: str) -> bool:
    return not name.startswith("_") and callable(value) and getattr(value, "__module__", None) == module
