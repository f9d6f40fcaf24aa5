"""The network plan: names, MACs, operations, NAT and leases from a manifest and facts, without a kernel."""

import re

import msgspec
import pytest

from kvnode.api.identity import identity_of
from kvnode.errors import InvalidManifest
from kvnode.facts import HostFacts, LinkFacts, Resolver, Route
from kvnode.planning.dhcp_handoff import routes_of
from kvnode.planning.ipv4 import read_ipv4
from kvnode.planning.link_operations import (
    AddAddress,
    CreateBridge,
    CreateTap,
    LinkOperation,
    RemoveAddress,
    SetLink,
    SetPort,
    SetSysctl,
)
from kvnode.planning.macs import GUEST, derived_mac
from kvnode.planning.network import network_plan
from kvnode.planning.network_plans import ClasslessRoute, ForwardedPort, NetworkPlan
from tests.netns.manifests import guest_with, plan_for

LINK = LinkFacts(
    ifname="eth0",
    mac="0A:58:0a:f4:01:11",
    mtu=1450,
    addresses=("10.244.1.17/24", "fd00::17/64"),
    routes=(Route("default", "10.244.1.1"), Route("10.244.1.0/24"), Route("default", "fd00::1")),
    resolver=Resolver(("fd00::a", "10.96.0.10"), ("default.svc.cluster.local", "svc.cluster.local", "cluster.local")),
)


def is_unicast_and_local(mac):
    return int(mac[:2], 16) & 0b11 == 0b10


def test_bridge_binding():
    interface = plan_for(LINK, {"bridge": {}}).interfaces[0]
    assert (interface.name, interface.binding) == ("net0", "bridge")
    assert (interface.pod_ifname, interface.bridge, interface.tap) == ("eth0", "k6t-eth0", "tap0")
    assert interface.guest_mac == "0a:58:0a:f4:01:11"
    assert is_unicast_and_local(interface.pod_mac)
    assert interface.pod_addresses == LINK.addresses
    assert interface.nat is None
    made = [operation for operation in interface.operations if not isinstance(operation, SetSysctl)]
    bridge_mac = made[1].mac
    assert made == [
        CreateTap("tap0", made[0].index),
        CreateBridge("k6t-eth0", made[1].index, bridge_mac, 1450),
        RemoveAddress("eth0", "10.244.1.17/24"),
        RemoveAddress("eth0", "fd00::17/64"),
        SetLink("eth0", mac=interface.pod_mac, master="k6t-eth0", up=True),
        SetPort("eth0", learning=False),
        SetLink("tap0", mtu=1450, master="k6t-eth0", group=0x6B76, up=True),
        AddAddress("k6t-eth0", "169.254.75.10/32"),
        SetLink("k6t-eth0", group=0x6B76, up=True),
    ]
    assert len({bridge_mac, interface.pod_mac, interface.guest_mac}) == 3


def test_the_lease_of_a_bridged_guest():
    dhcp = plan_for(LINK, {"bridge": {}}).interfaces[0].dhcp
    assert (dhcp.bridge, dhcp.server, dhcp.mac) == ("k6t-eth0", "169.254.75.10", "0a:58:0a:f4:01:11")
    assert (dhcp.address, dhcp.router, dhcp.routes) == ("10.244.1.17/24", "10.244.1.1", ())
    assert dhcp.nameservers == ("10.96.0.10",)
    assert dhcp.search == LINK.resolver.search
    assert (dhcp.mtu, dhcp.hostname) == (1450, "tiny")


def test_masquerade_binding():
    interface = plan_for(LINK, {"masquerade": {}}).interfaces[0]
    assert (interface.nat.guest, interface.nat.gateway, interface.nat.ports) == ("10.0.2.2/24", "10.0.2.1/24", ())
    assert interface.pod_mac == "0a:58:0a:f4:01:11"
    assert is_unicast_and_local(interface.guest_mac)
    bridge = next(operation for operation in interface.operations if isinstance(operation, CreateBridge))
    assert bridge.mac == "02:00:00:00:00:00"
    assert AddAddress("k6t-eth0", "10.0.2.1/24") in interface.operations
    assert SetSysctl("ipv4", "ip_forward", 1) in interface.operations
    assert not [operation for operation in interface.operations if operation.link == "eth0"], "the Pod keeps its link"
    assert (interface.dhcp.address, interface.dhcp.router, interface.dhcp.server) == (
        "10.0.2.2/24",
        "10.0.2.1",
        "10.0.2.1",
    )


