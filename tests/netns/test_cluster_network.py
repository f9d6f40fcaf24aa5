"""A cluster's network keeps away from what the host has already."""

import subprocess
import sys
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]


def refusal(*routes: str) -> str:
    """What cluster 3 says of a host with these routes, in a network namespace of its own."""
    ask = (
        "from deploy.cluster.layout import Layout; from deploy.cluster.network import refuse_overlap\n"
        "from deploy.cluster.faults import ClusterError\n"
        "try: refuse_overlap(Layout(3))\nexcept ClusterError as error: print(error)"
    )
    script = "ip link add theirs type veth peer name other\nip link set other up\nip link set theirs up\n"
    script += "ip addr add 192.0.2.1/24 dev theirs\n"
    script += "".join(f"ip route add {route} via 192.0.2.9\n" for route in routes) + 'exec "$@"'
    done = subprocess.run(
        ["unshare", "--net", "sh", "-ec", script, "sh", sys.executable, "-c", ask],
        cwd=TREE,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_a_host_that_routes_the_cluster_s_addresses_elsewhere_is_refused() -> None:
    assert refusal("10.0.0.0/8").startswith("this host routes 10.0.0.0/8 by theirs, and cluster 3 wants 10.98.3.0/24")
    assert "10.131.7.0/24" in refusal("10.131.7.0/24")
    assert "10.97.3.10/32" in refusal("10.97.3.10/32")


def test_other_routes_are_none_of_its_business() -> None:
    assert refusal("default", "10.98.4.0/24", "10.130.0.0/16", "172.16.0.0/12") == ""
