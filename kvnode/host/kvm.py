"""Whether KVM works here: tried and timed, never looked up.

``/dev/kvm`` can open, make a machine and run code with right results while the kernel interprets every instruction:
libvirt then says ``running`` and no guest ever boots. So a child makes a vCPU and times a short loop (kvm_trial, 20-50
ms with the interpreter's start). Up to 50 ns an instruction KVM works, above 200 it is broken, between them it works
with a warning. A device that isn't there or may not be opened is absent.

Nothing is cached: a module may be loaded and permissions change while the node is up.
"""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec

from kvnode.facts import Kvm
from kvnode.host.tree import Tree

GOOD_NS = 50.0
BROKEN_NS = 200.0
TIMEOUT_S = 2.0

_NS = re.compile(r"ns ([0-9]{1,9}\.[0-9]{2})", re.ASCII)
_FAILED = re.compile(r"failed ([0-9]{1,5}) ([ -~]{1,200})", re.ASCII)
_TRIAL = Path(__file__).with_name("kvm_trial.py")


class KvmVerdict(msgspec.Struct, frozen=True):
    """What trying KVM gave.

    state               -- works, absent or broken
    ns_per_instruction  -- the best of three rounds, None where it didn't come to that
    note                -- one line for a person: why not, or the warning; None where all is well
    """

    state: Kvm
    ns_per_instruction: float | None = None
    note: str | None = None


def try_kvm(tree: Tree | None = None, timeout_s: float = TIMEOUT_S) -> KvmVerdict:
    """Makes a vCPU through the tree's ``/dev/kvm`` and times it, in a child that is killed after ``timeout_s``."""
    tree = tree or Tree()
    device = tree.path("dev/kvm")
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", str(_TRIAL), str(device)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
    )
    try:
        output, _ = child.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        _abandon(child)
        return KvmVerdict("broken", note=f"KVM did not run a short loop within {timeout_s:g} s")
    if child.returncode:
        how = f"signal {-child.returncode}" if child.returncode < 0 else f"exit status {child.returncode}"
        return KvmVerdict("broken", note=f"trying KVM ended the program that tried it ({how})")
    return verdict_of(output.decode("ascii", "replace").strip(), _hint(tree))


def verdict_of(line: str, hint: str = "") -> KvmVerdict:
    """The verdict on a trial's line of output; ``hint`` says what about the kernel may be the cause."""
    if timed := _NS.fullmatch(line):
        return _timed(float(timed[1]), hint)
    if line == "untimed":
        return KvmVerdict("works", note="how fast KVM runs is only tried on x86_64")
    if failed := _FAILED.fullmatch(line):
        return _failed(int(failed[1]), failed[2], hint)
    return KvmVerdict("broken", note=f"trying KVM gave no answer but {line[:60]!r}")


def _timed(ns: float, hint: str) -> KvmVerdict:
    if ns <= GOOD_NS:
        return KvmVerdict("works", ns)
    if ns <= BROKEN_NS:
        note = f"KVM is slow: {ns:.0f} ns an instruction, where {GOOD_NS:.0f} are plenty{hint}; guests will feel it"
        return KvmVerdict("works", ns, note)
    note = f"KVM interprets every instruction ({ns:.0f} ns each; one that works takes below {GOOD_NS:.0f}){hint}"
    return KvmVerdict("broken", ns, note)


def _failed(code: int, call: str, hint: str) -> KvmVerdict:
    why = os.strerror(code) if code else "unexpected"
    if call != "open":
        return KvmVerdict("broken", note=f"/dev/kvm opens, but fails at {call} ({why}){hint}")
    if code in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        cause = "there is no /dev/kvm" if code == errno.ENOENT else f"/dev/kvm has no driver ({why})"
        advice = "virtualization is off in the firmware, or neither kvm_intel nor kvm_amd is loaded"
        return KvmVerdict("absent", note=f"{cause}: {advice}")
    if code in (errno.EACCES, errno.EPERM):
        note = f"/dev/kvm may not be opened by user {os.geteuid()} ({why}): root or a member of its group may"
        return KvmVerdict("absent", note=note)
    return KvmVerdict("absent", note=f"/dev/kvm can't be opened ({why})")


def _hint(tree: Tree) -> str:
    """What the kernel's modules say about a KVM that doesn't work well."""
    loaded = [name for name in ("kvm_intel", "kvm_amd", "kvm_pvm") if tree.names(f"sys/module/{name}")]
    if loaded == ["kvm_pvm"]:
        return "; this kernel has kvm_pvm, and neither kvm_intel nor kvm_amd"
    return ""


def _abandon(child: subprocess.Popen[bytes]) -> None:
    """Kills a trial that hangs; one that the kernel doesn't let go of is left to it."""
    child.kill()
    try:
        child.communicate(timeout=0.5)
    except subprocess.TimeoutExpired:
        if child.stdout is not None:
            child.stdout.close()
