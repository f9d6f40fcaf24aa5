"""What this node can do, what is missing, and what to install.

Each check looks at one thing that a guest needs and answers with a value, and where something is off with why it
matters and what would do. Checks try things where looking isn't enough (namespaces are made in a child, the tun device
is opened); none changes the node, waits longer than a few seconds or needs libvirt-python to be there.

A check that is ``required`` and not ok means that ``kvnode run`` can't work; others say what is slower, smaller or
left out.
"""

from __future__ import annotations

import errno
import importlib.util
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

import kvnode
from kvnode.facts import HostFacts
from kvnode.facts.cpuset import format_cpuset
from kvnode.host import capabilities, process
from kvnode.host.probe import probe_host
from kvnode.host.tree import Tree
from kvnode.paths import NodePaths

OLDEST_LIBVIRT = 9_000_000
SMALL_MEMORY_BYTES = 512 << 20
SMALL_DISK_BYTES = 1 << 30

_NODE_MODULES = ("libvirt", "pyroute2", "psutil", "pycdlib")
_EXTENSIONS = ("domain_xml", "netlink", "placement")
_CNI_FOLDERS = ("/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni")
_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")

# What root needs of its capabilities to make a sandbox.
_CAPABILITIES = {
    "CAP_CHOWN": process.CAP_CHOWN,
    "CAP_SETGID": process.CAP_SETGID,
    "CAP_SETUID": process.CAP_SETUID,
    "CAP_NET_ADMIN": process.CAP_NET_ADMIN,
    "CAP_SYS_ADMIN": process.CAP_SYS_ADMIN,
    "CAP_MKNOD": process.CAP_MKNOD,
}

# A mount namespace alone is no proof: AppArmor's profile for containers lets one be made and no mount in it.
_UNSHARE = """
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
flag, private = int(sys.argv[1]), ctypes.c_ulong(0x44000)
done = libc.unshare(flag) == 0 and (flag != 0x20000 or libc.mount(b"none", b"/", None, private, None) == 0)
sys.exit(0 if done else ctypes.get_errno())
"""
# linux/sched.h; a pid namespace takes effect for children, so making one here costs nothing.
_NAMESPACES = {"mount": 0x20000, "ipc": 0x8000000, "pid": 0x20000000, "network": 0x40000000, "host name": 0x4000000}


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at.

    ok        -- nothing is to be done
    value     -- what was found, for a person
    required  -- no guest runs without it
    why       -- what it is good for or what goes wrong; empty where all is well
    remedy    -- what would do; empty where nothing is to be done
    """

    name: str
    ok: bool
    value: str
    required: bool = True
    why: str = ""
    remedy: str = ""


class Program(msgspec.Struct, frozen=True):
    """A program of Debian's that the node calls."""

    name: str
    package: str
    purpose: str
    required: bool = True


PROGRAMS = (
    Program("qemu-img", "qemu-utils", "makes the guests' disks"),
    Program("dnsmasq", "dnsmasq-base", "gives a guest its address"),
    Program("nft", "nftables", "masquerades guests and their network"),
    Program("swtpm", "swtpm", "is a guest's TPM", required=False),
    Program("swtpm_setup", "swtpm-tools", "makes a new TPM", required=False),
    Program("skopeo", "skopeo", "fetches images from a registry; images of files need none", required=False),
    Program("mcopy", "mtools", "builds the tiny guest image", required=False),
)

_UEFI = {"x86_64": ("ovmf", ("plain", "secure_boot")), "aarch64": ("qemu-efi-aarch64", ("plain",))}
"""The package that has it, and the builds that guests may want: on arm64 there is no secure boot."""


def check_node(facts: HostFacts | None = None) -> list[Check]:
    """Every check, in the order in which a person would mend things; probes the node where no facts are given."""
    facts = facts or probe_host()
    checks = [_kvnode(), _extensions(), _modules(), readable_by_all(Path(kvnode.__file__).parent), _root()]
    checks += [_namespaces(), _tun(), _kvm(facts)]
    checks += [_qemu(facts), _libvirt(facts), _uefi(facts), *map(_program, PROGRAMS), _cni()]
    checks += [
        _cpus(facts),
        _memory(facts),
        _hugepages(facts),
        _cgroups(),
        _disk_space(),
        _forwarding(),
        _bridge_family(),
    ]
    checks.append(_firewall())
    return checks


