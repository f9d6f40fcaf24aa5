"""MACs that nobody gave, held against the standard library's digest."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from kvnode.planning.macs import BRIDGE, GUEST, POD, derived_mac, given_mac, seen_mac


def by_the_library(first_octet, text):
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).digest()
    return f"{first_octet}:{digest[:5].hex(':')}"


@given(st.text(max_size=80), st.text(max_size=80))
def test_the_links_of_an_interface_share_no_mac(identity, network):
    macs = {derived_mac(octet, identity, network) for octet in (GUEST, POD, BRIDGE)}
    assert macs == {by_the_library(octet, f"{identity}\0guest/{network}") for octet in ("02", "06", "0a")}
    assert len(macs) == 3
    assert all(given_mac(mac) == seen_mac(mac) == mac for mac in macs)
