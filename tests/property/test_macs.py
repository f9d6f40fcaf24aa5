"""MACs that nobody gave, held against the standard library's digest."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvnode._fast.digests import hashed_mac
from kvnode.planning.macs import BRIDGE, GUEST, POD, derived_mac, given_mac, seen_mac


def by_the_library(first_octet, text):
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).digest()
    return f"{first_octet}:{digest[:5].hex(':')}"


@given(st.text(max_size=300))
def test_a_digest_is_the_librarys(text):
    assert hashed_mac("02", text) == by_the_library("02", text)


@pytest.mark.parametrize("size", [0, 1, 54, 55, 56, 57, 63, 64, 65, 118, 119, 120, 127, 128, 129, 1 << 16])
def test_a_text_of_any_number_of_blocks(size):
    assert hashed_mac("06", "x" * size) == by_the_library("06", "x" * size)


@given(st.text(max_size=80), st.text(max_size=80))
def test_the_links_of_an_interface_share_no_mac(identity, network):
    macs = {derived_mac(octet, identity, network) for octet in (GUEST, POD, BRIDGE)}
    assert macs == {by_the_library(octet, f"{identity}\0guest/{network}") for octet in ("02", "06", "0a")}
    assert len(macs) == 3
    assert all(given_mac(mac) == seen_mac(mac) == mac for mac in macs)


@pytest.mark.parametrize("octet", ["", "2", "002", "ä2"])
def test_what_is_no_octet(octet):
    with pytest.raises(ValueError, match="is not an octet's two digits"):
        hashed_mac(octet, "x")


@pytest.mark.parametrize("wrong", [None, b"x", 1])
def test_what_is_no_text(wrong):
    with pytest.raises(TypeError, match="is no text"):
        hashed_mac("02", wrong)
    with pytest.raises(TypeError, match="is no text"):
        hashed_mac(wrong, "x")
