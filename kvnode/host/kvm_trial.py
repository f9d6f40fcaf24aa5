"""Tries KVM and prints what happened as one line. Run as a program of its own, never imported.

It makes a virtual machine with one page of memory and one vCPU, and lets it run ``mov cx, 1000; again: dec cx;
jnz again; hlt`` in real mode, three times. Printed is ``ns 0.93``, the best round's nanoseconds an instruction;
``untimed`` where only a vCPU was made; or ``failed 13 open``, an errno and what gave it. It runs in a child because a
KVM that doesn't work may hang or kill its caller, and imports little because ``kvnode run`` waits for it.

Numbers and layouts are those of <linux/kvm.h> for x86-64 (Documentation/virt/kvm/api.rst).
"""

import contextlib
import ctypes
import fcntl
import mmap
import os
import struct
import sys
import time

KVM_GET_API_VERSION, KVM_CREATE_VM, KVM_GET_VCPU_MMAP_SIZE = 0xAE00, 0xAE01, 0xAE04
KVM_CREATE_VCPU, KVM_SET_TSS_ADDR, KVM_SET_USER_MEMORY_REGION = 0xAE41, 0xAE47, 0x4020AE46
KVM_RUN, KVM_GET_REGS, KVM_SET_REGS, KVM_GET_SREGS, KVM_SET_SREGS = (
    0xAE80,
    0x8090AE81,
    0x4090AE82,
    0x8138AE83,
    0x4138AE84,
)
KVM_EXIT_HLT = 5

LOOPS = 1000
PROGRAM = b"\xb9" + struct.pack("<H", LOOPS) + b"\x49" + b"\x75\xfd" + b"\xf4"
INSTRUCTIONS = 2 * LOOPS + 2
START, PAGE, TASK_SEGMENT = 0x1000, 4096, 0x200000
ROUNDS = 3

# Where things stand in struct kvm_regs (18 words of 64 bits) and struct kvm_sregs, which begins with the code segment.
RCX, RIP, RFLAGS, WORDS = 2, 16, 17, 18
SREGS_SIZE, CS_BASE, CS_SELECTOR = 312, slice(0, 8), slice(12, 14)


class Failed(Exception):
    """(what was called, errno)"""


def call(name: str, fd: int, request: int, argument: int = 0) -> int:
    """An ioctl with a number; a failure says which one it was."""
    try:
        return fcntl.ioctl(fd, request, argument)
    except OSError as error:
        raise Failed(name, error.errno) from None


def fetch(name: str, fd: int, request: int, argument: bytes) -> bytes:
    """An ioctl with a structure; what the kernel made of it."""
    try:
        return fcntl.ioctl(fd, request, argument)
    except OSError as error:
        raise Failed(name, error.errno) from None


def make_vcpu(kvm: int) -> tuple[int, mmap.mmap, mmap.mmap]:
    """(vCPU's descriptor, its memory, its shared run page) of a fresh virtual machine that holds the program."""
    vm = call("KVM_CREATE_VM", kvm, KVM_CREATE_VM)
    # Older Intel CPUs run real mode only with a task segment somewhere; elsewhere the call changes nothing.
    with contextlib.suppress(OSError):
        fcntl.ioctl(vm, KVM_SET_TSS_ADDR, TASK_SEGMENT)
    memory = mmap.mmap(-1, PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory[: len(PROGRAM)] = PROGRAM
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    region = struct.pack("<IIQQQ", 0, 0, START, PAGE, address)
    fetch("KVM_SET_USER_MEMORY_REGION", vm, KVM_SET_USER_MEMORY_REGION, region)
    vcpu = call("KVM_CREATE_VCPU", vm, KVM_CREATE_VCPU)
    size = call("KVM_GET_VCPU_MMAP_SIZE", kvm, KVM_GET_VCPU_MMAP_SIZE)
    return vcpu, memory, mmap.mmap(vcpu, size, flags=mmap.MAP_SHARED)


def prepare(vcpu: int) -> None:
    """Registers for a run from the program's first byte."""
    sregs = bytearray(fetch("KVM_GET_SREGS", vcpu, KVM_GET_SREGS, bytes(SREGS_SIZE)))
    sregs[CS_BASE], sregs[CS_SELECTOR] = bytes(8), bytes(2)
    fetch("KVM_SET_SREGS", vcpu, KVM_SET_SREGS, bytes(sregs))
    words = [0] * WORDS
    words[RIP], words[RFLAGS] = START, 2
    fetch("KVM_SET_REGS", vcpu, KVM_SET_REGS, struct.pack(f"<{WORDS}Q", *words))


def timed_run(vcpu: int, run: mmap.mmap) -> int:
    """Nanoseconds until the program halted; Failed if it ended in any other way."""
    prepare(vcpu)
    started = time.perf_counter_ns()
    call("KVM_RUN", vcpu, KVM_RUN)
    took = time.perf_counter_ns() - started
    (reason,) = struct.unpack_from("<I", run, 8)
    regs = struct.unpack(f"<{WORDS}Q", fetch("KVM_GET_REGS", vcpu, KVM_GET_REGS, bytes(WORDS * 8)))
    if reason != KVM_EXIT_HLT or regs[RCX] & 0xFFFF or regs[RIP] != START + len(PROGRAM):
        raise Failed(f"KVM_RUN left with reason {reason} at {regs[RIP]:#x}", 0)
    return took


def trial(device: str, timed: bool) -> str:
    """The line to print; untimed, it only asks whether a vCPU can be made (the program is x86-64's)."""
    try:
        kvm = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise Failed("open", error.errno) from None
    version = call("KVM_GET_API_VERSION", kvm, KVM_GET_API_VERSION)
    if version != 12:
        raise Failed(f"KVM_GET_API_VERSION, which is {version} and not 12", 0)
    if not timed:
        vm = call("KVM_CREATE_VM", kvm, KVM_CREATE_VM)
        call("KVM_CREATE_VCPU", vm, KVM_CREATE_VCPU)
        return "untimed"
    vcpu, memory, run = make_vcpu(kvm)
    best = min(timed_run(vcpu, run) for _ in range(ROUNDS))
    del memory  # until here the guest runs from it
    return f"ns {best / INSTRUCTIONS:.2f}"


if __name__ == "__main__":
    try:
        line = trial(sys.argv[1], timed=os.uname().machine == "x86_64")
    except Failed as failure:
        line = f"failed {failure.args[1] or 0} {failure.args[0]}"
    print(line, flush=True)
    # The mappings and descriptors go with the process; tearing KVM down in order costs more than the trial.
    os._exit(0)
