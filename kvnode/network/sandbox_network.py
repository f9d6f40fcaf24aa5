"""The network of the standalone sandboxes: what a cluster's network plugin does for Pods, on one machine.

One bridge with one range of addresses for each KVNODE_ROOT.  The CNI plugins ``bridge`` and ``host-local`` give each
sandbox a link and an address; the bridge itself, the way out (masquerading) and the host's forwarding are ours,
since all of it has to be gone when the last guest is.

What holds:

- ``detach`` works from what lies on disk and in the kernel and may be repeated: whoever was killed half way, the
  next call finishes. Something is written down before it is done.
- Starts and stops of one root take turns (a lock in its folder); what belongs to the whole machine (the choice of a
  range, forwarding) is done under a lock of the machine, so that several roots don't undo each other's.
- What the host had is what it has afterwards. Whether forwarding was off before us stands in the alias of our bridge;
  a root that leaves before others hands that on to them.
- Guests reach each other and the host and are reached from it, at layer 2 and 3.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import socket
import time
from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv4Network, ip_network
from pathlib import Path
from typing import Any

import msgspec

from kvnode._fast.netlink import Batch
from kvnode.errors import HostError, KvnodeError
from kvnode.network import cni
from kvnode.network.netns import Netns
from kvnode.network.nft import load_ruleset, quoted_ifname
from kvnode.network.rtnetlink import KernelRoute, Link, RouteSocket
from kvnode.paths import NodePaths, node_root

TURN_S = 120.0
"""How long a start or stop waits for the others; each takes a twentieth of a second."""

POD_IFNAME = "eth0"
PLAIN_BRIDGE = "kvnode0"
"""The bridge where KVNODE_ROOT isn't set."""

RANGES = tuple(
    subnet
    for block in ("10.188.0.0/16", "10.77.0.0/16", "172.28.0.0/16", "192.168.176.0/20")
    for subnet in IPv4Network(block).subnets(new_prefix=20)
)
"""What a root's range is chosen from: the first that no route of the host's overlaps. Each has 4093 addresses for
guests, more than the 1023 links that the kernel lets join one bridge (BR_PORT_BITS).

None of the ranges that container engines take without looking (podman's 10.88.0.0/16, docker's 172.17.0.0/16).
"""

_PLUGIN, _IPAM = "bridge", "host-local"
_NETWORK_NAME = "kvnode"
_ALIAS = "kvnode sandboxes"
_ALIAS_FORWARDING_WAS_OFF = "kvnode sandboxes; ip_forward was 0"
_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
_DEFAULT_MTU = 1500
_LOOPBACK = 1
_FIRST_INDEX = 0x6B700000  # far above what the kernel counts up to on its own


