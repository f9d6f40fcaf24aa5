"""A whole start, from a manifest to a guest that runs, beside plain QEMU with the same arguments.

What a start can't go below is QEMU itself: to be executed, to build its machine, to answer on its monitor.  The rival
does just that, with the command line that libvirt made for our guest (its network aside, which needs our tap).  The
steps of ours are in the benchmark's ``extra_info``, in milliseconds, and are printed.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import kvnode
from kvnode.api.instance import VirtualMachineInstance
from kvnode.paths import NodePaths
from kvnode.runtime.guests import processes_in
from kvnode.runtime.node import processes_by_part, stop_guest
from kvnode.runtime.progress import Progress
from kvnode.runtime.sandbox import POD_FOLDER, PRIVATE_FOLDER
from kvnode.runtime.starting import Started, start_guest

EXAMPLE = Path(__file__).resolve().parents[1] / "deploy" / "examples" / "vmi-tiny.yaml"
ROUNDS = 5


@pytest.fixture(scope="module")
def vmi(tiny_image: str) -> VirtualMachineInstance:
    """The example, defaulted; its image is in the store."""
    return kvnode.default(kvnode.load(EXAMPLE))


def stop(node: NodePaths, started: Started) -> None:
    """Takes a guest of a round away."""
    started.connection.close()
    stop_guest(node, started.record.namespace, started.record.name, 0, lambda _text: None)


@pytest.mark.benchmark(group="start")
def test_start_of_a_guest(benchmark: BenchmarkFixture, vmi: VirtualMachineInstance) -> None:
    """manifest in hand, caches warm, to ``Running``"""
    node = NodePaths.here()
    stop(node, start_guest(vmi, node, Progress(), attached=True))
    running: list[Started] = []
    steps: dict[str, list[float]] = {}

    def clean() -> None:
        while running:
            stop(node, running.pop())

    def start() -> None:
        progress = Progress()
        running.append(start_guest(vmi, node, progress, attached=True))
        for name, seconds in progress.steps:
            steps.setdefault(name, []).append(seconds * 1000)

    benchmark.pedantic(start, setup=clean, rounds=ROUNDS)
    clean()
    benchmark.extra_info["steps_ms"] = {name: round(min(times), 1) for name, times in steps.items()}
    print("".join(f"\n    {name:<28} {min(times):8.1f} ms" for name, times in steps.items()))


@pytest.fixture
def plain_argv(vmi: VirtualMachineInstance, tmp_path: Path) -> list[str]:
    """The arguments that libvirt gave QEMU, with what lies in the sandbox put where a plain process finds it."""
    node = NodePaths.here()
    started = start_guest(vmi, node, Progress(), attached=True)
    (pid,) = processes_by_part(processes_in(started.paths))["qemu"]
    argv = Path(f"/proc/{pid}/cmdline").read_bytes().decode().rstrip("\0").split("\0")
    disks = tmp_path / "disks"
    shutil.copytree(started.paths.private / "disks", disks)
    base = Path(f"/proc/{pid}/root{PRIVATE_FOLDER}/disks/0/base")
    (disks / "0/base").unlink()
    shutil.copyfile(base, disks / "0/base")
    stop(node, started)
    subprocess.run(
        ["qemu-img", "rebase", "-u", "-b", str(disks / "0/base"), "-F", "qcow2", str(disks / "0/overlay.qcow2")],
        check=True,
    )
    moved = {f"{PRIVATE_FOLDER}/disks": str(disks), f"{POD_FOLDER}/": f"{tmp_path}/"}
    for inside, here in moved.items():
        argv = [word.replace(inside, here) for word in argv]
    return plain(argv, tmp_path)


def plain(argv: list[str], folder: Path) -> list[str]:
    """A command line without what only its sandbox and libvirt's inherited descriptors can give."""
    words, kept = iter(argv), []
    for word in words:
        if word in ("-object", "-netdev", "-chardev"):
            value = next(words)
            if '"secret"' in value:
                continue
            if word == "-netdev":
                value = json.dumps({"type": "user", "id": json.loads(value)["id"], "restrict": True})
            if word == "-chardev" and value.startswith("socket,id=charmonitor"):
                value = f"socket,id=charmonitor,path={folder}/monitor.sock,server=on,wait=off"
            elif word == "-chardev":
                value = f"null,id={value.partition('id=')[2].partition(',')[0]}"
            kept += [word, value]
        else:
            kept.append(word)
    return kept


@pytest.mark.benchmark(group="start")
def test_start_of_plain_qemu(benchmark: BenchmarkFixture, plain_argv: list[str], tmp_path: Path) -> None:
    """exec of QEMU to its first instruction, same arguments"""
    running: list[subprocess.Popen[bytes]] = []

    def clean() -> None:
        while running:
            qemu = running.pop()
            qemu.kill()
            qemu.wait()

    def start() -> None:
        running.append(subprocess.Popen(plain_argv, stdin=subprocess.DEVNULL, env={"PATH": os.environ["PATH"]}))
        run_by_monitor(tmp_path / "monitor.sock", running[-1])

    benchmark.pedantic(start, setup=clean, rounds=ROUNDS, warmup_rounds=1)
    clean()


def run_by_monitor(path: Path, qemu: subprocess.Popen[bytes]) -> None:
    """Connects to QEMU's monitor as soon as it listens, and lets the machine run."""
    with socket.socket(socket.AF_UNIX) as monitor:
        while True:
            assert qemu.poll() is None, "QEMU ended"
            try:
                monitor.connect(str(path))
                break
            except OSError:
                time.sleep(0.001)
        with monitor.makefile("rw") as lines:
            json.loads(lines.readline())
            for command in ("qmp_capabilities", "cont"):
                lines.write(json.dumps({"execute": command}) + "\n")
                lines.flush()
                while "return" not in json.loads(lines.readline()):
                    continue
    path.unlink()
