"""Pods, wires and guests for the tests of this layer, all of them real: namespaces, links, and a kernel as the guest.

A ``Pod`` is a process in network and pid namespaces of its own with a link ``eth0``, whose other end is in the
namespace of a ``Wire``: the neighbour on the Pod's network, with the gateway's address.  A ``Guest`` stands for the
virtual machine: a namespace whose link is joined to the Pod's tap by copying frames, as QEMU does it, so its network
stack is a kernel's and its DHCP client is ours.
"""

import contextlib
import fcntl
import os
import secrets
import select
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from kvnode.network.netns import Netns

TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI_VNET = 0x0002 | 0x1000 | 0x4000
COOKIE = bytes((99, 130, 83, 99))


class Namespace:
    """A process that holds network and pid namespaces, and commands inside of them."""

    def __init__(self) -> None:
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--pid", "--fork", "--kill-child", "--", "sh", "-c", "echo; exec sleep 600"],
            stdout=subprocess.PIPE,
        )
        assert self.holder.stdout is not None
        self.holder.stdout.readline()
        children = Path(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children").read_text()
        self.pid = int(children.split()[0])
        self.netns = Netns.of_pid(self.pid)
        self.entered = ["nsenter", f"--net=/proc/{self.pid}/ns/net", "--"]
        self.sh("ip link set lo up")

    def sh(self, script: str, check: bool = True, **variables: str) -> str:
        """Output of a shell script in the network namespace, which has the variables in its environment."""
        command = [*self.entered, "sh", "-ec", script]
        environment = {**os.environ, **variables}
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment)
        assert not check or done.returncode == 0, f"{script}: {done.stderr}"
        return done.stdout

    def succeeds(self, script: str) -> bool:
        """Whether a shell script ends with status 0 in the network namespace."""
        return subprocess.run([*self.entered, "sh", "-ec", script], capture_output=True, timeout=30).returncode == 0

    def background(self, command: list[str]) -> subprocess.Popen[bytes]:
        """A process in the network namespace, which the caller ends."""
        return subprocess.Popen([*self.entered, *command], stderr=subprocess.DEVNULL)

    def close(self) -> None:
        self.netns.close()
        self.holder.kill()
        self.holder.wait()
        if self.holder.stdout:
            self.holder.stdout.close()


@contextlib.contextmanager
def namespace() -> Iterator[Namespace]:
    made = Namespace()
    try:
        yield made
    finally:
        made.close()


@contextlib.contextmanager
def pod_on_wire(
    address: str = "10.244.1.17/24", gateway: str = "10.244.1.1", mtu: int = 1450, setup: str = ""
) -> Iterator[tuple[Namespace, Namespace]]:
    """A Pod with ``address`` on ``eth0`` and a default route, and the neighbour who has the gateway's address.

    ``setup`` is a script for the Pod in the place of plain address and default route.
    """
    with namespace() as pod, namespace() as wire:
        name = f"kvt{secrets.token_hex(4)}"
        pod.sh(
            f"ip link add eth0 mtu {mtu} type veth peer name {name} mtu {mtu}; "
            f"ip link set {name} netns {wire.pid}; ip link set eth0 up"
        )
        wire.sh(f"ip link set {name} name wire0; ip link set wire0 up; ip addr add {gateway}/16 dev wire0")
        pod.sh(setup or f"ip addr add {address} dev eth0; ip route add default via {gateway}")
        yield pod, wire