class Attached(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sandbox on the network: its address in CIDR form and the host's end of its link; None until it has them."""

    address: str | None = None
    veth: str | None = None


class _State(msgspec.Struct):
    """What one root has written down: its range, its bridge, and who is on it."""

    bridge: str
    subnet: str
    mtu: int
    guests: dict[str, Attached]

    @property
    def gateway(self) -> IPv4Interface:
        network = IPv4Network(self.subnet)
        return IPv4Interface((int(network.network_address) + 1, network.prefixlen))


def attach(guest: str, netns_pid: int, node: NodePaths) -> Attached:
    """Gives a sandbox a link ``eth0`` with an address, a default route, and a loopback that is up.

    guest      -- twelve hex digits, `kvnode.paths.guest_id`
    netns_pid  -- a process in the sandbox's network namespace, which the caller knows to be alive

    Raises HostError with what is missing or what failed; then nothing of it is left. A guest that was killed while
    it was attached and has the same name is taken off first.
    """
    _check_guest(guest)
    for plugin in (_PLUGIN, _IPAM):
        cni.find_plugin(plugin)
    with _locked(node.cni):
        state = _load(node.cni)
        try:
            state = _prepared(state, node.cni)
            _forget_dead(state, node.cni, also=guest)
            state.guests[guest] = Attached()
            _save(node.cni, state)
            attached = _add(state, node.cni, guest, netns_pid)
        except BaseException:
            with contextlib.suppress(KvnodeError, OSError):
                _leave(node.cni, guest)
            raise
        state.guests[guest] = attached
        _save(node.cni, state)
    return attached


def detach(guest: str, node: NodePaths) -> None:
    """Takes a sandbox off the network and frees its address, whether its namespace is still there or not.

    With the last guest the bridge, its packet rules and everything that was written down go too. A guest that is
    not attached is fine. Raises HostError for what can't be undone; calling it again goes on from there.
    """
    _check_guest(guest)
    if not node.cni.exists() and not _exists(bridge_name()):
        return
    with _locked(node.cni):
        _leave(node.cni, guest)


def bridge_name(root: Path | None = None) -> str:
    """What the bridge of a root is called: ``kvnode0``, or six hex digits of the root's hash after ``kvn-``."""
    path = root or node_root()
    if path == Path("/"):
        return PLAIN_BRIDGE
    return f"kvn-{hashlib.sha256(os.fsencode(path)).hexdigest()[:6]}"


def free_range(routes: list[KernelRoute]) -> IPv4Network:
    """The first of ``RANGES`` that no route overlaps; a default route overlaps nothing. HostError if all are taken."""
    taken = [network for route in routes if (network := ip_network(route.dst)).version == 4 and network.prefixlen]
    for candidate in RANGES:
        if not any(candidate.overlaps(network) for network in taken):
            return candidate
    raise HostError(
        f"all {len(RANGES)} address ranges that guests could have are routed elsewhere: "
        f"{RANGES[0]} to {RANGES[-1]}; `ip route` shows by what"
    )


def _check_guest(guest: str) -> None:
    if not (guest.isascii() and guest.isalnum() and len(guest) <= 64):
        raise HostError(f"{guest[:60]!r} is not a guest's id: it has letters and digits only")


# --- what one root has written down


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """The root's turn. Whoever had it before us may have deleted the folder, then a new one is made and locked."""
    while True:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise HostError(f"the folder {folder} can't be made: {error.strerror}") from error
        try:
            _take_turn(lock, f"the network of the guests of {folder}")
            if _is_still(folder, lock):
                yield
                return
        finally:
            os.close(lock)


def _take_turn(lock: int, what: str) -> None:
    """The lock of an open file; HostError where whoever has it doesn't let go in the time that its work may take."""
    deadline = time.monotonic() + TURN_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise HostError(f"{what} is being changed by another process for over {TURN_S:.0f} s") from None
            time.sleep(0.01)


def _is_still(folder: Path, opened: int) -> bool:
    try:
        return os.path.samestat(os.fstat(opened), folder.stat())
    except FileNotFoundError:
        return False


def _load(folder: Path) -> _State | None:
    """What is written down; what can't be read is like nothing, since all of it can be found in the kernel."""
    try:
        return msgspec.json.decode((folder / "network.json").read_bytes(), type=_State)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
    except OSError as error:
        raise HostError(f"{folder / 'network.json'} can't be read: {error.strerror}") from error


def _save(folder: Path, state: _State) -> None:
    path = folder / "network.json"
    new = path.with_suffix(".new")
    try:
        new.write_bytes(msgspec.json.encode(state))
        new.replace(path)
    except OSError as error:
        raise HostError(f"{path} can't be written: {error.strerror}") from error


def _prepared(state: _State | None, folder: Path) -> _State:
    """The state of a root whose bridge, rules and forwarding are there, made where they weren't."""
    with _machine_lock(), RouteSocket() as kernel:
        links = kernel.links()
        name = bridge_name() if state is None else state.bridge
        bridge = next((link for link in links if link.name == name), None)
        if state is None:
            state = _State(name, _range_of(kernel, bridge), _outer_mtu(kernel, links), {})
            _save(folder, state)
        if bridge is None:
            was_off = _forwarding() == 0 or any(link.alias == _ALIAS_FORWARDING_WAS_OFF for link in links)
            _make_bridge(kernel, state, _ALIAS_FORWARDING_WAS_OFF if was_off else _ALIAS)
        _raise_bridge(kernel, state)
        _set_forwarding(1)
    load_ruleset(_outer_ruleset(state))
    return state


def _forget_dead(state: _State, folder: Path, *, also: str) -> None:
    """Frees the addresses of sandboxes that are gone without having been detached, and of ``also``."""
    with RouteSocket() as kernel:
        there = {link.name for link in kernel.links()}
    for guest, attached in list(state.guests.items()):
        if guest == also or attached.veth not in there:
            _free(state, folder, guest)
            _save(folder, state)


def _leave(folder: Path, guest: str) -> None:
    state = _load(folder)
    if state is None:
        # What was written is lost: whoever is on the bridge may be a guest that lives, so only an empty one goes.
        state = _State(bridge_name(), str(RANGES[0]), _DEFAULT_MTU, {})
        if _ports(state.bridge):
            return
    if guest in state.guests:
        _free(state, folder, guest)
        _save(folder, state)
    if not state.guests:
        _tear_down(state)
        shutil.rmtree(folder, ignore_errors=True)


def _exists(link: str) -> bool:
    try:
        socket.if_nametoindex(link)
    except OSError:
        return False
    return True


def _ports(bridge: str) -> list[str]:
    """Names of the links on a bridge; none where there is no such bridge."""
    with RouteSocket() as kernel:
        links = kernel.links()
    index = next((link.index for link in links if link.name == bridge), None)
    return [link.name for link in links if index is not None and link.master == index]


def _free(state: _State, folder: Path, guest: str) -> None:
    """One guest off the network: its address back in the range, its link gone even if its namespace isn't."""
    try:
        cni.delete(_config(state, folder), guest, POD_IFNAME)
    except HostError:
        if state.guests.keys() - {guest}:
            raise
        # The last one's address is freed with all that is written down, so a stop needs no plugin for it.
    veth = state.guests[guest].veth if guest in state.guests else None
    if veth is not None:
        with RouteSocket() as kernel:
            _delete_link(kernel, veth, of_bridge=state.bridge)
    state.guests.pop(guest, None)


def _add(state: _State, folder: Path, guest: str, netns_pid: int) -> Attached:
    with Netns.of_pid(netns_pid) as netns:
        path = f"/proc/{os.getpid()}/fd/{netns.fileno()}"
        result = cni.add(_config(state, folder), guest, path, POD_IFNAME)
        netns.run(_raise_loopback)
    veth = next((i.name for i in result.interfaces if not i.sandbox and i.name != state.bridge), None)
    address = next((ip.address for ip in result.ips), None)
    return Attached(address, veth)


def _raise_loopback() -> None:
    batch = Batch()
    batch.set_link(_LOOPBACK, up=True)
    with RouteSocket() as kernel:
        for refusal in kernel.send(batch):
            raise HostError(f"the sandbox's loopback can't be raised: {refusal}")


def _config(state: _State, folder: Path) -> dict[str, Any]:
    """What the plugins are told: the bridge is there already and has the gateway's address."""
    gateway = str(state.gateway.ip)
    return {
        "cniVersion": cni.CNI_VERSION,
        "name": _NETWORK_NAME,
        "type": _PLUGIN,
        "bridge": state.bridge,
        "mtu": state.mtu,
        "isGateway": False,
        "ipMasq": False,
        "ipam": {
            "type": _IPAM,
            "dataDir": str(folder),
            "ranges": [[{"subnet": state.subnet, "gateway": gateway}]],
            "routes": [{"dst": "0.0.0.0/0", "gw": gateway}],
        },
    }


# --- what the host has because of us


@contextlib.contextmanager
def _machine_lock() -> Iterator[None]:
    """One at a time on this machine, whatever their roots: a lock on the very knob that they share."""
    try:
        with _FORWARDING.open() as knob:
            _take_turn(knob.fileno(), "the network of this machine's guests")
            yield
    except FileNotFoundError:
        raise HostError(f"{_FORWARDING} is missing: is /proc mounted?") from None


def _range_of(kernel: RouteSocket, bridge: Link | None) -> str:
    """The range of a bridge that is there though nobody wrote it down, or else a free one."""
    if bridge is not None:
        for address in kernel.addresses():
            network = IPv4Interface(address.cidr).network if ":" not in address.cidr else None
            if address.index == bridge.index and network in RANGES:
                return str(network)
    routes = [route for route in kernel.routes() if bridge is None or route.index != bridge.index]
    return str(free_range(routes))


def _outer_mtu(kernel: RouteSocket, links: list[Link]) -> int:
    """The MTU of the link that the host's default route goes out by; 1500 where there is none."""
    outer = {route.index for route in kernel.routes() if route.dst == "0.0.0.0/0"}
    return next((link.mtu for link in links if link.index in outer and link.mtu), _DEFAULT_MTU)


def _make_bridge(kernel: RouteSocket, state: _State, alias: str) -> None:
    """A bridge with a MAC of its own, since neighbours remember it and ports come and go.

    Its index is chosen, so that bridge and alias come by one sendmsg: there is none that nobody knows as ours.
    """
    digest = hashlib.sha256(state.bridge.encode()).digest()
    index = _FIRST_INDEX + int.from_bytes(digest[:2], "big")
    batch = Batch()
    batch.create_link(state.bridge, "bridge", index, bytes((0x02, *digest[:5])), state.mtu)
    batch.set_link(index, alias=alias)
    for refusal in kernel.send(batch):
        raise HostError(
            f"the bridge {state.bridge} can't be made: {refusal}; that takes root and a kernel with bridges"
        )


def _raise_bridge(kernel: RouteSocket, state: _State) -> None:
    """The bridge has the gateway's address and is up.

    IPv6 is off before it is up: the host would otherwise believe what a guest advertises as a router.
    """
    index = next(link.index for link in kernel.links() if link.name == state.bridge)
    with contextlib.suppress(FileNotFoundError):  # a kernel without IPv6
        Path(f"/proc/sys/net/ipv6/conf/{state.bridge}/disable_ipv6").write_text("1")
    batch = Batch()
    batch.add_address(index, state.gateway.packed, state.gateway.network.prefixlen)
    batch.set_link(index, up=True)
    for refusal in kernel.send(batch):
        if refusal.errno != errno.EEXIST:
            raise HostError(f"the bridge {state.bridge} can't be given {state.gateway}: {refusal}")


def _tear_down(state: _State) -> None:
    """What the host had is what it has again."""
    load_ruleset(_without_outer_rules(state))
    with _machine_lock(), RouteSocket() as kernel:
        links = kernel.links()
        bridge = next((link for link in links if link.name == state.bridge), None)
        if bridge is None or not bridge.alias.startswith(_ALIAS):
            return
        if bridge.alias == _ALIAS_FORWARDING_WAS_OFF:
            heir = next((link for link in links if link.alias == _ALIAS), None)
            heirs = [link for link in links if link.alias.startswith(_ALIAS) and link.index != bridge.index]
            if heir is not None:
                batch = Batch()
                batch.set_link(heir.index, alias=_ALIAS_FORWARDING_WAS_OFF)
                for refusal in kernel.send(batch):
                    raise HostError(f"the bridge {heir.name} can't be told that forwarding was off: {refusal}")
            elif not heirs and not _others_forward(links, bridge):
                _set_forwarding(0)
        _delete_link(kernel, state.bridge)


def _others_forward(links: list[Link], ours: Link) -> bool:
    """Whether somebody else may count on forwarding by now: containers and virtual machines have bridges as we have."""
    return any(Path(f"/sys/class/net/{link.name}/bridge").is_dir() for link in links if link.index != ours.index)


def _delete_link(kernel: RouteSocket, name: str, of_bridge: str | None = None) -> None:
    """Deletes a link if it is there and, where ``of_bridge`` is given, a port of that bridge."""
    links = {link.name: link for link in kernel.links()}
    link = links.get(name)
    if link is None:
        return
    if of_bridge is not None and (of_bridge not in links or link.master != links[of_bridge].index):
        return
    batch = Batch()
    batch.delete_link(link.index)
    for refusal in kernel.send(batch):
        if refusal.errno != errno.ENODEV:  # its namespace went at the same moment
            raise HostError(f"the link {name} can't be deleted: {refusal}")


def _outer_ruleset(state: _State) -> str:
    """Guests go out under the host's address; what stays on the bridge keeps its own."""
    table = _table(state)
    bridge = quoted_ifname(state.bridge)
    return (
        f"{table}\nflush {table}\n{table} {{\n"
        "  chain postrouting {\n"
        "    type nat hook postrouting priority 100; policy accept;\n"
        f"    ip saddr {state.subnet} oifname != {bridge} masquerade\n"
        "  }\n"
        "}\n"
    )


def _without_outer_rules(state: _State) -> str:
    return f"{_table(state)}\ndelete {_table(state)}\n"


def _table(state: _State) -> str:
    return f"table ip {state.bridge.replace('-', '_')}"


def _forwarding() -> int:
    return int(_FORWARDING.read_text())


def _set_forwarding(value: int) -> None:
    if _forwarding() != value:
        try:
            _FORWARDING.write_text(str(value))
        except OSError as error:
            raise HostError(f"{_FORWARDING} can't be set to {value}: {error.strerror}") from error
