"""Netlink bytes: those that pyroute2 writes for the same operations; acks of any shape are read within their bounds."""

import contextlib
import os
import random
import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2.netlink import NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST
from pyroute2.netlink.rtnl import RTM_DELADDR, RTM_DELLINK, RTM_NEWADDR, RTM_NEWLINK
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

from kvnode._fast.netlink import Batch, read_acks

IFF_UP = 1
NEW = NLM_F_CREATE | NLM_F_EXCL

names = st.from_regex(r"[A-Za-z0-9._-]{1,15}", fullmatch=True)
indexes = st.integers(1, 2**31 - 1)
macs = st.binary(min_size=6, max_size=6)
mtus = st.integers(68, 65535)
u32 = st.integers(0, 2**32 - 1)
addresses = st.one_of(st.binary(min_size=4, max_size=4), st.binary(min_size=16, max_size=16))
prefixed = addresses.flatmap(lambda packed: st.tuples(st.just(packed), st.integers(0, 8 * len(packed))))

creations = st.fixed_dictionaries(
    {"name": names, "kind": st.sampled_from(["bridge", "veth", "dummy"])},
    optional={"index": indexes, "mac": macs, "mtu": mtus},
)
changes = st.fixed_dictionaries(
    {"index": indexes},
    optional={
        "mac": macs,
        "mtu": mtus,
        "master": st.integers(0, 2**31 - 1),
        "group": u32,
        "up": st.booleans(),
        "alias": st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), min_size=1, max_size=40),
    },
)
operations = st.one_of(
    st.tuples(st.just("create_link"), creations),
    st.tuples(st.just("set_link"), changes),
    st.tuples(st.just("delete_link"), st.fixed_dictionaries({"index": indexes})),
    st.tuples(st.just("delete_group"), st.fixed_dictionaries({"group": st.integers(1, 2**32 - 1)})),
    st.tuples(st.sampled_from(["add_address", "remove_address"]), st.tuples(indexes, prefixed)),
)


def mac_text(mac):
    return mac.hex(":")


def reference(name, arguments, sequence):
    """One message as pyroute2 encodes it, its attributes in our order."""
    if name.endswith("_address"):
        index, (packed, prefix) = arguments
        text = str(ip_address(packed))
        message = ifaddrmsg()
        message["family"], message["prefixlen"], message["index"] = (2 if len(packed) == 4 else 10), prefix, index
        message["attrs"] = [("IFA_LOCAL", text), ("IFA_ADDRESS", text)]
        kind, flags = (RTM_NEWADDR, NEW) if name == "add_address" else (RTM_DELADDR, 0)
    else:
        message = ifinfmsg()
        message["index"] = arguments.get("index", 0)
        message["attrs"] = attributes = []
        if name == "create_link":
            attributes.append(("IFLA_IFNAME", arguments["name"]))
        if name != "create_link" and "mac" in arguments:
            attributes.append(("IFLA_ADDRESS", mac_text(arguments["mac"])))
        if "mtu" in arguments:
            attributes.append(("IFLA_MTU", arguments["mtu"]))
        if name == "create_link" and "mac" in arguments:
            attributes.append(("IFLA_ADDRESS", mac_text(arguments["mac"])))
        if "master" in arguments:
            attributes.append(("IFLA_MASTER", arguments["master"]))
        if "group" in arguments:
            attributes.append(("IFLA_GROUP", arguments["group"]))
        if "up" in arguments:
            message["flags"], message["change"] = (IFF_UP if arguments["up"] else 0), IFF_UP
        kind, flags = (RTM_DELLINK, 0) if name.startswith("delete") else (RTM_NEWLINK, 0)
        if name == "create_link":
            flags = NEW
            attributes.append(("IFLA_LINKINFO", {"attrs": [("IFLA_INFO_KIND", arguments["kind"])]}))
    message["header"]["type"] = kind
    message["header"]["flags"] = flags | NLM_F_REQUEST | NLM_F_ACK
    message["header"]["sequence_number"] = sequence
    message.encode()
    return bytes(message.data)


def decoded(data):
    """A message as plain values, however its attributes were ordered, padded and ended."""
    length, kind, flags, sequence, _ = struct.unpack_from("=IHHII", data)
    assert length == len(data)
    fixed = 8 if kind in (RTM_NEWADDR, RTM_DELADDR) else 16
    return kind, flags, sequence, data[16 : 16 + fixed], tree(data[16 + fixed :])


def tree(data):
    found = {}
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from("=HH", data, at)
        value = data[at + 4 : at + size]
        found[kind & 0x3FFF] = (
            tree(value) if kind & 0x3FFF == 18 else value.rstrip(b"\0") if kind in (1, 3, 20) else value
        )
        at += (size + 3) & ~3
    return found


def split(data):
    messages = []
    while data:
        size = struct.unpack_from("=I", data)[0]
        messages.append(data[:size])
        data = data[(size + 3) & ~3 :]
    return messages


def add(batch, name, arguments):
    if name.endswith("_address"):
        index, (packed, prefix) = arguments
        return getattr(batch, name)(index, packed, prefix)
    return getattr(batch, name)(**arguments)


@given(st.lists(operations.filter(lambda o: "alias" not in o[1]), max_size=30), u32)
def test_as_pyroute2_has_it(listed, first):
    batch = Batch(first)
    places = [add(batch, name, arguments) for name, arguments in listed]
    assert places == list(range(len(listed)))
    assert len(batch) == len(listed)
    ours = split(bytes(batch))
    assert len(ours) == len(listed)
    for n, (name, arguments) in enumerate(listed):
        theirs = reference(name, arguments, (first + n) % 2**32)
        assert decoded(ours[n]) == decoded(theirs), name


