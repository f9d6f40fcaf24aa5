"""dnsmasq as a guest's DHCP server: its configuration from a DhcpHandoff, and its start beside the guest.

One process for each guest network, with one lease for one MAC and silence for everybody else.  It runs in the Pod's
network and pid namespaces, so it ends with the Pod and not with whoever started it; it is an ordinary user with
NET_ADMIN (it writes the neighbour entry of a client that has no address yet) and NET_BIND_SERVICE and nothing else.
It stays in the mount namespace of its starter: its program and libraries are the node's, not the Pod's, and it holds
no mount of the Pod.

The configuration goes in by standard input, so there is no file to leave behind.  dnsmasq goes into the background
only when its sockets are bound, so its starter's wait is exactly the wait for that, and what it says before is the
error.  Its second fork leaves it a child of the Pod's first process, which reaps it.

Each line is written in one place, from a value that was held to its grammar just before: what a manifest says in a
host name or an option can't become a line of its own.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

from kvnode.errors import HostError
from kvnode.network.netns import Netns
from kvnode.planning.dhcp_handoff import DHCP_TEXT, ON_LINK
from kvnode.planning.network_plans import FIRST_PRIVATE_OPTION, LAST_PRIVATE_OPTION, DhcpHandoff

START_S = 15.0
"""How long a start may take; 20 ms are usual."""

_CAPABILITIES = "-all,+net_admin,+net_bind_service"
_PATH = "/usr/sbin:/sbin:/usr/local/sbin:/usr/bin:/bin"
_NOBODY = 65534
_OPTION_BYTES = 255

_IFNAME = re.compile(r"[A-Za-z0-9._@+-]{1,15}", re.ASCII)
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", re.ASCII)
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)
_DOMAIN = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})?", re.ASCII)


def dnsmasq_config(handoff: DhcpHandoff) -> str:
    """The configuration as text, one option a line.

    Raises HostError for a value that isn't what it should be, with the value; nothing is left out or mended.
    The address is outside of the bridge's own subnet, hence ``shared-network`` (dnsmasq 2.81 and later); clients ask
    for most options, MTU and private ones are sent unasked, since few ask for them.
    """
    bridge = _checked(_IFNAME, handoff.bridge, "a link's name")
    lease = _interface(handoff.address)
    lines = [
        "port=0",
        f"interface={bridge}",
        "bind-dynamic",
        "dhcp-authoritative",
        "dhcp-ignore-names",
        "no-ping",
        "leasefile-ro",
        "no-hosts",
        "no-resolv",
        "quiet-dhcp",
        f"shared-network={bridge},{lease.ip}",
        f"dhcp-range={lease.ip},static,{lease.netmask},infinite",
        f"dhcp-host={_checked(_MAC, handoff.mac.lower(), 'a MAC address')},{lease.ip},infinite",
        "dhcp-ignore=tag:!known",
        # Without a value an option isn't sent; dnsmasq would offer itself as the router.
        f"dhcp-option=3,{_address(handoff.router)}" if handoff.router is not None else "dhcp-option=3",
    ]
    lines += _option_lines(handoff)
    return "\n".join(lines) + "\n"


def start_dnsmasq(
    handoff: DhcpHandoff,
    target_pid: int,
    *,
    uid: int | None = None,
    gid: int | None = None,
    through: Sequence[str] = (),
) -> int:
    """Starts the server beside the process ``target_pid`` and returns its pid once it answers.

    target_pid  -- a process in the Pod's network and pid namespaces, the launcher
    uid, gid    -- whom it runs as; the package's user ``dnsmasq``, or else ``nobody``
    through     -- a command that executes what follows it, on the node: what it changes of itself, such as its cgroup,
                   the server begins with

    One that runs there for the same bridge already is left alone and its pid returned.
    Raises HostError with what dnsmasq said, or with the package that is missing.
    """
    running = find_dnsmasq(target_pid, handoff.bridge)
    if running:
        return running[0]
    config = dnsmasq_config(handoff)
    user, group = dnsmasq_user()
    command = _command(handoff.bridge, user if uid is None else uid, group if gid is None else gid)
    with Netns.of_pid(target_pid) as net, Netns(f"/proc/{target_pid}/ns/pid") as pid:
        descriptors = (net.fileno(), pid.fileno())
        enter = [
            *through,
            _program("nsenter", "util-linux"),
            f"--net=/proc/self/fd/{descriptors[0]}",
            f"--pid=/proc/self/fd/{descriptors[1]}",
            "--",
        ]
        try:
            _run_until_bound([*enter, *command], config, descriptors)
        except HostError as error:
            if _has_ended(target_pid):
                # A pid namespace without its first process takes no other, and says that there is no memory.
                raise HostError(f"the namespaces of process {target_pid} can't be opened: it has ended") from error
            raise
    return _wait_until_seen(target_pid, handoff.bridge)


def _has_ended(pid: int) -> bool:
    """Whether a process is gone, or there only until its parent has asked after it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in ("Z", "X")


def find_dnsmasq(target_pid: int, bridge: str | None = None) -> list[int]:
    """Pids of the DHCP servers in the namespaces of ``target_pid``; only those on ``bridge`` where it is given."""
    try:
        wanted = _namespaces(target_pid)
    except OSError:
        return []
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            if _namespaces(int(entry)) != wanted:
                continue
            argv = Path(f"/proc/{entry}/cmdline").read_bytes().split(b"\0")
        except OSError:  # it ended meanwhile
            continue
        mine = f"--interface={bridge}".encode() in argv if bridge is not None else b"--conf-file=-" in argv
        if mine and os.path.basename(argv[0]) == b"dnsmasq":
            found.append(int(entry))
    return sorted(found)