def test_a_mac_of_the_manifest():
    for binding in ("bridge", "masquerade"):
        interface = plan_for(LINK, {binding: {}, "macAddress": "DE-AD-00-00-BE-EF"}).interfaces[0]
        assert interface.guest_mac == "de:ad:00:00:be:ef"
        assert interface.pod_mac == "0a:58:0a:f4:01:11", "no two have one MAC, so the Pod's link keeps its own"
        assert interface.dhcp.mac == "de:ad:00:00:be:ef"


def test_a_mac_of_the_manifest_that_is_the_pods_own():
    interface = plan_for(LINK, {"bridge": {}, "macAddress": "0a:58:0a:f4:01:11"}).interfaces[0]
    assert interface.pod_mac != interface.guest_mac == "0a:58:0a:f4:01:11"


def test_the_gateways_mac_is_refused():
    with pytest.raises(InvalidManifest) as refused:
        plan_for(LINK, {"masquerade": {}, "macAddress": "02-00-00-00-00-00"})
    assert refused.value.errors[0].field == "spec.domain.devices.interfaces[0].macAddress"


def test_without_facts_there_are_names_and_macs_only():
    for binding in ("bridge", "masquerade"):
        interface = network_plan(guest_with({binding: {}}), HostFacts()).interfaces[0]
        assert (interface.pod_ifname, interface.bridge, interface.tap) == ("eth0", "k6t-eth0", "tap0")
        assert interface.operations == ()
        assert interface.dhcp is None
        assert interface.mtu is None
        assert is_unicast_and_local(interface.guest_mac)


def test_a_link_without_an_address_has_no_lease():
    interface = plan_for(LinkFacts(ifname="eth0", mac="02:00:00:00:00:01"), {"bridge": {}}).interfaces[0]
    assert interface.dhcp is None
    assert not [operation for operation in interface.operations if isinstance(operation, AddAddress)]
    assert [operation for operation in interface.operations if isinstance(operation, CreateBridge)]


def test_macs_derive_from_who_the_guest_is():
    plain = guest_with({"masquerade": {}})
    assert derived_mac(GUEST, identity_of(plain.metadata), "net0") == derived_mac(
        GUEST, identity_of(guest_with({"masquerade": {}}).metadata), "net0"
    )
    renamed = msgspec.structs.replace(plain, metadata=msgspec.structs.replace(plain.metadata, name="other"))
    moved = msgspec.structs.replace(plain, metadata=msgspec.structs.replace(plain.metadata, namespace="other"))
    known = msgspec.structs.replace(plain, metadata=msgspec.structs.replace(plain.metadata, uid="1-2-3"))
    known_renamed = msgspec.structs.replace(known, metadata=msgspec.structs.replace(known.metadata, name="other"))
    assert len({derived_mac(GUEST, identity_of(vmi.metadata), "net0") for vmi in (plain, renamed, moved, known)}) == 4
    assert derived_mac(GUEST, identity_of(known.metadata), "net0") == derived_mac(
        GUEST, identity_of(known_renamed.metadata), "net0"
    )
    assert derived_mac(GUEST, identity_of(plain.metadata), "net0") != derived_mac(
        GUEST, identity_of(plain.metadata), "net1"
    )


def test_two_interfaces():
    networks = [{"name": "first", "pod": {}}, {"name": "../second\n", "multus": {"networkName": "x"}}]
    vmi = guest_with({"name": "../second\n", "bridge": {}}, {"name": "first", "masquerade": {}}, networks=networks)
    links = {
        "first": LINK,
        "../second\n": LinkFacts(ifname="net1", mac="02:00:00:00:00:99", addresses=("10.9.0.2/24",)),
    }
    plan = network_plan(vmi, HostFacts(links=links))
    second, first = plan.interfaces
    assert (second.name, second.tap, second.bridge, second.dhcp.server) == (
        "../second\n",
        "tap0",
        "k6t-net1",
        "169.254.75.10",
    )
    assert (first.name, first.tap, first.bridge) == ("first", "tap1", "k6t-eth0")
    assert plan.interface("first") is first
    assert plan.interface("third") is None
    indexes = [op.index for op in plan.operations if isinstance(op, CreateTap | CreateBridge)]
    assert len(set(indexes)) == 4
    assert max(indexes) < 2**31


