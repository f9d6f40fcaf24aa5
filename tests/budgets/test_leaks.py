"""No compiled function keeps memory: called over and over, in its ways out by return and by error, the heap stays.

Counted is what malloc and Python's own allocator say is in use, not the process's size, so a leak of one small object
in each call shows as thousands of them. A function that isn't listed here fails the last test.
"""

import contextlib
import ctypes
import gc
import importlib
import struct
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from types import ModuleType

import msgspec
import psutil
import pytest

import kvnode
from kvnode._fast import addresses, domain_xml, names, netlink, placement, plain, quantities
from kvnode.api.disks import Disk, DiskTarget
from kvnode.api.instance import VirtualMachineInstance
from kvnode.planning.device_plans import Panic
from tests.golden.changed import answer, changed_guests
from tests.golden.folders import FOLDERS, golden_plan

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
    try:
        call()
    except Exception:
        return
    raise AssertionError("this was to be refused")


@cache
def tiny_plan() -> kvnode.DomainPlan:
    vmi = kvnode.load(TREE / "deploy/examples/vmi-tiny.yaml")
    return kvnode.plan(kvnode.default(vmi), kvnode.HostFacts())


NAMES = [value for name, value in vars(names).items() if name.startswith("is_")]


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


HALF = "\ud800"
# Nothing of these is a name, and some can't even be said in UTF-8.
HOSTILE = ("a" * 300, "ä", "", "\0", HALF, f"a{HALF}", "\udfff" * 70, "\uffff", "\U0010ffff", "a." * 200, "-", "a/b/c")


def _ask(kind: Callable[[str], bool]) -> None:
    kind("a.b/c")
    for text in HOSTILE:
        with contextlib.suppress(ValueError):
            kind(text)


class Bad(Exception):
    """What a caller's own object raises in the midst of a call."""


class Raising:
    """A sequence, a number and a key that raises when it is used, after it has let itself be counted."""

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[int]:
        yield 0
        raise Bad

    def __rrshift__(self, other: object) -> int:
        raise Bad

    def __index__(self) -> int:
        raise Bad

    def __hash__(self) -> int:
        raise Bad

    def __getattr__(self, name: str) -> object:
        raise Bad


class Longer(list[int]):
    """A list that counts itself shorter than it is."""

    def __len__(self) -> int:
        return 1


@cache
def large_plan() -> kvnode.DomainPlan:
    """A plan whose XML doesn't fit where the buffer begins, with something to write in every place."""
    return golden_plan(TREE / "tests/golden/disks")


def every_plan() -> None:
    for folder in FOLDERS:
        domain_xml.render_domain(cached_plan(folder))


cached_plan = cache(golden_plan)


def broken(changes: Mapping[str, object], devices: Mapping[str, object] | None = None) -> Callable[[], object]:
    """Rendering of the large plan with something wrong in it, by field of the plan or of its devices."""
    replace = msgspec.structs.replace
    plan = replace(large_plan(), **changes)
    plan = replace(plan, devices=replace(plan.devices, **(devices or {})))
    return lambda: refused(lambda: domain_xml.render_domain(plan))


def half_serial() -> Callable[[], object]:
    disks = large_plan().devices.disks
    last = msgspec.structs.replace(disks[-1], serial="a" * 20_000 + HALF)
    return broken({}, {"disks": (*disks, *disks, *disks, last)})


def refused_batch(call: Callable[[netlink.Batch], object], room: int = 0) -> None:
    """A refused message in a batch that has ``room`` others, of which a hundred lie on the heap; then a good one."""
    batch = netlink.Batch()
    for index in range(room):
        batch.delete_link(index + 1)
    refused(lambda: call(batch))
    batch.delete_link(1)
    assert len(batch) == room + 1


@cache
def golden_guest() -> tuple[VirtualMachineInstance, kvnode.HostFacts]:
    return kvnode.default(kvnode.load(TREE / "deploy/examples/vmi-tiny.yaml")), kvnode.HostFacts()


@cache
def changed() -> list[tuple[VirtualMachineInstance, kvnode.HostFacts]]:
    """Golden guests with one value changed, of which many are refused."""
    return [(vmi, host) for _, vmi, host in changed_guests(70)]


