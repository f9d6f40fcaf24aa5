"""Packet rules as nft scripts: text from a plan, and its loading.

One script for a Pod, loaded in one transaction: it empties our tables and writes them anew, so there is no moment
between and it may be repeated.  Tables are called ``kvnode``; nobody else's are touched.

What the rules do:

- bridge binding: the guest is on the Pod's wire, its DHCP server must not be.  DHCP passes between the guest and the
  Pod's link in neither direction, and nothing from outside reaches the Pod's own stack, which has only the
  link-local address that every guest's Pod has.
- masquerade: connections to the Pod go to the guest, all or the listed ports; the guest's own go out under the Pod's
  address.  The guest doesn't reach what listens on the Pod's loopback.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from ipaddress import ip_interface

from kvnode.errors import HostError
from kvnode.planning.network_plans import InterfaceNetwork, Nat, NetworkPlan

TABLE = "kvnode"

_LOAD_S = 30.0
# What nft takes between quotes; the kernel would let a link be called much more.
_IFNAME = re.compile(r"[A-Za-z0-9._@+-]{1,15}", re.ASCII)


def pod_ruleset(plan: NetworkPlan) -> str:
    """The script for a Pod's network namespace; empty where the plan needs no rules.

    Raises HostError for a link whose name can't stand in a script.
    """
    bridged = [interface for interface in plan.interfaces if interface.binding == "bridge" and interface.seen]
    hidden = [(i, i.nat) for i in plan.interfaces if i.nat is not None and i.seen]
    parts = []
    if bridged:
        parts.append(_replacing("bridge", _guard_chains(bridged)))
    if hidden:
        parts.append(_replacing("ip", [line for interface, nat in hidden for line in _nat_chains(interface, nat)]))
    return "".join(parts)


def load_ruleset(script: str) -> None:
    """Loads a script in the network namespace of this thread; all of it or nothing. Empty: nothing to do.

    Raises HostError with nft's own words.
    """
    if not script:
        return
    nft = shutil.which("nft", path="/usr/sbin:/sbin:/usr/local/sbin:/usr/bin:/bin")
    if nft is None:
        raise HostError("a guest's network needs nft, which is not here: install the package nftables")
    try:
        done = subprocess.run(
            [nft, "-f", "-"],
            input=script,
            capture_output=True,
            text=True,
            timeout=_LOAD_S,
            env={"LC_ALL": "C"},
            start_new_session=True,  # Ctrl-C is for us, who may be about to take back what was begun
        )
    except subprocess.TimeoutExpired:
        raise HostError(f"nft didn't load the packet rules within {_LOAD_S:.0f} s") from None
    if done.returncode:
        raise HostError(f"nft refuses the packet rules: {' '.join(done.stderr.split())}")


def quoted_ifname(name: str) -> str:
    """A link's name as it stands in a script; HostError for one that could end its own quotes."""
    if not _IFNAME.fullmatch(name):
        raise HostError(f"the link {name!r} can't stand in packet rules: letters, digits and ._@+- can")
    return f'"{name}"'


def _replacing(family: str, lines: list[str]) -> str:
    """A table with these chains, emptied first of the rules that it had.

    Emptied and not deleted: on a table that is new there is nothing to empty, while a deletion waits for the kernel's
    grace period even where nothing is deleted (6 ms of a start).
    """
    body = "\n".join(f"  {line}" for line in lines)
    head = f"table {family} {TABLE}"
    return f"{head}\nflush {head}\n{head} {{\n{body}\n}}\n"


def _guard_chains(bridged: list[InterfaceNetwork]) -> list[str]:
    pods = ", ".join(quoted_ifname(interface.pod_ifname) for interface in bridged)
    taps = ", ".join(quoted_ifname(interface.tap) for interface in bridged)
    return [
        "chain input {",
        "  type filter hook input priority 0; policy accept;",
        f"  iifname {{ {pods} }} drop",
        "}",
        "chain forward {",
        "  type filter hook forward priority 0; policy accept;",
        f"  iifname {{ {taps} }} ether type ip udp dport 67 drop",
        f"  iifname {{ {pods} }} ether type ip udp sport 67 udp dport 68 drop",
        "}",
    ]


def _nat_chains(interface: InterfaceNetwork, nat: Nat) -> list[str]:
    """Chains for the one masqueraded interface that a Pod can have."""
    pod, bridge = quoted_ifname(interface.pod_ifname), quoted_ifname(interface.bridge)
    guest, gateway = (str(ip_interface(text).ip) for text in (nat.guest, nat.gateway))
    matches = [f"{protocol} dport {{ {ports} }} " for protocol, ports in _ports(nat)] or [""]
    return [
        "chain guard {",
        "  type filter hook prerouting priority -300; policy accept;",
        f"  iifname {bridge} ip daddr 127.0.0.0/8 drop",
        "}",
        "chain prerouting {",
        "  type nat hook prerouting priority -100; policy accept;",
        *(f"  iifname {pod} {match}dnat to {guest}" for match in matches),
        "}",
        "chain output {",
        "  type nat hook output priority -100; policy accept;",
        *(f"  ip daddr 127.0.0.1 {match}dnat to {guest}" for match in matches),
        "}",
        "chain postrouting {",
        "  type nat hook postrouting priority 100; policy accept;",
        f"  oifname {bridge} ip saddr 127.0.0.0/8 snat to {gateway}",
        f"  oifname {pod} ip saddr {guest} masquerade",
        "}",
    ]


def _ports(nat: Nat) -> list[tuple[str, str]]:
    """Port sets by protocol: ``[("tcp", "22, 8000-8010")]``; overlapping runs are joined, as nft wants them."""
    runs: dict[str, list[tuple[int, int]]] = {}
    for port in sorted(nat.ports, key=lambda port: (port.protocol, port.first, port.last)):
        known = runs.setdefault(port.protocol, [])
        if known and port.first <= known[-1][1] + 1:
            known[-1] = (known[-1][0], max(known[-1][1], port.last))
        else:
            known.append((port.first, port.last))
    return [(name, ", ".join(f"{a}-{b}" if a != b else str(a) for a, b in known)) for name, known in runs.items()]