def test_every_interface_that_there_is_room_for_has_a_dhcp_server_of_its_own():
    links = {f"net{n}": msgspec.structs.replace(LINK, ifname=f"eth{n}") for n in range(240)}
    plan = network_plan(guest_with(*[{"bridge": {}}] * 240), HostFacts(links=links))
    servers = [read_ipv4(interface.dhcp.server) for interface in plan.interfaces]
    assert len(set(map(str, servers))) == 240
    with pytest.raises(InvalidManifest, match="241 interfaces are more than 240"):
        network_plan(guest_with(*[{"bridge": {}}] * 241), HostFacts())


def test_no_name_of_a_manifest_is_a_links_name():
    hostile = "a'; reboot\n../../\"\0" + "x" * 300
    vmi = guest_with({"name": hostile, "bridge": {}})
    for facts in (HostFacts(), HostFacts(links={hostile: LINK})):
        interface = network_plan(vmi, facts).interfaces[0]
        assert (interface.pod_ifname, interface.bridge, interface.tap) == ("eth0", "k6t-eth0", "tap0")


def test_a_long_name_of_the_pods_link():
    link = msgspec.structs.replace(LINK, ifname="enp129s0f1np1v3")
    assert plan_for(link, {"bridge": {}}).interfaces[0].bridge == "k6t-0"


def test_other_bindings_and_unplugged_interfaces_need_nothing():
    networks = [{"name": name, "multus": {"networkName": "x"}} for name in ("a", "b", "c")]
    vmi = guest_with(
        {"name": "a", "sriov": {}}, {"name": "b", "bridge": {}, "state": "absent"}, {"name": "c", "bridge": {}},
        networks=networks,
    )  # fmt: skip
    assert [interface.name for interface in network_plan(vmi, HostFacts()).interfaces] == ["c"]


def test_two_interfaces_on_one_link_are_refused():
    networks = [{"name": "net0", "pod": {}}, {"name": "net1", "pod": {}}]
    vmi = guest_with({"bridge": {}}, {"bridge": {}}, networks=networks)
    with pytest.raises(InvalidManifest, match=r"'net0' and 'net1' are both on the Pod's link eth0"):
        network_plan(vmi, HostFacts())


def test_an_interface_without_its_network():
    vmi = guest_with({"bridge": {}}, networks=[{"name": "other", "pod": {}}])
    with pytest.raises(InvalidManifest) as refused:
        network_plan(vmi, HostFacts())
    assert refused.value.errors[0].field == "spec.domain.devices.interfaces[0].name"


@pytest.mark.parametrize(
    ("cidr", "guest", "gateway"),
    [
        ("192.168.0.0/16", "192.168.0.2/16", "192.168.0.1/16"),
        ("10.11.12.99/24", "10.11.12.2/24", "10.11.12.1/24"),
        ("10.0.0.4/30", "10.0.0.6/30", "10.0.0.5/30"),
    ],
)
def test_the_guests_own_network(cidr, guest, gateway):
    networks = [{"name": "net0", "pod": {"vmNetworkCIDR": cidr}}]
    plan = network_plan(guest_with({"masquerade": {}}, networks=networks), HostFacts(links={"net0": LINK}))
    assert (plan.interfaces[0].nat.guest, plan.interfaces[0].nat.gateway) == (guest, gateway)


@pytest.mark.parametrize("cidr", ["10.0.0.0/31", "10.0.0.0/32", "fd00::/64", "x", "10.0.0.0/33", "10.0.0.0/24\nx"])
def test_a_network_that_is_none(cidr):
    networks = [{"name": "net0", "pod": {"vmNetworkCIDR": cidr}}]
    with pytest.raises(InvalidManifest) as refused:
        network_plan(guest_with({"masquerade": {}}, networks=networks), HostFacts())
    assert refused.value.errors[0].field == "spec.networks[0].pod.vmNetworkCIDR"