@given(indexes, st.text(min_size=1, max_size=60).filter(lambda text: text.isprintable()))
def test_an_alias_is_its_bytes(index, alias):
    batch = Batch()
    batch.set_link(index, alias=alias)
    assert decoded(bytes(batch))[4] == {20: alias.encode()}


WRONG = {
    "mac": lambda batch: batch.set_link(1, b"12345"),
    "name": lambda batch: batch.create_link("x" * 16, "bridge"),
    "kind": lambda batch: batch.create_link("x", "y" * 70000),
    "prefix": lambda batch: batch.add_address(1, b"1234", 33),
}


@given(st.lists(operations, min_size=1, max_size=8), st.integers(0, 7), st.sampled_from(sorted(WRONG)))
def test_what_is_refused_leaves_no_trace(listed, place, wrong):
    """The batch after an error is the batch as if the wrong operation had never been asked for."""
    clean, struck = Batch(), Batch()
    for n, (name, arguments) in enumerate(listed):
        if n == place:
            with pytest.raises(ValueError, match=r"bytes|bits"):
                WRONG[wrong](struck)
        add(clean, name, arguments)
        add(struck, name, arguments)
    assert bytes(struck) == bytes(clean)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda b: b.create_link("", "bridge"), ValueError),
        (lambda b: b.create_link("a\0b", "bridge"), ValueError),
        (lambda b: b.create_link("é" * 8, "bridge"), ValueError),
        (lambda b: b.create_link("a", "bridge", -1), ValueError),
        (lambda b: b.create_link("a", "x" * 70000), ValueError),
        (lambda b: b.create_link(None, "bridge"), TypeError),
        (lambda b: b.create_link("a", "bridge", 2**31), OverflowError),
        (lambda b: b.set_link(0), ValueError),
        (lambda b: b.set_link(1, master=-1), OverflowError),
        (lambda b: b.set_link(1, group=2**32), OverflowError),
        (lambda b: b.set_link(1, alias="x" * 70000), ValueError),
        (lambda b: b.delete_link(0), ValueError),
        (lambda b: b.delete_group(0), ValueError),
        (lambda b: b.add_address(0, b"1234", 8), ValueError),
        (lambda b: b.add_address(1, b"12345", 8), ValueError),
        (lambda b: b.add_address(1, b"1234", -1), ValueError),
        (lambda b: b.remove_address(1, b"1" * 16, 129), ValueError),
    ],
)
def test_refusals(call, error):
    batch = Batch()
    with pytest.raises(error):
        call(batch)
    assert len(batch) == 0
    assert bytes(batch) == b""


def ack(sequence, errno, text=None, echo=b"", capped=True):
    """An ack as the kernel sends it; not capped, it holds the whole message that it is about."""
    flags = (0x100 if capped else 0) | (0x200 if text is not None else 0)
    about = struct.pack("=IHHII", 16 + len(echo), 16, 5, sequence, 0) + (
        (echo + b"\0" * (-len(echo) % 4)) if not capped else b""
    )
    body = struct.pack("=i", -errno) + about
    if text is not None:
        raw = text.encode() + b"\0"
        body += struct.pack("=HH", 4 + len(raw), 1) + raw + b"\0" * (-len(raw) % 4)
    return struct.pack("=IHHII", 16 + len(body), 2, flags, sequence, 0) + body


@given(
    st.lists(
        st.tuples(
            st.integers(0, 199),
            st.integers(0, 133),
            st.none() | st.text(st.characters(min_codepoint=1, max_codepoint=0x3FF), max_size=50),
            st.binary(max_size=40),
            st.booleans(),
        ),
        max_size=20,
    ),
    u32,
)
def test_acks_by_sequence(listed, first):
    data = b"".join(ack((first + n) % 2**32, errno, text, echo, capped) for n, errno, text, echo, capped in listed)
    assert read_acks(data, first, 200) == [(n, errno, text) for n, errno, text, _, _ in listed]


def test_acks_of_others_are_passed_over():
    assert read_acks(ack(5, 0) + ack(9, 17) + ack(10, 0), 5, 5) == [(0, 0, None), (4, 17, None)]


@given(st.binary(max_size=200), u32, u32)
def test_acks_of_any_bytes(data, first, count):
    """Whatever comes, it is read within its bounds: acks, nothing, or a ValueError."""
    try:
        acks = read_acks(data, first, count)
    except ValueError:
        return
    assert all(0 <= n < count for n, _, _ in acks)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 133)), max_size=5), st.data())
def test_acks_with_a_flipped_bit(listed, data):
    octets = bytearray(b"".join(ack(1 + n, errno, "why", b"echo", n % 2 == 0) for n, errno in listed))
    for _ in range(data.draw(st.integers(1, 8)) if octets else 0):
        place = data.draw(st.integers(0, 8 * len(octets) - 1))
        octets[place // 8] ^= 1 << place % 8
    with contextlib.suppress(ValueError):
        read_acks(bytes(octets), 1, 10)


def test_a_batch_that_outgrows_its_first_buffer_keeps_its_bytes():
    chance = random.Random(7)
    arguments = [(chance.randrange(1, 2**31), os.urandom(6), chance.randrange(68, 65536)) for _ in range(5000)]
    whole = Batch()
    pieces = []
    for n, (index, mac, mtu) in enumerate(arguments):
        whole.set_link(index, mac, mtu)
        one = Batch(1 + n)
        one.set_link(index, mac, mtu)
        pieces.append(bytes(one))
    assert bytes(whole) == b"".join(pieces)
