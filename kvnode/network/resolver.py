"""The resolver of a Pod: the node's, and what the manifest's dnsPolicy and dnsConfig make of it.

In a cluster the kubelet has written the Pod's resolv.conf and that is read; on one machine it is made here by the
kubelet's rules.  A node often names a stub on its own loopback (systemd-resolved at 127.0.0.53), which a guest can't
reach: then the stub's own list of servers is taken, and a loopback server that is left is dropped.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path

from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.network import PodDNSConfig
from kvnode.errors import VALUE_INVALID, VALUE_NOT_SUPPORTED, VALUE_REQUIRED, FieldError, HostError, InvalidManifest
from kvnode.facts import Resolver

RESOLV_CONF = Path("/etc/resolv.conf")
STUB_RESOLV_CONF = Path("/run/systemd/resolve/resolv.conf")
"""Where systemd-resolved lists the servers that its stub asks."""

DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
MAX_NAMESERVERS = 3  # resolv.conf(5): MAXNS
MAX_SEARCHES = 32  # Kubernetes' bound for a Pod
_READ_BYTES = 1 << 16
_DOMAIN = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})?", re.ASCII)


def guest_resolver(vmi: VirtualMachineInstance) -> Resolver:
    """What this guest resolves with on this machine: the node's resolver by the manifest's dnsPolicy and dnsConfig."""
    return resolver_facts(vmi.spec.dns_policy, vmi.spec.dns_config)


def resolver_facts(
    dns_policy: str | None = None,
    dns_config: PodDNSConfig | None = None,
    *,
    path: Path = RESOLV_CONF,
    stub: Path = STUB_RESOLV_CONF,
) -> Resolver:
    """What a guest on this machine resolves with.

    dns_policy  -- ``None`` begins with nothing; ``Default`` and, where there is no cluster, ``ClusterFirst`` and
                   ``ClusterFirstWithHostNet`` begin with the node's
    dns_config  -- its nameservers and searches join, in their order and once each

    Raises InvalidManifest for a policy or an entry that isn't one, HostError where the node's file can't be read.
    """
    if dns_policy and dns_policy not in DNS_POLICIES:
        message = f"{dns_policy[:60]!r} is not a DNS policy: {', '.join(DNS_POLICIES)} are"
        raise InvalidManifest([FieldError("spec.dnsPolicy", VALUE_NOT_SUPPORTED, message)])
    node = Resolver() if dns_policy == "None" else node_resolver(path, stub)
    if dns_config is None:
        if dns_policy == "None":
            message = "with dnsPolicy None the guest's nameservers have to be named in dnsConfig"
            raise InvalidManifest([FieldError("spec.dnsConfig.nameservers", VALUE_REQUIRED, message)])
        return node
    faults = list(_faults(dns_config))
    if faults:
        raise InvalidManifest(faults)
    servers = dict.fromkeys((*node.nameservers, *dns_config.nameservers))
    searches = dict.fromkeys((*node.search, *(domain.rstrip(".") or "." for domain in dns_config.searches)))
    return Resolver(tuple(servers)[:MAX_NAMESERVERS], tuple(searches)[:MAX_SEARCHES])


def node_resolver(path: Path = RESOLV_CONF, stub: Path = STUB_RESOLV_CONF) -> Resolver:
    """The servers and search domains of a resolv.conf that somebody beside the node can use.

    Raises HostError where ``path`` is there and can't be read; no file is an empty resolver.
    """
    found = parse_resolv_conf(_read(path))
    if found.nameservers and all(ip_address(server).is_loopback for server in found.nameservers) and stub.exists():
        behind = parse_resolv_conf(_read(stub))
        found = Resolver(behind.nameservers, found.search or behind.search)
    reachable = tuple(server for server in found.nameservers if not ip_address(server).is_loopback)
    return Resolver(reachable[:MAX_NAMESERVERS], found.search[:MAX_SEARCHES])


def parse_resolv_conf(text: str) -> Resolver:
    """Servers and search domains by resolv.conf(5): the last ``search`` or ``domain`` counts; what is neither an
    address nor a domain is passed over, as the C library does."""
    servers: list[str] = []
    search: tuple[str, ...] = ()
    for line in text.splitlines():
        words = line.split("#", 1)[0].split(";", 1)[0].split()
        if len(words) < 2:
            continue
        if words[0] == "nameserver" and _is_address(words[1]):
            servers.append(words[1])
        elif words[0] in ("search", "domain"):
            names = words[1:] if words[0] == "search" else words[1:2]
            search = tuple(name.rstrip(".") or "." for name in names if name == "." or _DOMAIN.fullmatch(name))
    return Resolver(tuple(dict.fromkeys(servers)), tuple(dict.fromkeys(search)))


def resolv_conf(resolver: Resolver) -> str:
    """The file for a sandbox."""
    lines = [f"nameserver {server}" for server in resolver.nameservers]
    if resolver.search:
        lines.insert(0, f"search {' '.join(resolver.search)}")
    return "".join(f"{line}\n" for line in lines)


def _faults(config: PodDNSConfig) -> list[FieldError]:
    faults = [
        FieldError(f"spec.dnsConfig.nameservers[{index}]", VALUE_INVALID, f"{server[:60]!r} is not an address")
        for index, server in enumerate(config.nameservers)
        if not _is_address(server)
    ]
    return faults + [
        FieldError(f"spec.dnsConfig.searches[{index}]", VALUE_INVALID, f"{domain[:60]!r} is not a domain name")
        for index, domain in enumerate(config.searches)
        if domain != "." and not _DOMAIN.fullmatch(domain)
    ]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_READ_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise HostError(f"the node's resolver configuration {path} can't be read: {error.strerror}") from error