def _kvnode() -> Check:
    return Check("kvnode", True, f"{kvnode.__version__} on Python {platform.python_version()}")


def _extensions() -> Check:
    missing = [name for name in _EXTENSIONS if not _has_module(f"kvnode._fast.{name}")]
    if not missing:
        return Check("extensions", True, ", ".join(_EXTENSIONS))
    why = "rendering and link operations are compiled"
    return Check("extensions", False, f"missing: {', '.join(missing)}", why=why, remedy="in a checkout: make build")


def _modules() -> Check:
    missing = [name for name in _NODE_MODULES if not _has_module(name)]
    if not missing:
        return Check("Python modules", True, ", ".join(_NODE_MODULES))
    why = "the core renders without them, a node runs guests with them"
    return Check(
        "Python modules", False, f"missing: {', '.join(missing)}", why=why, remedy="pip install 'kvnode[node]'"
    )


def readable_by_all(package: Path) -> Check:
    """Whether the launcher's user, who owns nothing, may read what the launcher imports: a umask of 077 forbids it."""
    for path in (package, *sorted(package.rglob("*"))):
        wanted = 0o005 if path.is_dir() else 0o004
        if path.suffix in ("", ".py", ".so") and path.stat().st_mode & wanted != wanted:
            why = "the launcher is an ordinary user and imports it"
            remedy = f"chmod -R a+rX {shlex.quote(str(package))}"
            return Check("package files", False, f"{path} is not for everybody to read", False, why, remedy)
    return Check("package files", True, f"everybody may read {package}", required=False)


def _has_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _root() -> Check:
    why = "guests get namespaces, links and mounts of their own"
    if os.geteuid() != 0:
        return Check("root", False, f"user {os.geteuid()}", why=why, remedy="run kvnode as root (sudo kvnode ...)")
    effective = process.effective_capabilities(Tree())
    lacking = [name for name, bit in _CAPABILITIES.items() if not effective >> bit & 1]
    if lacking:
        remedy = "give this container those capabilities, or run on the machine itself"
        return Check("root", False, f"root without {', '.join(lacking)}", why=why, remedy=remedy)
    return Check("root", True, "root with the capabilities that a sandbox takes")


def _namespaces() -> Check:
    """Makes each kind of namespace in a child, which ends at once."""
    refused = {name: why for name, flag in _NAMESPACES.items() if (why := _try_unshare(flag))}
    if not refused:
        return Check("namespaces", True, ", ".join(_NAMESPACES))
    value = "; ".join(f"{name}: {why}" for name, why in refused.items())
    remedy = "a kernel with CONFIG_NAMESPACES, root, and a container that may unshare (no seccomp filter against it)"
    return Check("namespaces", False, value, why="a guest's sandbox is made of them", remedy=remedy)


def _try_unshare(flag: int) -> str | None:
    """None if it worked, else what the kernel said."""
    status = _run([sys.executable, "-I", "-S", "-c", _UNSHARE, str(flag)])
    if status is None:
        return "no answer"
    return None if status.returncode == 0 else os.strerror(status.returncode)