@pytest.mark.parametrize("cidr", ["0.0.0.0/0", "0.1.2.0/24", "127.0.0.0/24", "224.0.0.0/24", "250.0.0.0/24"])
def test_a_network_that_no_host_can_be_in(cidr):
    networks = [{"name": "net0", "pod": {"vmNetworkCIDR": cidr}}]
    with pytest.raises(InvalidManifest, match="no host can have an address of") as refused:
        network_plan(guest_with({"masquerade": {}}, networks=networks), HostFacts())
    assert refused.value.errors[0].field == "spec.networks[0].pod.vmNetworkCIDR"


@pytest.mark.parametrize(
    ("address", "is_refused"), [("10.0.2.77/24", True), ("10.0.2.77/32", True), ("10.0.3.1/8", False)]
)
def test_a_guests_network_that_holds_the_pods_address(address, is_refused):
    """The Pod would take its own address for the guest's side, and nobody would reach either of them."""
    link = LinkFacts(ifname="eth0", addresses=(address,))
    if not is_refused:
        assert plan_for(link, {"masquerade": {}}).interfaces[0].nat.guest == "10.0.2.2/24"
        return
    with pytest.raises(InvalidManifest, match=re.escape(address)):
        plan_for(link, {"masquerade": {}})


def test_ports():
    ports = [{"port": 80}, {"port": 53, "protocol": "UDP"}, {"port": 80, "protocol": "TCP", "name": "again"}]
    ranges = [{"protocol": "TCP", "start": 8000, "end": 8010}]
    interface = plan_for(LINK, {"masquerade": {}, "ports": ports, "portRanges": ranges}).interfaces[0]
    assert interface.nat.ports == (
        ForwardedPort("tcp", 80, 80),
        ForwardedPort("udp", 53, 53),
        ForwardedPort("tcp", 8000, 8010),
    )


@pytest.mark.parametrize(
    ("interface", "field"),
    [
        ({"ports": [{"port": 0}]}, "ports[0]"),
        ({"ports": [{"port": 80}, {"port": 65536}]}, "ports[1]"),
        ({"ports": [{"port": 80, "protocol": "SCTP"}]}, "ports[0].protocol"),
        ({"portRanges": [{"protocol": "TCP", "start": 9, "end": 8}]}, "portRanges[0]"),
    ],
)
def test_ports_that_are_none(interface, field):
    with pytest.raises(InvalidManifest) as refused:
        plan_for(LINK, {"masquerade": {}, **interface})
    assert refused.value.errors[0].field == f"spec.domain.devices.interfaces[0].{field}"


@pytest.mark.parametrize(
    ("hostname", "told"), [("alpha", "alpha"), ("a\nb", None), ("-x", None), ("x" * 64, None), ("a.b", None)]
)
def test_only_a_label_is_a_host_name(hostname, told):
    assert plan_for(LINK, {"bridge": {}}, hostname=hostname).interfaces[0].dhcp.hostname == told


def test_a_subdomain_is_searched_first():
    dhcp = plan_for(LINK, {"bridge": {}}, subdomain="db").interfaces[0].dhcp
    assert dhcp.search == ("db.default.svc.cluster.local", *LINK.resolver.search)
    assert plan_for(LINK, {"bridge": {}}, subdomain="x\ny").interfaces[0].dhcp.search == LINK.resolver.search


