"""The bridge binding against a real kernel, dnsmasq and client: the guest is the Pod's address on the Pod's wire."""

import socket
import time

import pytest

from kvnode.facts import Resolver
from kvnode.network.dnsmasq import start_dnsmasq
from kvnode.network.links import apply_links, probe_links
from tests.netns.manifests import plan_for
from tests.netns.pods import classless_routes, dhcp_lease, dotted, guest_of, pod_on_wire

RESOLVER = Resolver(("10.96.0.10", "fd00::10", "10.96.0.11"), ("default.svc.cluster.local", "cluster.local"))
CALICO = "ip addr add 10.244.1.17/32 dev eth0; ip route add 169.254.1.1 dev eth0; ip route add default via 169.254.1.1"


@pytest.fixture
def handed_over():
    """Pod, wire, guest and interface of a guest whose network is made, in a subnet with a gateway."""
    with pod_on_wire() as (pod, wire):
        link = probe_links(pod.netns, "eth0", RESOLVER)
        plan = plan_for(link, {"bridge": {}}, hostname="alpha")
        apply_links(plan, pod.netns, 1234)
        interface = plan.interfaces[0]
        start_dnsmasq(interface.dhcp, pod.pid)
        with guest_of(pod, interface.tap, interface.guest_mac) as guest:
            yield pod, wire, guest, interface


def test_the_guest_gets_the_pods_address_and_all_that_belongs_to_it(handed_over):
    _, _, guest, interface = handed_over
    lease = guest.lease()
    assert lease is not None
    assert dotted(lease[0]) == "10.244.1.17"
    assert dotted(lease[-1]) == dotted(lease[54]) == "169.254.75.10"
    assert dotted(lease[1]) == "255.255.255.0"
    assert dotted(lease[3]) == "10.244.1.1"
    assert lease[6] == bytes((10, 96, 0, 10, 10, 96, 0, 11))
    assert lease[12] == b"alpha"
    assert lease[15] == b"default.svc.cluster.local"
    assert lease[51] == b"\xff" * 4, "the lease never ends"
    assert b"\x07default\x03svc\x07cluster\x05local\x00" in lease[119]
    assert 121 not in lease, "the router says it all"
    assert interface.dhcp.mac == interface.guest_mac


def test_the_mtu_comes_unasked(handed_over):
    _, _, guest, _ = handed_over
    assert int.from_bytes(guest.lease(ask=bytes((1, 3)))[26]) == 1450


def test_frames_that_come_back_don_t_lead_the_bridge_astray(handed_over):
    """A network in hairpin mode, as CNI's bridge plugin has it, sends the guest's own broadcasts back to the Pod."""
    _, wire, guest, interface = handed_over
    guest.use(guest.lease())
    guest.sh("ping -c1 -W2 10.244.1.1")
    source = bytes.fromhex(interface.guest_mac.replace(":", ""))
    wire.netns.run(_send_frame, "wire0", b"\xff" * 6 + source + b"\x88\xb5" + bytes(46))
    wire.sh("ping -c1 -W2 10.244.1.17")


def _send_frame(ifname: str, frame: bytes) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((ifname, 0))
        raw.send(frame)


def test_the_guest_is_reached_under_the_pods_address_and_the_pod_is_silent(handed_over):
    _, wire, guest, interface = handed_over
    guest.use(guest.lease())
    wire.sh("ping -c1 -W2 10.244.1.17")
    guest.sh("ping -c1 -W2 10.244.1.1")
    assert interface.guest_mac in wire.sh("ip neigh show 10.244.1.17")
    guest.sh("ip link set eth0 down")
    wire.sh("ip neigh flush all")
    assert not wire.succeeds("ping -c1 -W1 10.244.1.17"), "somebody else answers for the guest"


def test_full_sized_frames_pass(handed_over):
    _, wire, guest, _ = handed_over
    guest.use(guest.lease())
    wire.sh("ping -c1 -W2 -M do -s 1422 10.244.1.17")
    assert not guest.succeeds("ping -c1 -W1 -M do -s 1423 10.244.1.1"), "more than the MTU of the Pod's link"


def test_another_mac_is_told_nothing(handed_over):
    _, _, guest, _ = handed_over
    assert guest.lease(mac="02:00:00:00:00:77", timeout_s=1) is None


