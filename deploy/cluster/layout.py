"""Names, addresses and folders of a cluster, all of them from its number, so that several can stand beside one another.

Cluster 0 is the one that a person makes; the suite takes another number. ``n`` is the cluster's number and ``i`` the
node's, from 1:

- machines ``10.98.n.0/24``: this host is ``.1``, the control plane ``.10``, node i ``.10+i``
- Services ``10.97.n.0/24``, the API server's own is ``.1``
- Pods ``10.(128+n).i.0/24``

Everything on disk lies in one folder, and every process, link and mount lives in namespaces that end with one process
for each machine.
"""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from deploy.cluster.faults import ClusterError

STATE = Path("/var/lib/kvnode-cluster")
NUMBERS = 16
MOST_NODES = 8


@dataclass(frozen=True)
class Layout:
    """One cluster's place on this machine; ``number`` is 0 to 15, ``nodes`` 1 to 8."""

    number: int = 0
    nodes: int = 2

    def __post_init__(self) -> None:
        if not 0 <= self.number < NUMBERS:
            raise ClusterError(f"a cluster's number is 0 to {NUMBERS - 1}, and {self.number} is not")
        if not 1 <= self.nodes <= MOST_NODES:
            raise ClusterError(f"a cluster has 1 to {MOST_NODES} nodes, and {self.nodes} were asked for")

    @property
    def folder(self) -> Path:
        """All of the cluster's files, the kubeconfig among them."""
        return STATE / str(self.number)

    @property
    def link(self) -> str:
        """The one network link that this host gets."""
        return f"kvn-cl{self.number}"

    @property
    def cgroup(self) -> str:
        """The cgroup below which each machine has its own, in every hierarchy."""
        return f"kvnode-cluster-{self.number}"

    @property
    def machine_network(self) -> ipaddress.IPv4Network:
        return ipaddress.IPv4Network(f"10.98.{self.number}.0/24")

    @property
    def service_network(self) -> ipaddress.IPv4Network:
        return ipaddress.IPv4Network(f"10.97.{self.number}.0/24")

    @property
    def pod_network(self) -> ipaddress.IPv4Network:
        """The Pods of all nodes."""
        return ipaddress.IPv4Network(f"10.{128 + self.number}.0.0/16")

    def pods_of(self, node: int) -> ipaddress.IPv4Network:
        """The Pods of one node, counted from 1."""
        return ipaddress.IPv4Network(f"10.{128 + self.number}.{node}.0/24")

    @property
    def host_address(self) -> str:
        return str(self.machine_network[1])

    @property
    def control_address(self) -> str:
        return str(self.machine_network[10])

    def node_address(self, node: int) -> str:
        """The address of a node, counted from 1."""
        return str(self.machine_network[10 + node])

    @property
    def api_service_address(self) -> str:
        """The ClusterIP of the Service ``kubernetes``."""
        return str(self.service_network[1])

    @property
    def dns_address(self) -> str:
        """The nameserver that Pods are given. Nobody answers there until somebody deploys a DNS as that Service."""
        return str(self.service_network[10])

    @property
    def server(self) -> str:
        return f"https://{self.control_address}:6443"

    @property
    def node_numbers(self) -> range:
        return range(1, self.nodes + 1)


def node_name(node: int) -> str:
    """The name of a node, counted from 1."""
    return f"node-{node}"
