"""The masquerade binding against a real kernel: the guest behind the Pod's address, and what is forwarded to it."""

import contextlib
from collections.abc import Iterator
from typing import Any

from kvnode.facts import Resolver
from kvnode.network.dnsmasq import start_dnsmasq
from kvnode.network.links import apply_links, probe_links
from tests.netns.manifests import guest_with, network_plan_of, plan_for
from tests.netns.pods import Guest, Namespace, dotted, guest_of, pod_on_wire

SERVE = (
    "import socket,sys\ns=socket.create_server(('',int(sys.argv[1])))\nc,p=s.accept()\nc.send(p[0].encode())\nc.close()"
)
ASK = (
    "import socket,sys\ns=socket.create_connection((sys.argv[1],int(sys.argv[2])),2)\n"
    "print(s.recv(99).decode(),end='')\n"
)


@contextlib.contextmanager
def hidden(interface: dict[str, Any] | None = None) -> Iterator[tuple[Namespace, Namespace, Guest]]:
    """Pod, wire, and a guest that uses its lease."""
    with pod_on_wire() as (pod, wire):
        link = probe_links(pod.netns, "eth0", Resolver(("10.96.0.10",)))
        plan = plan_for(link, interface or {"masquerade": {}})
        apply_links(plan, pod.netns, 1234)
        planned = plan.interfaces[0]
        start_dnsmasq(planned.dhcp, pod.pid)
        with guest_of(pod, planned.tap, planned.guest_mac) as guest:
            guest.use(guest.lease())
            yield pod, wire, guest


def answered(server: Namespace, client: Namespace, address: str, port: int, client_check: bool = True) -> str:
    """What a client reads of a server that sends the address it is seen from; empty where it isn't let through."""
    listener = server.background(["python3", "-c", SERVE, str(port)])
    try:
        server.sh(f"for n in $(seq 100); do ss -Hltn 'sport = :{port}' | grep -q . && exit 0; sleep 0.05; done; exit 1")
        return client.sh(f'python3 -c "$ASK" {address} {port}', check=client_check, ASK=ASK)
    finally:
        listener.kill()
        listener.wait()


def test_the_guest_has_its_own_network_and_the_pod_keeps_its_address():
    with hidden() as (pod, _, guest):
        lease = guest.lease()
        assert dotted(lease[0]) == "10.0.2.2"
        assert dotted(lease[1]) == "255.255.255.0"
        assert dotted(lease[3]) == dotted(lease[-1]) == "10.0.2.1"
        assert dotted(lease[6]) == "10.96.0.10"
        assert int.from_bytes(lease[26]) == 1450
        assert "10.244.1.17/24" in pod.sh("ip -4 addr show eth0")
        guest.sh("ping -c1 -W2 10.0.2.1")
        assert "02:00:00:00:00:00" in guest.sh("ip neigh show 10.0.2.1")


def test_the_guest_goes_out_under_the_pods_address():
    with hidden() as (_, wire, guest):
        assert answered(wire, guest, "10.244.1.1", 4000) == "10.244.1.17"


def test_every_port_of_the_pod_is_the_guests():
    with hidden() as (_, wire, guest):
        assert answered(guest, wire, "10.244.1.17", 8080) == "10.244.1.1"
        wire.sh("ping -c1 -W2 10.244.1.17")


def test_listed_ports_only():
    ports = {"masquerade": {}, "ports": [{"port": 80}, {"port": 53, "protocol": "UDP"}]}
    with hidden(ports) as (pod, wire, guest):
        assert answered(guest, wire, "10.244.1.17", 80) == "10.244.1.1"
        assert answered(guest, wire, "10.244.1.17", 81, client_check=False) == ""
        assert answered(guest, wire, "10.244.1.17", 53, client_check=False) == "", "UDP was listed, TCP wasn't"
        assert answered(pod, wire, "10.244.1.17", 82) == "10.244.1.1", "what isn't forwarded is the Pod's"


def test_the_pods_loopback_leads_to_the_guest_and_not_back():
    with hidden({"masquerade": {}, "ports": [{"port": 80}]}) as (pod, _, guest):
        assert answered(guest, pod, "127.0.0.1", 80) == "10.0.2.1"
        guest.sh("ip route add 127.5.0.0/16 via 10.0.2.1; echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet")
        assert answered(pod, guest, "127.5.0.1", 90, client_check=False) == "", "the guest reaches the Pod's loopback"


def test_another_network_for_the_guest():
    with pod_on_wire() as (pod, _):
        networks = [{"name": "net0", "pod": {"vmNetworkCIDR": "192.168.7.128/25"}}]
        vmi = guest_with({"masquerade": {}}, networks=networks)
        plan = network_plan_of(vmi, probe_links(pod.netns, "eth0"))
        apply_links(plan, pod.netns, 1234)
        start_dnsmasq(plan.interfaces[0].dhcp, pod.pid)
        with guest_of(pod, "tap0", plan.interfaces[0].guest_mac) as guest:
            lease = guest.lease()
            assert (dotted(lease[0]), dotted(lease[3])) == ("192.168.7.130", "192.168.7.129")