def plan_all(guests: list[tuple[VirtualMachineInstance, kvnode.HostFacts]]) -> None:
    for vmi, host in guests:
        answer(vmi, host)


@cache
def hostile_guests() -> list[tuple[VirtualMachineInstance, kvnode.HostFacts]]:
    """Guests that raise when they are planned: in each place of a domain stands what no manifest can hold."""
    vmi, host = golden_guest()
    replace, domain = msgspec.structs.replace, vmi.spec.domain
    found = []
    for name in domain.__struct_fields__:
        for value in (None, 1, Raising(), [], ((),)):
            spec = replace(vmi.spec, domain=replace(domain, **{name: value}))
            found.append((replace(vmi, spec=spec), host))
    for name in domain.devices.__struct_fields__:
        for value in (None, (None,), (Raising(),), Raising()):
            devices = replace(domain.devices, **{name: value})
            found.append((replace(vmi, spec=replace(vmi.spec, domain=replace(domain, devices=devices))), host))
    return found[::10]


METHODS = [name for name, value in vars(netlink.Batch).items() if name[0] != "_" and callable(value)]
REFUSED_BY_BATCH: dict[str, Callable[[netlink.Batch], object]] = {
    "create_link of a long name": lambda batch: batch.create_link("x" * 99, "tun"),
    "create_link of half a surrogate": lambda batch: batch.create_link(HALF, "tun"),
    "create_link of a kind that is half a surrogate": lambda batch: batch.create_link("a", HALF),
    "create_link of a kind that is too long": lambda batch: batch.create_link("a", "k" * 70_000),
    "create_link of a short MAC": lambda batch: batch.create_link("a", "tun", mac=b"1"),
    "create_link of an index below nought": lambda batch: batch.create_link("a", "tun", index=-1),
    "create_link of no name": lambda batch: batch.create_link(None, "tun"),
    "set_link of no link": lambda batch: batch.set_link(0),
    "set_link of half a surrogate": lambda batch: batch.set_link(1, alias=f"alias{HALF}"),
    "set_link of an alias that is too long": lambda batch: batch.set_link(1, mac=MAC, alias="a" * 70_000),
    "set_link of a master that is no number": lambda batch: batch.set_link(1, mac=MAC, master="a" * 99),
    "set_link of a master that raises": lambda batch: batch.set_link(1, mac=MAC, master=Raising()),
    "set_link of a group that is too large": lambda batch: batch.set_link(1, mac=MAC, group=1 << 40),
    "set_port of no link": lambda batch: batch.set_port(0, True),
    "set_port of an index that is too large": lambda batch: batch.set_port(1 << 40, True),
    "delete_link of no link": lambda batch: batch.delete_link(0),
    "delete_group of the group of all": lambda batch: batch.delete_group(0),
    "add_address of three bytes": lambda batch: batch.add_address(1, b"123", 8),
    "add_address of no bytes": lambda batch: batch.add_address(1, "1234", 8),
    "add_address of a prefix that is too long": lambda batch: batch.add_address(1, bytes(4), 33),
    "remove_address of no link": lambda batch: batch.remove_address(0, bytes(4), 24),
}


def acks(*messages: bytes) -> bytes:
    return b"".join(message + bytes(-len(message) % 4) for message in messages)


def refusal_with_words(words: bytes, stated: int | None = None) -> bytes:
    """An ack that is capped (0x100) and has attributes (0x200), of which one is the kernel's sentence."""
    size = 4 + len(words) if stated is None else stated
    said = struct.pack("=HH", size, 1) + words
    said += bytes(-len(said) % 4)
    return struct.pack("=IHHIIi16x", 36 + len(said), 2, 0x300, 1, 0, -17) + said


def held(kind: type, bounds: Mapping[str, object], items: Sequence[object], **more: object) -> Callable[[], object]:
    return lambda: refused(lambda: plain.Plain(kind, bounds, **more).others(items))