@pytest.mark.parametrize(
    ("address", "routes", "router", "classless"),
    [
        ("10.88.0.5/16", [Route("default", "10.88.0.1"), Route("10.88.0.0/16")], "10.88.0.1", []),
        ("10.88.0.5/16", [], None, []),
        (
            "10.1.1.17/32",
            [Route("default", "169.254.1.1"), Route("169.254.1.1/32")],
            "169.254.1.1",
            [("169.254.1.1/32", "0.0.0.0"), ("0.0.0.0/0", "169.254.1.1")],
        ),
        (
            "10.1.1.17/24",
            [Route("10.2.0.0/16", "10.1.1.9"), Route("default", "10.1.1.1"), Route("default", "10.1.1.2")],
            "10.1.1.1",
            [("10.2.0.0/16", "10.1.1.9"), ("0.0.0.0/0", "10.1.1.1")],
        ),
        ("10.1.1.17/32", [Route("default")], None, [("0.0.0.0/0", "0.0.0.0")]),
        ("10.1.1.17/24", [Route("default", "fe80::1"), Route("default", "10.1.1.1")], "10.1.1.1", []),
    ],
)  # fmt: skip
def test_routes(address, routes, router, classless):
    answer = routes_of(address, tuple(routes))
    assert answer == (router, tuple(ClasslessRoute(*pair) for pair in classless))


def test_options_of_the_manifest():
    options = {"ntpServers": ["10.0.0.9"], "bootFileName": "x", "privateOptions": [{"option": 240, "value": "v"}]}
    dhcp = plan_for(LINK, {"bridge": {}, "dhcpOptions": options}).interfaces[0].dhcp
    assert dhcp.ntp_servers == ("10.0.0.9",)
    assert dhcp.boot_file_name == "x"
    assert [(option.code, option.value) for option in dhcp.private_options] == [(240, "v")]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"ntpServers": ["10.0.0.1", "fd00::1"]}, "ntpServers[1]"),
        ({"tftpServerName": "a b"}, "tftpServerName"),
        ({"bootFileName": "x\ny"}, "bootFileName"),
        ({"privateOptions": [{"option": 240, "value": "x"}, {"option": 3, "value": "6"}]}, "privateOptions[1].option"),
        ({"privateOptions": [{"option": 255, "value": "x"}]}, "privateOptions[0].option"),
        ({"privateOptions": [{"option": 224, "value": ""}]}, "privateOptions[0].value"),
        ({"privateOptions": [{"option": 224, "value": "\u2603" * 86}]}, "privateOptions[0].value"),
    ],
)  # fmt: skip
def test_options_that_no_answer_can_hold(options, field):
    with pytest.raises(InvalidManifest) as refused:
        plan_for(LINK, {"bridge": {}, "dhcpOptions": options})
    assert refused.value.errors[0].field == f"spec.domain.devices.interfaces[0].dhcpOptions.{field}"


def test_a_plan_goes_over_the_wire():
    for binding in ("bridge", "masquerade"):
        plan = plan_for(LINK, {binding: {}, "ports": [{"port": 80}]})
        assert msgspec.json.decode(msgspec.json.encode(plan), type=NetworkPlan) == plan
        assert msgspec.convert(msgspec.to_builtins(plan), NetworkPlan) == plan
        operations = msgspec.json.decode(msgspec.json.encode(plan.operations), type=tuple[LinkOperation, ...])
        assert operations == plan.operations


def test_a_stored_plan_gives_the_same_operations():
    for binding in ("bridge", "masquerade"):
        plan = plan_for(LINK, {binding: {}})
        assert plan.operations
        assert msgspec.json.decode(msgspec.json.encode(plan), type=NetworkPlan).operations == plan.operations


def test_a_plan_that_was_stored_with_its_operations_is_read():
    """As versions did that kept them: nobody takes them from a stored plan, and its lease is there still."""
    plan = plan_for(LINK, {"bridge": {}})
    stored = msgspec.to_builtins(plan)
    (interface,) = stored["interfaces"]
    for newer in ("seen", "identity"):
        del interface[newer]
    interface["operations"] = msgspec.to_builtins(plan.operations)
    (read,) = msgspec.json.decode(msgspec.json.encode(stored), type=NetworkPlan).interfaces
    assert read.dhcp == plan.interfaces[0].dhcp
    assert read.operations == ()


def test_the_same_again():
    first, second = (msgspec.json.encode(plan_for(LINK, {"bridge": {}})) for _ in range(2))
    assert first == second


def test_knobs_come_before_taps_and_taps_before_netlink():
    kinds = [0 if isinstance(op, SetSysctl) else 1 if isinstance(op, CreateTap) else 2
             for op in plan_for(LINK, {"bridge": {}}).operations]  # fmt: skip
    assert kinds == sorted(kinds)
