"""What libvirt learned of QEMU on this node, kept so that no guest's start pays for learning it again.

A libvirt that is new in its folder asks QEMU what it can do: 2-8 s, for every launcher, since each has a folder of its
own.  So it is asked once, in a sandbox like a guest's, and each launcher's cache is filled with the answer.  The key
is a hash of what the answer depends on (``kvnode.host.capabilities``): another QEMU, libvirt, kernel or verdict on KVM
asks anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from kvnode.errors import HostError
from kvnode.facts import HostFacts
from kvnode.host.capabilities import (
    CapabilityFacts,
    find_libvirt_driver,
    find_qemu,
    qemu_capabilities_key,
    read_capabilities,
    write_capabilities,
)
from kvnode.host.tree import Tree
from kvnode.paths import NodePaths
from kvnode.runtime.guests import read_bounded, remove_empty
from kvnode.runtime.sandbox import LIBVIRT_ROOT, POD_FOLDER, STANDALONE_UID, pod_order, start_sandbox

PROBE_TIMEOUT_S = 60.0
_FILE_BYTES = 8 << 20


class Capabilities(msgspec.Struct, frozen=True):
    """What libvirt and QEMU can do here, and the folder that seeds a launcher's cache."""

    facts: CapabilityFacts
    folder: Path


def ensure_capabilities(node: NodePaths, host: HostFacts, progress: Callable[[str], None]) -> Capabilities:
    """What libvirt and QEMU can do here, asked now if nobody has yet.

    Raises HostError where QEMU or libvirt's driver is missing, naming the package, or where libvirt doesn't answer.
    """
    require_programs(host.arch)
    key = qemu_capabilities_key(host.arch, host.kvm)
    folder = node.capabilities / key
    facts = read_capabilities(node, key)
    if facts is None:
        with _locked(node.capabilities):
            facts = read_capabilities(node, key)
            if facts is None:
                progress("asking libvirt once what this node's QEMU can do")
                facts = _ask(node, host, folder)
    return Capabilities(facts, folder)


def require_programs(arch: str) -> None:
    """Raises HostError where QEMU or libvirt's QEMU driver isn't installed."""
    tree = Tree()
    if find_qemu(tree, arch) is None:
        package = {"x86_64": "qemu-system-x86", "aarch64": "qemu-system-arm"}.get(arch, "qemu-system-misc")
        raise HostError(f"there is no QEMU for {arch} on this host: install it (apt-get install {package})")
    if not find_libvirt_driver(tree, arch):
        raise HostError(
            "libvirt's QEMU driver is not on this host: install it (apt-get install libvirt-daemon-driver-qemu)"
        )


def _ask(node: NodePaths, host: HostFacts, folder: Path) -> CapabilityFacts:
    """Runs the probe in a sandbox and keeps what it left."""
    node.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = Path(tempfile.mkdtemp(prefix="probe-", dir=node.run))
    try:
        for name in ("root", "pod"):
            (state / name).mkdir()
        os.chown(state / "pod", STANDALONE_UID, STANDALONE_UID)
        arguments = {"libvirt_root": LIBVIRT_ROOT, "out": POD_FOLDER, "arch": host.arch, "kvm": host.kvm}
        order = pod_order(
            state,
            program="launcher.probe",
            arguments=[msgspec.json.encode(arguments).decode()],
            hostname="probe",
            binds=[],
            devices=["kvm"] if host.kvm == "works" else [],
            # The keeper removes the folder, also behind whoever was killed while they waited.
            reap=["/bin/sh", "-c", 'rm -rf -- "$0"; rmdir -- "$1" 2>/dev/null', str(state), str(node.run)],
        )
        sandbox = start_sandbox(order)
        try:
            if not sandbox.launcher.wait(PROBE_TIMEOUT_S):
                raise HostError(
                    f"libvirt did not say within {PROBE_TIMEOUT_S:.0f} s what QEMU can do; is the host overloaded?"
                )
            return _keep(state, folder)
        finally:
            sandbox.abandon()
            sandbox.wait_for_keeper(10.0)
    finally:
        shutil.rmtree(state, ignore_errors=True)
        remove_empty(node.run)


def _keep(state: Path, folder: Path) -> CapabilityFacts:
    data = read_bounded(state / "pod/facts.json", _FILE_BYTES)
    if data is None:
        error = read_bounded(state / "pod/error", 4096) or read_bounded(state / "launcher.log", 4096, tail=True) or b"?"
        raise HostError(f"libvirt can't say what QEMU can do here: {error.decode(errors='replace').strip()}")
    facts = msgspec.json.decode(data, type=CapabilityFacts)
    folder.mkdir(parents=True, exist_ok=True)
    for file in (state / "pod").glob("*.xml"):
        content = read_bounded(file, _FILE_BYTES)
        if content is not None:
            (folder / file.name).write_bytes(content)
            (folder / file.name).chmod(0o644)
    write_capabilities(folder, facts)
    folder.chmod(0o755)
    return facts


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def with_capabilities(host: HostFacts, facts: CapabilityFacts) -> HostFacts:
    """The host's facts, with what libvirt and QEMU say among them."""
    return msgspec.structs.replace(
        host,
        libvirt=facts.libvirt,
        qemu=facts.qemu,
        machine_types=facts.machine_types,
        cpu_models=facts.cpu_models,
        host_cpu_model=facts.host_cpu_model,
    )
