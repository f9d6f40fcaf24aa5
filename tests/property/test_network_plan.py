"""The network plan is total: whatever a manifest says, there is a plan or an InvalidManifest, and no name gets out."""

import contextlib
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvnode.errors import InvalidManifest
from kvnode.facts import HostFacts, LinkFacts, Resolver, Route
from kvnode.network.dnsmasq import dnsmasq_config
from kvnode.network.nft import pod_ruleset
from kvnode.planning.link_operations import CreateBridge, CreateTap, SetLink
from kvnode.planning.network import network_plan
from kvnode.planning.network_plans import NetworkPlan
from tests.netns.manifests import guest_with

LINK_NAME = re.compile(r"(eth0|net\d+|k6t-[a-z0-9]+|tap\d+|default)")
UNICAST = re.compile(r"[0-9a-f][02468ace](:[0-9a-f]{2}){5}")

hostile = st.text(max_size=40) | st.sampled_from(["a\nb", "../x", "a\0b", "'; x", '"', "x" * 70])
octet = st.integers(0, 255)
ipv4 = st.tuples(octet, octet, octet, octet).map(lambda parts: ".".join(map(str, parts)))
macs = st.none() | st.just("02:00:00:00:00:00") | st.binary(min_size=5, max_size=5).map(lambda b: "02:" + b.hex(":"))
ports = st.lists(
    st.fixed_dictionaries(
        {"port": st.integers(-1, 70000)}, optional={"protocol": st.sampled_from(["TCP", "UDP", "x"])}
    ),
    max_size=4,
)
options = st.fixed_dictionaries(
    {},
    optional={
        "bootFileName": hostile,
        "tftpServerName": hostile,
        "ntpServers": st.lists(ipv4 | hostile, max_size=2),
        "privateOptions": st.lists(
            st.fixed_dictionaries({"option": st.integers(0, 260), "value": hostile}), max_size=3
        ),
    },
)
interfaces = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "bridge": st.just({}),
            "masquerade": st.just({}),
            "sriov": st.just({}),
            "macAddress": macs.filter(bool),
            "ports": ports,
            "dhcpOptions": options,
            "state": st.sampled_from(["up", "absent"]),
        },
    ),
    max_size=4,
)
links = st.builds(
    LinkFacts,
    ifname=st.none() | st.sampled_from(["eth0", "net1", "net2", "ethernet1234567"]),
    mac=macs,
    mtu=st.none() | st.integers(68, 65535),
    addresses=st.lists(st.tuples(ipv4, st.integers(0, 32)).map(lambda p: f"{p[0]}/{p[1]}"), max_size=2).map(tuple),
    routes=st.lists(
        st.builds(Route, st.just("default") | ipv4.map(lambda a: f"{a}/32"), st.none() | ipv4 | st.just("fe80::1")),
        max_size=3,
    ).map(tuple),
    resolver=st.none() | st.builds(Resolver, st.lists(ipv4, max_size=2).map(tuple), st.just(("default.svc.x",))),
)


def document(listed: list[dict[str, Any]], names: list[str], cidr: str) -> tuple[Any, list[str]]:
    """A guest whose networks have those names, made different from each other by an ending."""
    named = [f"{names[index % len(names)]}{index}" if names else str(index) for index in range(len(listed))]
    networks = [
        {"name": name, "pod": {"vmNetworkCIDR": cidr}} if index == 0 else {"name": name, "multus": {"networkName": "x"}}
        for index, name in enumerate(named)
    ]
    return [{**interface, "name": name} for interface, name in zip(listed, named, strict=True)], networks


@pytest.mark.timeout(300)
@given(
    interfaces,
    st.lists(hostile, max_size=3),
    st.lists(links, min_size=4, max_size=4),
    hostile | st.just("10.0.2.0/24"),
    st.fixed_dictionaries({}, optional={"hostname": hostile, "subdomain": hostile}),
)
def test_a_plan_or_an_answer(listed, names, seen, cidr, spec):
    named, networks = document(listed, names, cidr)
    vmi = guest_with(*named, networks=networks, **spec)
    host = HostFacts(links={network["name"]: link for network, link in zip(networks, seen, strict=False)})
    plan = None
    with contextlib.suppress(InvalidManifest):
        plan = network_plan(vmi, host)
    if plan is None:
        return
    assert plan == network_plan(vmi, host)
    assert msgspec.json.decode(msgspec.json.encode(plan), type=NetworkPlan) == plan
    wires = [wire for i in plan.interfaces for wire in (i.pod_ifname, i.bridge, i.tap)]
    assert len(set(wires)) == len(wires)
    assert all(LINK_NAME.fullmatch(wire) or wire == "ethernet1234567" for wire in wires)
    assert all(len(wire) <= 15 for wire in wires)
    for interface in plan.interfaces:
        check_interface(interface)
    check_texts(plan)


def check_interface(interface: Any) -> None:
    """What holds for each: unicast MACs, none of them twice on a bridge, every link known when it is named."""
    macs = [interface.guest_mac, interface.pod_mac] if interface.binding == "bridge" else [interface.guest_mac]
    macs += [operation.mac for operation in interface.operations if isinstance(operation, CreateBridge)]
    known = [mac for mac in macs if mac is not None]
    assert len(set(known)) == len(known)
    assert all(UNICAST.fullmatch(mac) for mac in known)
    links = {interface.pod_ifname, "default", None}
    for operation in interface.operations:
        if isinstance(operation, CreateTap | CreateBridge):
            links.add(operation.link)
        assert operation.link in links
        if isinstance(operation, SetLink):
            assert operation.master in links


def check_texts(plan: NetworkPlan) -> None:
    """Scripts and configurations have the lines that they are made of, or there are none."""
    pod_ruleset(plan)
    for interface in plan.interfaces:
        if interface.dhcp is not None:
            lines = dnsmasq_config(interface.dhcp).splitlines()
            assert all(re.match(r"[a-z-]+(=|$)", line) for line in lines)
            assert sum(re.match(r"dhcp-option=3(,|$)", line) is not None for line in lines) == 1
            assert all(line.isascii() and line.isprintable() for line in lines)
