"""The wires between the machines.

A bridge in the control plane's namespace joins all machines, and this host by one veth pair: the host's end is all that
the host gets, besides the routes that go by it. So nothing of the host's own rules is in the way, nothing forwards on
the host, and the end of the control plane's namespace takes the host's link and its routes along.

Each Pod network is routed to its node, from everywhere. The host reaches Services by way of node 1.
"""

import ipaddress
import json
import subprocess

from deploy.cluster.faults import ClusterError
from deploy.cluster.layout import Layout, node_name
from deploy.cluster.machine import Machine

BRIDGE = "machines"
UPLINK = "eth0"


def connect(layout: Layout, control: Machine, nodes: dict[int, Machine]) -> None:
    """Make all links, addresses and routes of the cluster. The machines are up and have no links yet."""
    refuse_overlap(layout)
    control_pid = control.pid()
    plugs = [f"link add {layout.link} type veth peer name host netns {control_pid}"]
    for number, node in nodes.items():
        plugs.append(
            f"link add {UPLINK} netns {node.pid()} type veth peer name {node_name(number)} netns {control_pid}"
        )
    _on_host(plugs)

    pods = {number: f"{layout.pods_of(number)} via {layout.node_address(number)}" for number in nodes}
    ends = ["host", *(node_name(number) for number in nodes)]
    _inside(
        control,
        [
            f"link add {BRIDGE} type bridge",
            *(f"link set {end} master {BRIDGE} up" for end in ends),
            f"address add {layout.control_address}/24 dev {BRIDGE}",
            f"link set {BRIDGE} up",
            f"route add default via {layout.host_address}",
            *(f"route add {route}" for route in pods.values()),
        ],
    )
    for number, node in nodes.items():
        _inside(
            node,
            [
                f"address add {layout.node_address(number)}/24 dev {UPLINK}",
                f"link set {UPLINK} up",
                f"route add default via {layout.host_address}",
                *(f"route add {route}" for other, route in pods.items() if other != number),
            ],
        )
        # Replies of a Pod to its neighbour on the same bridge have to pass the rules of Services, too.
        bridged = "/proc/sys/net/bridge/bridge-nf-call-iptables"
        node.run("sh", "-c", f"echo 1 >/proc/sys/net/ipv4/ip_forward; test ! -e {bridged} || echo 1 >{bridged}")
    _on_host(
        [
            f"address add {layout.host_address}/24 dev {layout.link}",
            f"link set {layout.link} up",
            *(f"route add {route}" for route in pods.values()),
            f"route add {layout.service_network} via {layout.node_address(1)}",
        ]
    )


def disconnect(layout: Layout) -> None:
    """Remove the host's link where it is still there: its other end's namespace is on its way out."""
    subprocess.run(["ip", "link", "delete", layout.link], capture_output=True, check=False)


def refuse_overlap(layout: Layout) -> None:
    """Raise ClusterError where this host has other uses for the cluster's addresses."""
    ours = (layout.machine_network, layout.service_network, layout.pod_network)
    shown = subprocess.run(["ip", "-j", "-4", "route", "show"], capture_output=True, text=True, check=False).stdout
    for route in json.loads(shown or "[]"):
        if route["dst"] == "default":
            continue
        theirs = ipaddress.IPv4Network(route["dst"])
        for network in ours:
            if network.overlaps(theirs):
                raise ClusterError(
                    f"this host routes {theirs} by {route.get('dev', 'another link')}, and cluster {layout.number} "
                    f"wants {network}: take another number (make cluster CLUSTER=1), or end what uses it"
                )


def _on_host(lines: list[str]) -> None:
    _batch(["ip", "-batch", "-"], lines, "this host")


def _inside(machine: Machine, lines: list[str]) -> None:
    _batch(machine.command("ip", "-batch", "-"), lines, machine.name)


def _batch(command: list[str], lines: list[str], where: str) -> None:
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, timeout=30, check=False)
    if done.returncode:
        raise ClusterError(f"the network of {where} can't be made: {done.stderr.strip()} (of: {'; '.join(lines)})")
