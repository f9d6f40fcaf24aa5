"""IPv4 as numbers, held against the standard library's."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvnode.planning.ipv4 import is_ipv6, read_ipv4
from kvnode.planning.ipv4_address import Ipv4


@given(st.ip_addresses(v=4), st.integers(0, 32), st.ip_addresses(v=4))
def test_an_address_and_its_network_are_the_librarys(address, prefix, other):
    theirs, ours = ipaddress.IPv4Interface((address, prefix)), read_ipv4(f"{address}/{prefix}")
    assert str(ours) == str(theirs)
    assert ours.host == str(address)
    assert str(ours.network) == str(theirs.network)
    assert ours.covers(int(other)) == (other in theirs.network)
    assert read_ipv4(str(address)) == Ipv4(int(address), 32)


@given(st.ip_addresses(v=6))
def test_another_protocols_address_is_none_of_these(address):
    assert is_ipv6(str(address))
    assert read_ipv4(f"{address}/64") is None
    assert read_ipv4(f"{address}%eth0") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "1.2.3",
        "1.2.3.4/",
        "1.2.3.4/33",
        "1.2.3.4/-1",
        "1.2.3.4/٣",
        "01.2.3.4",
        "1.2.3.256",
        "a\0b",
        "1.2.3.4/024",
    ],
)
def test_what_is_no_address(text):
    with pytest.raises(ValueError, match="IP address|prefix"):
        read_ipv4(text)