def _tun() -> Check:
    device = "/dev/net/tun"
    why = "a guest's network card is a tap"
    try:
        os.close(os.open(device, os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        lost = error.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO)
        remedy = "modprobe tun" if lost else "run as root, or let the device's cgroup have it"
        return Check(device, False, error.strerror or "?", why=why, remedy=remedy)
    return Check(device, True, "opens")


def _kvm(facts: HostFacts) -> Check:
    speed = facts.kvm_ns_per_instruction
    value = facts.kvm if speed is None else f"{facts.kvm}, {speed:.3g} ns an instruction"
    if facts.kvm == "works":
        return Check("KVM", facts.kvm_note is None, value, required=False, why=facts.kvm_note or "")
    remedy = "none is needed: guests are emulated, 10-100 times slower; a machine where KVM works is the cure"
    return Check("KVM", False, value, required=False, why=facts.kvm_note or "", remedy=remedy)


def _qemu(facts: HostFacts) -> Check:
    name = f"qemu-system-{facts.arch}"
    path = capabilities.find_qemu(Tree(), facts.arch)
    if path is None:
        package = {"x86_64": "qemu-system-x86", "aarch64": "qemu-system-arm"}.get(facts.arch, "qemu-system-misc")
        return _missing(name, package, "runs the guests")
    done = _run([str(path), "--version"])
    match = re.search(r"version (\d+\.\d+\.\d+)", done.stdout if done else "")
    if match is None:
        why = f"{path} doesn't say its version"
        return Check(name, False, "broken", why=why, remedy=f"apt-get install --reinstall {name}")
    types = f", {len(facts.machine_types)} machine types" if facts.machine_types else ""
    return Check(name, True, f"{match[1]}{types}")


def _libvirt(facts: HostFacts) -> Check:
    tree = Tree()
    library = capabilities.find_libvirt(tree, facts.arch)
    version = facts.libvirt or (library and capabilities.libvirt_version(library))
    if not version or not capabilities.find_libvirt_driver(tree, facts.arch):
        return _missing("libvirt", "libvirt-daemon-driver-qemu libvirt-daemon", "drives QEMU within each launcher")
    value = f"{capabilities.version_text(version)} with its QEMU driver"
    if version < OLDEST_LIBVIRT:
        oldest = capabilities.version_text(OLDEST_LIBVIRT)
        return Check("libvirt", False, value, why=f"{oldest} is the oldest that is tested", remedy="upgrade libvirt")
    return Check("libvirt", True, value)


def _program(program: Program) -> Check:
    path = shutil.which(program.name, path=os.pathsep.join((os.environ.get("PATH", os.defpath), *_SBIN)))
    if path is None:
        return _missing(program.name, program.package, program.purpose, program.required)
    return Check(program.name, True, path, required=program.required)


def _uefi(facts: HostFacts) -> Check:
    """Firmware of guests that boot by UEFI; others have their machine's own."""
    if facts.arch not in _UEFI:
        return Check("UEFI", True, f"guests on {facts.arch} have none", required=False)
    package, wanted = _UEFI[facts.arch]
    missing = [purpose for purpose in wanted if purpose not in facts.efi]
    if not missing:
        return Check("UEFI", True, facts.efi["plain"].code, required=False)
    value = f"missing: {', '.join(missing).replace('_', ' ')}"
    return Check("UEFI", False, value, False, "guests that boot by UEFI need it", f"apt-get install {package}")


def _cni() -> Check:
    folders = [*os.environ.get("CNI_PATH", "").split(os.pathsep), *_CNI_FOLDERS]
    for folder in filter(None, folders):
        if all(os.access(Path(folder, plugin), os.X_OK) for plugin in ("bridge", "host-local")):
            return Check("CNI plugins", True, f"bridge and host-local in {folder}")
    return _missing("CNI plugins", "containernetworking-plugins", "connect a sandbox as they connect a Pod")


def _missing(name: str, package: str, purpose: str, required: bool = True) -> Check:
    return Check(name, False, "missing", required, why=f"it {purpose}", remedy=f"apt-get install {package}")


def _cpus(facts: HostFacts) -> Check:
    cores = sum(len(cell.cores) for cell in facts.cells)
    value = f"{facts.mask.bit_count()} in {cores} cores and {len(facts.cells)} NUMA cells"
    if facts.allotted != facts.mask:
        value += f", of them {format_cpuset(facts.allotted)} for us"
    return Check("CPUs", True, value)


def _memory(facts: HostFacts) -> Check:
    free = facts.memory_free_bytes
    if free is None:
        return Check("memory", True, "unknown", required=False)
    value = f"{_mib(free)} free of {_mib(sum(cell.memory_bytes or 0 for cell in facts.cells))}"
    if facts.memory_available_bytes is not None:
        value += " (a cgroup's limit considered)"
    if free < SMALL_MEMORY_BYTES:
        remedy = "stop something, or take a larger machine"
        return Check("memory", False, value, required=False, why="a tiny guest takes about 300 MiB", remedy=remedy)
    return Check("memory", True, value, required=False)


def _hugepages(facts: HostFacts) -> Check:
    pools: dict[str, list[int]] = {}
    for cell in facts.cells:
        for size, pool in cell.hugepages.items():
            total = pools.setdefault(size, [0, 0])
            total[0] += pool.free
            total[1] += pool.total
    value = ", ".join(f"{free} of {total} free of {size}" for size, (free, total) in pools.items() if total)
    return Check("huge pages", True, value or "none; only guests that ask for them need any", required=False)


def _cgroups() -> Check:
    tree = Tree()
    unified = tree.is_file("sys/fs/cgroup/cgroup.controllers")
    legacy = any(tree.names(f"sys/fs/cgroup/{controller}") for controller in ("memory", "cpu", "cpu,cpuacct"))
    value = "v2" if unified else "v1" if legacy else "none"
    if value == "none":
        why = "guests' memory and CPU can't be limited or accounted"
        return Check("cgroups", False, value, required=False, why=why, remedy="mount cgroup2 at /sys/fs/cgroup")
    return Check("cgroups", True, value, required=False)


def _disk_space() -> Check:
    """Room where caches and images go: in the nearest folder that is there already."""
    cache = NodePaths.here().cache
    folder = next(path for path in (cache, *cache.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    value = f"{_mib(free)} free for {cache}"
    if free < SMALL_DISK_BYTES:
        why = "disks of images are unpacked there"
        remedy = "make room, or set KVNODE_ROOT to a place that has some"
        return Check("disk space", False, value, required=False, why=why, remedy=remedy)
    return Check("disk space", True, value, required=False)


def _forwarding() -> Check:
    forwarding = Tree().number("proc/sys/net/ipv4/ip_forward")
    value = "on" if forwarding else "off; kvnode turns it on while guests run"
    return Check("IP forwarding", forwarding is not None, value, required=False)


def _bridge_family() -> Check:
    """Tries nft's family ``bridge`` without changing anything: a kernel may have nftables and not that."""
    nft = shutil.which("nft", path=os.pathsep.join((os.environ.get("PATH", os.defpath), *_SBIN)))
    tried = _run([nft, "--check", "add", "table", "bridge", "kvnode-doctor"]) if nft is not None else None
    if tried is None:
        return Check("nft bridge", True, "unknown", required=False)
    if tried.returncode == 0:
        return Check("nft bridge", True, "rules can be held to a bridge", required=False)
    said = (tried.stderr.strip().splitlines() or ["no answer"])[0]
    why = "what guests send is filtered on their bridge"
    remedy = "a kernel with CONFIG_NF_TABLES_BRIDGE (modprobe nf_tables), and root"
    return Check("nft bridge", False, said, False, why, remedy)


def _firewall() -> Check:
    """Whether some table drops what is forwarded unless a rule says otherwise, as Docker's does; ours can't know."""
    nft = shutil.which("nft", path=os.pathsep.join((os.environ.get("PATH", os.defpath), *_SBIN)))
    listed = _run([nft, "list", "chains"]) if nft is not None else None
    if listed is None or listed.returncode:
        return Check("firewall", True, "unknown", required=False)
    dropping = dropping_tables(listed.stdout)
    if not dropping:
        return Check("firewall", True, "lets pass what is forwarded", required=False)
    why = "guests may not get out, nor reach each other where bridged packets are filtered"
    remedy = "let kvnode's bridge pass: iptables -I DOCKER-USER -i kvnode0 -j ACCEPT, and the same with -o"
    return Check("firewall", False, f"{', '.join(dropping)} drops what is forwarded", False, why, remedy)


def dropping_tables(chains: str) -> list[str]:
    """The tables for IPv4 in the output of ``nft list chains`` that have a forward hook with the policy drop."""
    found: dict[str, None] = {}
    table = ""
    for line in map(str.strip, chains.splitlines()):
        if line.startswith("table "):
            table = line.removesuffix("{").strip()
        elif "hook forward " in line and "policy drop" in line and table.startswith(("table ip ", "table inet ")):
            found[table] = None
    return list(found)


def _run(words: list[str]) -> subprocess.CompletedProcess[str] | None:
    """A program's result within five seconds, None if there is none."""
    try:
        return subprocess.run(
            words, capture_output=True, text=True, errors="replace", timeout=5, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _mib(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB" if size >= 10 << 30 else f"{size >> 20} MiB"
