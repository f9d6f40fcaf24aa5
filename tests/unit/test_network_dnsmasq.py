"""dnsmasq's configuration: what a lease says, and that no value can say more than itself."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvnode.errors import HostError
from kvnode.network.dnsmasq import dnsmasq_config
from kvnode.planning.network_plans import ClasslessRoute, DhcpHandoff, PrivateOption

HANDOFF = DhcpHandoff(
    bridge="k6t-eth0",
    server="169.254.75.10",
    mac="02:00:00:00:00:09",
    address="10.244.1.17/32",
    router="169.254.1.1",
    routes=(ClasslessRoute("169.254.1.1/32", "0.0.0.0"), ClasslessRoute("0.0.0.0/0", "169.254.1.1")),
    nameservers=("10.96.0.10", "10.96.0.11"),
    search=("a.example", "b.example"),
    mtu=1450,
    hostname="alpha",
)

INJECTIONS = [
    "x\ndhcp-option=3,6.6.6.6",
    "x\r",
    "x\0",
    'x"',
    "x,y",
    "x y",
    "#x",
    "x\\",
    "x\u2028y",
    "\N{CYRILLIC SMALL LETTER A}bc",
    "",
]


def with_(**changes):
    return msgspec.structs.replace(HANDOFF, **changes)


def test_a_whole_configuration():
    assert dnsmasq_config(HANDOFF).splitlines() == [
        "port=0",
        "interface=k6t-eth0",
        "bind-dynamic",
        "dhcp-authoritative",
        "dhcp-ignore-names",
        "no-ping",
        "leasefile-ro",
        "no-hosts",
        "no-resolv",
        "quiet-dhcp",
        "shared-network=k6t-eth0,10.244.1.17",
        "dhcp-range=10.244.1.17,static,255.255.255.255,infinite",
        "dhcp-host=02:00:00:00:00:09,10.244.1.17,infinite",
        "dhcp-ignore=tag:!known",
        "dhcp-option=3,169.254.1.1",
        "dhcp-option=121,169.254.1.1/32,0.0.0.0,0.0.0.0/0,169.254.1.1",
        "dhcp-option=249,169.254.1.1/32,0.0.0.0,0.0.0.0/0,169.254.1.1",
        "dhcp-option-force=26,1450",
        "dhcp-option=6,10.96.0.10,10.96.0.11",
        "dhcp-option=12,alpha",
        "dhcp-option=15,a.example",
        "dhcp-option=119,a.example,b.example",
    ]


def test_no_router_is_said_so():
    lines = dnsmasq_config(with_(router=None, routes=())).splitlines()
    assert "dhcp-option=3" in lines, "dnsmasq would offer itself"
    assert not [line for line in lines if line.startswith(("dhcp-option=121", "dhcp-option=249"))]


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize(
    "change",
    [
        lambda text: {"bridge": text},
        lambda text: {"mac": text},
        lambda text: {"address": text},
        lambda text: {"router": text},
        lambda text: {"routes": (ClasslessRoute(text, "0.0.0.0"),)},
        lambda text: {"routes": (ClasslessRoute("10.0.0.0/8", text),)},
        lambda text: {"nameservers": ("10.0.0.1", text)},
        lambda text: {"search": ("a.example", text)},
        lambda text: {"hostname": text},
        lambda text: {"ntp_servers": (text,)},
        lambda text: {"tftp_server_name": text},
        lambda text: {"boot_file_name": text},
    ],
)
def test_no_value_says_more_than_itself(change, text):
    with pytest.raises(HostError, match=r"the DHCP server isn't given"):
        dnsmasq_config(with_(**change(text)))


@given(st.text(min_size=1, max_size=80), st.integers(224, 254))
def test_a_private_option_is_octets_whatever_it_holds(text, code):
    config = dnsmasq_config(with_(private_options=(PrivateOption(code, text),)))
    line = config.splitlines()[-1]
    assert config.count("\n") == dnsmasq_config(HANDOFF).count("\n") + 1
    head, _, value = line.partition(",")
    assert head == f"dhcp-option-force={code}"
    octets = text.encode("utf-8", "surrogatepass")
    assert value == (octets.hex(":") if len(octets) > 1 else str(octets[0]))


@pytest.mark.parametrize("code", [3, 0, 255, 223, -1])
def test_an_option_that_is_not_private(code):
    with pytest.raises(HostError, match=f"DHCP option {code} is not a private one"):
        dnsmasq_config(with_(private_options=(PrivateOption(code, "x"),)))


@pytest.mark.parametrize("text", ["", "x" * 256, "\N{SNOWMAN}" * 90])
def test_an_option_that_does_not_fit(text):
    with pytest.raises(HostError, match="holds 1 to 255 bytes"):
        dnsmasq_config(with_(private_options=(PrivateOption(224, text),)))