# What is called, and how often: by the function's own name, and what is special about the call.
CASES: dict[str, tuple[Callable[[], object], int]] = {
    "netlink.Batch": (lambda: bytes(filled_batch()), CALLS // 20),
    "netlink.Batch of a sequence that is too large": (lambda: refused(lambda: netlink.Batch(1 << 40)), CALLS),
    **{
        f"netlink.Batch.{name}": (filled_batch, CALLS // 20)
        for name, one in vars(netlink.Batch).items()
        if callable(one)
    },
    **{
        f"netlink.Batch.{name}{where}": (partial(refused_batch, call, room), count)
        for name, call in REFUSED_BY_BATCH.items()
        for where, room, count in (("", 0, CALLS), (" on the heap", 100, CALLS // 10))
    },
    "netlink.read_acks": (lambda: netlink.read_acks(acks(REFUSAL, refusal_with_words(b"no\xff\0")), 1, 3), CALLS),
    "netlink.read_acks of a short message": (lambda: refused(lambda: netlink.read_acks(b"\xff" * 19, 1, 3)), CALLS),
    "netlink.read_acks of words that run past their message": (
        lambda: netlink.read_acks(refusal_with_words(b"no", 0xFFFF), 1, 3),
        CALLS,
    ),
    "netlink.read_acks of a short one behind good ones": (
        lambda: refused(lambda: netlink.read_acks(acks(refusal_with_words(b"no" * 99), REFUSAL) + b"\1" * 20, 1, 3)),
        CALLS,
    ),
    "netlink.read_acks of an error that is the least number": (
        lambda: netlink.read_acks(struct.pack("=IHHIIi16x", 36, 2, 0, 1, 0, -(1 << 31)), 1, 3),
        CALLS,
    ),
    "netlink.read_acks of no bytes": (lambda: refused(lambda: netlink.read_acks("", 1, 3)), CALLS),
    "domain_xml.render_domain": (lambda: domain_xml.render_domain(tiny_plan()), CALLS),
    "domain_xml.render_domain of every golden plan": (every_plan, CALLS // 10),
    "domain_xml.render_domain of no plan": (lambda: refused(lambda: domain_xml.render_domain(object())), CALLS),
    "domain_xml.render_domain of what raises when it is read": (
        lambda: refused(lambda: domain_xml.render_domain(Raising())),
        CALLS,
    ),
    "domain_xml.render_domain of half a surrogate in its name": (lambda: broken({"name": HALF})(), CALLS),
    "domain_xml.render_domain of half a surrogate after twenty thousand characters": (
        lambda: half_serial()(),
        CALLS // 10,
    ),
    "domain_xml.render_domain of a control character in its last element": (
        lambda: broken({}, {"panics": (Panic("isa\1"),)})(),
        CALLS,
    ),
    "domain_xml.render_domain of a number that 64 bits don't hold": (lambda: broken({"iothreads": 1 << 70})(), CALLS),
    "domain_xml.render_domain of a number that is text": (lambda: broken({"iothreads": "many"})(), CALLS),
    "domain_xml.render_domain of text that is missing": (lambda: broken({"on_crash": None})(), CALLS),
    "domain_xml.render_domain of text that is bytes": (lambda: broken({"on_crash": b"destroy"})(), CALLS),
    "domain_xml.render_domain of devices that raise": (lambda: broken({}, {"panics": Raising()})(), CALLS),
    "planner.plan": (lambda: kvnode.plan(*golden_guest()), CALLS),
    "planner.plan of golden guests with one value changed": (lambda: plan_all(changed()), CALLS // 10),
    "planner.plan of what no manifest can hold": (lambda: plan_all(hostile_guests()), CALLS // 10),
    "domain_xml.escaped": (lambda: domain_xml.escaped("<&\"'>" * 1000), CALLS),
    "domain_xml.escaped of half a surrogate": (lambda: refused(lambda: domain_xml.escaped(HALF)), CALLS),
    "domain_xml.escaped of a control character behind much text": (
        lambda: refused(lambda: domain_xml.escaped("<" * 9000 + "\0")),
        CALLS // 10,
    ),
    "domain_xml.escaped of U+FFFF behind much text": (
        lambda: refused(lambda: domain_xml.escaped("\ufdfc" * 3000 + "\uffff")),
        CALLS // 10,
    ),
    "domain_xml.escaped of no text": (lambda: refused(lambda: domain_xml.escaped(None)), CALLS),
    **{f"names.{kind.__name__}": (partial(_ask, kind), CALLS // 4) for kind in NAMES},
    **{
        f"names.{kind.__name__} of {what}": (partial(refused, partial(kind, value)), CALLS)
        for kind in NAMES
        for what, value in (("no text", None), ("bytes", b"a"), ("what raises", Raising()))
    },
    "plain.Plain": (lambda: sieve().others(DISKS), CALLS),
    "plain.Plain.others": (lambda: sieve().others([*DISKS, None, "a", DISKS]), CALLS),
    "plain.Plain of an unknown field": (lambda: refused(lambda: plain.Plain(Disk, {"nmae": ...})), CALLS),
    "plain.Plain of what is no bound": (lambda: refused(lambda: plain.Plain(Disk, {"name": len})), CALLS),
    "plain.Plain of no Struct": (lambda: refused(lambda: plain.Plain(int, {})), CALLS),
    "plain.Plain of bounds that raise": (lambda: refused(lambda: plain.Plain(Disk, Raising())), CALLS),
    "plain.Plain.others of a name that is no text": (lambda: refused(lambda: sieve().others([Disk(1)])), CALLS),
    "plain.Plain.others of a choice that can't be one": (
        held(Disk, {"name": ..., "cache": frozenset("a")}, [DISKS[2], Disk("a", cache=[])]),
        CALLS,
    ),
    "plain.Plain.others of a name that is no key": (
        held(Disk, {"name": ...}, [Disk("a"), Disk("b"), Disk([])], unique="name"),
        CALLS,
    ),
    "plain.Plain.others of a name that raises": (
        held(Disk, {"name": ...}, [Disk("a"), Disk(Raising())], unique="name"),
        CALLS,
    ),
    "plain.Plain.others of items that raise": (held(Disk, {}, Raising()), CALLS),
    "placement.HostCpus": (
        lambda: placement.HostCpus((((0, 4), (1, 5)), ((2, 6),)), 0xFF, ((10, 21), (21, 10))),
        CALLS,
    ),
    "placement.HostCpus of no row for a cell": (
        lambda: refused(lambda: placement.HostCpus((((0,),),), 1, ((1, 2),))),
        CALLS,
    ),
    "placement.HostCpus of a row that raises": (
        lambda: refused(lambda: placement.HostCpus((((0,),),), 1, (Raising(),))),
        CALLS,
    ),
    "placement.HostCpus of a distance that is too large": (
        lambda: refused(lambda: placement.HostCpus((((0,),),), 1, ((1 << 40,),))),
        CALLS,
    ),
    "placement.HostCpus of no number": (lambda: refused(lambda: placement.HostCpus(((("a",),),), 1)), CALLS),
    "placement.HostCpus of a number below nought": (lambda: refused(lambda: placement.HostCpus((((-1,),),), 1)), CALLS),
    "placement.HostCpus of threads that raise": (
        lambda: refused(lambda: placement.HostCpus((((0, 1), Raising()),), 3)),
        CALLS,
    ),
    "placement.HostCpus of more threads than were counted": (
        lambda: refused(lambda: placement.HostCpus(((Longer(range(4000)),),), (1 << 4000) - 1)),
        CALLS // 10,
    ),
    "placement.HostCpus of more cores than were counted": (
        lambda: refused(lambda: placement.HostCpus((Longer([()] * 4000),), 1)),
        CALLS // 10,
    ),
    "placement.HostCpus of too many cells": (lambda: refused(lambda: placement.HostCpus(((),) * 5000, 1)), CALLS),
    "addresses.ipv4": (lambda: [addresses.ipv4(text) for text in ("10.0.2.2/24", "256.1.1.1", "ä", "")], CALLS),
    "addresses.ipv4 of no text": (lambda: refused(lambda: addresses.ipv4(None)), CALLS),
    "addresses.ipv4_cidr": (
        lambda: [addresses.ipv4_cidr(text) for text in ("10.0.2.2/24", "10.0.2.2", "256.1.1.1", "")],
        CALLS,
    ),
    "addresses.ipv4_cidr of no text": (lambda: refused(lambda: addresses.ipv4_cidr(None)), CALLS),
    "addresses.ipv4_within": (
        lambda: [addresses.ipv4_within(text, 0x0A000200, 24) for text in ("10.0.2.2/24", "10.1.2.2", "ä")],
        CALLS,
    ),
    "addresses.ipv4_within of no text": (lambda: refused(lambda: addresses.ipv4_within(None, 1, 1)), CALLS),
    "addresses.ipv4_within of no network": (lambda: refused(lambda: addresses.ipv4_within("1.2.3.4", -1, 1)), CALLS),
    "addresses.ipv4_within of no prefix": (lambda: refused(lambda: addresses.ipv4_within("1.2.3.4", 1, 33)), CALLS),
    "addresses.ipv4_text": (lambda: addresses.ipv4_text(0x0A000202), CALLS),
    "addresses.ipv4_text of what is no address": (lambda: refused(lambda: addresses.ipv4_text(1 << 32)), CALLS),
    "addresses.ipv4_text of no number": (lambda: refused(lambda: addresses.ipv4_text("1")), CALLS),
    "quantities.plain_bytes": (
        lambda: [quantities.plain_bytes(text) for text in ("512Mi", "4Gi", "1", "x", "")],
        CALLS,
    ),
    "quantities.plain_bytes of what is no amount": (
        lambda: [quantities.plain_bytes(one) for one in (None, b"1", HALF)],
        CALLS,
    ),
    "placement.place": (lambda: placement.place(large_host(), 64, 1, 3, True, (16,) * 8, 64), CALLS),
    "placement.place of what doesn't fit": (lambda: placement.place(large_host(), 513, 1, 0, False), CALLS),
    "placement.place of no amount": (
        lambda: refused(lambda: placement.place(large_host(), 1, 1, 0, True, ("a",) * 8, 1)),
        CALLS,
    ),
    "placement.place of an amount that raises": (
        lambda: refused(lambda: placement.place(large_host(), 1, 1, 0, True, (1,) * 7 + (Raising(),), 1)),
        CALLS,
    ),
    "placement.place of no guest": (lambda: refused(lambda: placement.place(large_host(), 0, 1, 0, True)), CALLS),
    "placement.place of no host": (lambda: refused(lambda: placement.place(None, 1, 1, 0, True)), CALLS),
}


@pytest.fixture(scope="module", autouse=True)
def few_objects():
    """What was there before is no business of the collector's, which runs here over and over."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def kept_by(call: Callable[[], object], count: int) -> tuple[int, int]:
    """Blocks of Python's and bytes of malloc's that stay of so many calls."""

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
    return min(blocks for blocks, _ in rounds), min(used for _, used in rounds)


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_kept(name):
    call, count = CASES[name]
    blocks, used = kept_by(call, count)
    assert blocks < BLOCKS_A_CALL * count
    assert used < BYTES_A_CALL * count


def test_what_is_kept_is_seen():
    """One small object, or the least that malloc gives, for each call."""
    kept: list[object] = []
    assert kept_by(lambda: kept.append(object()), CALLS)[0] > BLOCKS_A_CALL * CALLS
    libc = ctypes.CDLL(None)
    assert kept_by(lambda: libc.malloc(1), CALLS)[1] > BYTES_A_CALL * CALLS


def test_every_public_function_is_called_here_and_has_a_way_out_by_error():
    public = set()
    for path in (TREE / "kvnode/_fast").glob("*.pyx"):
        public |= _public(path.stem, importlib.import_module(f"kvnode._fast.{path.stem}"))
    assert public
    assert public - CASES.keys() == set()
    assert public - {name.partition(" of ")[0] for name in CASES if " of " in name} == set()


def _public(stem: str, module: ModuleType) -> set[str]:
    """A module's own functions and classes, and the methods of these."""
    names = set()
    for name, value in vars(module).items():
        if name.startswith("_") or not callable(value) or getattr(value, "__module__", None) != module.__name__:
            continue
        names.add(f"{stem}.{name}")
        if isinstance(value, type):
            names |= {f"{stem}.{name}.{own}" for own, one in vars(value).items() if own[0] != "_" and callable(one)}
    return names