class Guest(Namespace):
    """A virtual machine's side of a Pod's tap: ``eth0`` with the MAC that the plan gives the guest."""

    def __init__(self, pod: Namespace, tap: str, mac: str) -> None:
        super().__init__()
        self.mac = mac
        self._inner = self.netns.run(_open_tap, "eth0")
        self._outer = pod.netns.run(_open_tap, tap)
        self._wake, self._woken = os.pipe()
        self.sh(f"echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6; ip link set eth0 address {mac} up")
        self._copier = threading.Thread(target=self._copy, daemon=True)
        self._copier.start()

    def _copy(self) -> None:
        while True:
            ready, _, _ = select.select((self._inner, self._outer, self._wake), (), ())
            if self._wake in ready:
                return
            for fd in ready:
                with contextlib.suppress(OSError):
                    os.write(self._outer if fd == self._inner else self._inner, os.read(fd, 1 << 17))

    def lease(self, *, mac: str | None = None, timeout_s: float = 5.0, ask: bytes = b"") -> dict[int, bytes] | None:
        """Options of the lease that is given, its address under 0 and the server's under -1; None for silence."""
        return self.netns.run(dhcp_lease, "eth0", mac or self.mac, timeout_s, ask)

    def use(self, lease: dict[int, bytes]) -> None:
        """Does with a lease what a client does: address by mask, MTU, then the classless routes or the router."""
        prefix = sum(octet.bit_count() for octet in lease[1])
        script = f"ip addr add {dotted(lease[0])}/{prefix} dev eth0\n"
        if 26 in lease:
            script += f"ip link set eth0 mtu {int.from_bytes(lease[26])}\n"
        if 121 in lease:
            for dst, gateway in classless_routes(lease[121]):
                script += f"ip route add {dst} " + ("" if gateway == "0.0.0.0" else f"via {gateway} ") + "dev eth0\n"
        elif 3 in lease:
            script += f"ip route add default via {dotted(lease[3])}\n"
        self.sh(script)

    def close(self) -> None:
        os.write(self._woken, b"x")
        self._copier.join()
        for fd in (self._inner, self._outer, self._wake, self._woken):
            os.close(fd)
        super().close()


@contextlib.contextmanager
def guest_of(pod: Namespace, tap: str, mac: str) -> Iterator[Guest]:
    guest = Guest(pod, tap, mac)
    try:
        yield guest
    finally:
        guest.close()


def dotted(octets: bytes) -> str:
    return ".".join(map(str, octets[:4]))


def classless_routes(octets: bytes) -> list[tuple[str, str]]:
    """Option 121 read back (RFC 3442): destinations in CIDR form with their gateways."""
    routes = []
    while octets:
        width, size = octets[0], (octets[0] + 7) // 8
        dst = octets[1 : 1 + size].ljust(4, b"\0")
        routes.append((f"{dotted(dst)}/{width}", dotted(octets[1 + size : 5 + size])))
        octets = octets[5 + size :]
    return routes


def dhcp_lease(ifname: str, mac: str, timeout_s: float, ask: bytes) -> dict[int, bytes] | None:
    """DISCOVER, OFFER, REQUEST, ACK over a packet socket, as a client without an address has to (RFC 2131).

    ``ask`` is the parameter request list; empty asks for what Linux clients ask for.
    """
    ask = ask or bytes((1, 3, 6, 12, 15, 42, 119, 121))
    packed, transaction = bytes.fromhex(mac.replace(":", "")), secrets.token_bytes(4)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as wire:
        wire.bind((ifname, 0))
        wire.settimeout(timeout_s)
        wire.send(_dhcp_frame(packed, transaction, ask, b"\x35\x01\x01"))
        offer = _answer(wire, packed, transaction)
        if offer is None:
            return None
        request = b"\x35\x01\x03" + b"\x32\x04" + offer[0] + b"\x36\x04" + offer[54]
        wire.send(_dhcp_frame(packed, transaction, ask, request))
        return _answer(wire, packed, transaction)


def _dhcp_frame(mac: bytes, transaction: bytes, ask: bytes, options: bytes) -> bytes:
    bootp = struct.pack("!BBBB4sHH16x6s10x64x128x4s", 1, 1, 6, 0, transaction, 0, 0, mac, COOKIE)
    bootp += options + bytes((55, len(ask))) + ask + b"\xff"
    udp = struct.pack("!HHHH", 68, 67, 8 + len(bootp), 0) + bootp
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4)
    total = sum(struct.unpack("!10H", ip))
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    return b"\xff" * 6 + mac + b"\x08\x00" + ip[:10] + struct.pack("!H", checksum) + ip[12:] + udp


def _answer(wire: socket.socket, mac: bytes, transaction: bytes) -> dict[int, bytes] | None:
    while True:
        try:
            frame = wire.recv(2048)
        except TimeoutError:
            return None
        if frame[23] != 17 or frame[36:38] != struct.pack("!H", 68) or frame[46:50] != transaction:
            continue
        bootp = frame[42:]
        found = {0: bootp[16:20], -1: frame[26:30]}
        at = 240
        while at < len(bootp) and bootp[at] != 255:
            if bootp[at] == 0:
                at += 1
                continue
            found[bootp[at]] = found.get(bootp[at], b"") + bootp[at + 2 : at + 2 + bootp[at + 1]]
            at += 2 + bootp[at + 1]
        return found


def _open_tap(name: str) -> int:
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP_NO_PI_VNET))
    return fd