def dnsmasq_user() -> tuple[int, int]:
    """Uid and gid of the user that the Debian package makes, or else of ``nobody``."""
    try:
        entry = pwd.getpwnam("dnsmasq")
    except KeyError:
        return _NOBODY, _NOBODY
    return entry.pw_uid, entry.pw_gid


def _option_lines(handoff: DhcpHandoff) -> list[str]:
    lines = []
    if handoff.routes:
        flat = ",".join(f"{_network(route.dst)},{_gateway(route.gateway)}" for route in handoff.routes)
        # 249 is what Windows asks for instead of 121.
        lines += [f"dhcp-option=121,{flat}", f"dhcp-option=249,{flat}"]
    if handoff.mtu is not None:
        lines.append(f"dhcp-option-force=26,{int(handoff.mtu)}")
    if handoff.nameservers:
        lines.append(f"dhcp-option=6,{','.join(_address(server) for server in handoff.nameservers)}")
    if handoff.hostname is not None:
        lines.append(f"dhcp-option=12,{_checked(_LABEL, handoff.hostname, 'a host name')}")
    domains = [_checked(_DOMAIN, domain, "a search domain") for domain in handoff.search if domain != "."]
    if domains:
        lines += [f"dhcp-option=15,{domains[0]}", f"dhcp-option=119,{','.join(domains)}"]
    if handoff.ntp_servers:
        lines.append(f"dhcp-option=42,{','.join(_address(server) for server in handoff.ntp_servers)}")
    if handoff.tftp_server_name is not None:
        lines.append(f"dhcp-option-force=66,{_checked(DHCP_TEXT, handoff.tftp_server_name, 'a TFTP server')}")
    if handoff.boot_file_name is not None:
        lines.append(f"dhcp-option-force=67,{_checked(DHCP_TEXT, handoff.boot_file_name, 'a boot file')}")
    lines += [
        f"dhcp-option-force={_private(option.code)},{_octets(option.value)}" for option in handoff.private_options
    ]
    return lines


def _checked(grammar: re.Pattern[str], text: str, what: str) -> str:
    if not grammar.fullmatch(text):
        raise HostError(f"the DHCP server isn't given {text[:60]!r}: it is not {what}")
    return text


def _interface(text: str) -> IPv4Interface:
    try:
        return IPv4Interface(text)
    except ValueError:
        raise HostError(f"the DHCP server isn't given {text[:60]!r}: it is not an IPv4 address with a prefix") from None


def _network(text: str) -> IPv4Network:
    try:
        return IPv4Network(text)
    except ValueError:
        raise HostError(f"the DHCP server isn't given {text[:60]!r}: it is not an IPv4 network") from None


def _address(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except ValueError:
        raise HostError(f"the DHCP server isn't given {text[:60]!r}: it is not an IPv4 address") from None


def _gateway(text: str) -> str:
    return ON_LINK if text == ON_LINK else _address(text)


def _private(code: int) -> int:
    if not FIRST_PRIVATE_OPTION <= code <= LAST_PRIVATE_OPTION:
        raise HostError(f"DHCP option {code} is not a private one: {FIRST_PRIVATE_OPTION} to {LAST_PRIVATE_OPTION} are")
    return code


def _octets(text: str) -> str:
    """Text as dnsmasq's list of octets in hexadecimal, in which nothing is anything but an octet.

    One octet alone would be read as a decimal number, so it is written as one.
    """
    octets = text.encode("utf-8", "surrogatepass")
    if not 0 < len(octets) <= _OPTION_BYTES:
        raise HostError(f"a DHCP option holds 1 to {_OPTION_BYTES} bytes, not {len(octets)}")
    return octets.hex(":") if len(octets) > 1 else str(octets[0])


def _command(bridge: str, uid: int, gid: int) -> list[str]:
    """setpriv and dnsmasq; the interface stands on the command line too, so that the process can be told by it."""
    return [
        _program("setpriv", "util-linux"),
        f"--reuid={uid}",
        f"--regid={gid}",
        "--clear-groups",
        f"--inh-caps={_CAPABILITIES}",
        f"--ambient-caps={_CAPABILITIES}",
        f"--bounding-set={_CAPABILITIES}",
        "--no-new-privs",
        "--",
        _program("dnsmasq", "dnsmasq-base"),
        "--conf-file=-",
        "--pid-file",
        f"--interface={_checked(_IFNAME, bridge, 'a link')}",
    ]


def _program(name: str, package: str) -> str:
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise HostError(f"a guest's network needs {name}, which is not here: install the package {package}")
    return found


def _run_until_bound(command: list[str], config: str, descriptors: tuple[int, ...]) -> None:
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=descriptors,
        cwd="/",
        env={"LC_ALL": "C", "PATH": _PATH},
        start_new_session=True,
    )
    try:
        _, said = process.communicate(config.encode(), timeout=START_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise HostError(f"the DHCP server wasn't ready within {START_S:.0f} s") from None
    if process.returncode:
        words = " ".join(said.decode("utf-8", "replace").split()) or f"exit status {process.returncode}"
        raise HostError(f"the DHCP server doesn't start: {words}")


def _wait_until_seen(target_pid: int, bridge: str) -> int:
    """The pid of a server that is bound; it may have ended at once all the same."""
    deadline = time.monotonic() + 1.0
    while True:
        found = find_dnsmasq(target_pid, bridge)
        if found:
            return found[0]
        if time.monotonic() > deadline:
            raise HostError(f"the DHCP server on {bridge} ended as soon as it had started")
        time.sleep(0.005)


def _namespaces(pid: int) -> tuple[str, str]:
    return os.readlink(f"/proc/{pid}/ns/pid"), os.readlink(f"/proc/{pid}/ns/net")