def test_dhcp_stays_between_guest_and_pod(handed_over):
    _, wire, guest, interface = handed_over
    assert wire.netns.run(dhcp_lease, "wire0", interface.guest_mac, 1.0, b"") is None, "a neighbour is answered"
    wire.sh("nft add table ip seen; nft add counter ip seen dhcp")
    wire.sh("nft 'add chain ip seen input { type filter hook input priority 0; }'")
    wire.sh("nft add rule ip seen input udp dport 67 counter name dhcp")
    assert guest.lease() is not None
    assert "packets 0 " in wire.sh("nft list counter ip seen dhcp"), "the guest's question leaves the Pod"


def test_the_pod_has_no_ear_on_the_wire(handed_over):
    _, wire, _, _ = handed_over
    wire.sh("ip route add 169.254.75.10 dev wire0")
    assert not wire.succeeds("ping -c1 -W1 169.254.75.10")


def test_a_gateway_outside_of_the_subnet():
    """As Calico does it: a /32, and a gateway that is on the link without being in any subnet."""
    with pod_on_wire(gateway="169.254.1.1", setup=CALICO) as (pod, wire):
        plan = plan_for(probe_links(pod.netns, "eth0"), {"bridge": {}})
        apply_links(plan, pod.netns, 1234)
        interface = plan.interfaces[0]
        start_dnsmasq(interface.dhcp, pod.pid)
        wire.sh("ip route add 10.244.1.17 dev wire0")
        with guest_of(pod, interface.tap, interface.guest_mac) as guest:
            lease = guest.lease()
            assert dotted(lease[1]) == "255.255.255.255"
            assert classless_routes(lease[121]) == [("169.254.1.1/32", "0.0.0.0"), ("0.0.0.0/0", "169.254.1.1")]
            guest.use(lease)
            guest.sh("ping -c1 -W2 169.254.1.1")
            wire.sh("ping -c1 -W2 10.244.1.17")


def test_options_of_the_manifest():
    with pod_on_wire() as (pod, _):
        options = {
            "bootFileName": "pxelinux.0",
            "tftpServerName": "tftp.example.com",
            "ntpServers": ["10.0.0.9"],
            "privateOptions": [
                {"option": 240, "value": 'a,b"c\\d\ndhcp-option=3,6.6.6.6'},
                {"option": 224, "value": "7"},
                {"option": 225, "value": "10.1.2.3"},
            ],
        }
        plan = plan_for(probe_links(pod.netns, "eth0"), {"bridge": {}, "dhcpOptions": options})
        apply_links(plan, pod.netns, 1234)
        interface = plan.interfaces[0]
        start_dnsmasq(interface.dhcp, pod.pid)
        with guest_of(pod, interface.tap, interface.guest_mac) as guest:
            lease = guest.lease()
    # dnsmasq ends these two with a NUL where they are forced, for the sake of old boot ROMs.
    assert (lease[66], lease[67]) == (b"tftp.example.com\0", b"pxelinux.0\0")
    assert lease[42] == bytes((10, 0, 0, 9))
    assert lease[240] == b'a,b"c\\d\ndhcp-option=3,6.6.6.6'
    assert (lease[224], lease[225]) == (b"7", b"10.1.2.3")
    assert dotted(lease[3]) == "10.244.1.1"


def test_two_guests_on_one_wire_keep_apart():
    """Both Pods have the same link-local address; neither guest is answered by the other's server."""
    with pod_on_wire("10.244.1.17/24") as (first, wire), pod_on_wire("10.244.1.18/24") as (second, other):
        wire.sh(
            f"ip link add br0 type bridge; ip addr flush dev wire0; ip link set wire0 master br0; ip link set br0 up; "
            f"ip addr add 10.244.1.1/24 dev br0; ip link add cross type veth peer name cross netns {other.pid}; "
            "ip link set cross master br0 up"
        )
        other.sh(
            "ip link add br0 type bridge; ip addr flush dev wire0; ip link set wire0 master br0; "
            "ip link set cross master br0 up; ip link set br0 up"
        )
        guests = []
        for pod in (first, second):
            plan = plan_for(probe_links(pod.netns, "eth0"), {"bridge": {}})
            apply_links(plan, pod.netns, 1234)
            interface = plan.interfaces[0]
            start_dnsmasq(interface.dhcp, pod.pid)
            guests.append((pod, interface))
        with (
            guest_of(first, "tap0", guests[0][1].guest_mac) as a,
            guest_of(second, "tap0", guests[1][1].guest_mac) as b,
        ):
            for guest, address in ((a, "10.244.1.17"), (b, "10.244.1.18")):
                lease = guest.lease()
                assert dotted(lease[0]) == address
                guest.use(lease)
            deadline = time.monotonic() + 5
            while not a.succeeds("ping -c1 -W1 10.244.1.18"):
                assert time.monotonic() < deadline
            b.sh("ping -c1 -W2 10.244.1.17")
