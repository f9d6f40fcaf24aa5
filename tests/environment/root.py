"""The suite's own KVNODE_ROOT: state, images and caches of a test run are never those of the machine's own guests.

A root is one of a few numbered folders that outlive the run, because what lies in their caches (guest images,
unwrapped disks, what libvirt learned of QEMU) takes long to make. A run takes the first one that no other run holds;
its state from a run that was cut off is cleared, its caches and images stay. The path is short, for a socket's
address has room for 107 characters, and others may pass through it, since a launcher is an ordinary user.

One cache is the machine's own: guest images and the Debian packages they are made from, which are named by the hash
of their inputs and the same bytes for everybody, so ``make demo`` and ``make test`` fetch and build them once.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

ROOTS = Path("/var/cache/kvnode-suite") if os.geteuid() == 0 else Path(f"/var/tmp/kvnode-suite-{os.geteuid()}")

# What a run leaves empty: the node's running state, and the guests' own folders.
STATE = ("run/kvnode", "var/lib/kvnode/guests")

GUEST_IMAGES = Path("var/cache/kvnode/guest-images")

_held: list[IO[str]] = []


def take_root() -> Path:
    """The first root that nobody holds; it is held until this process ends."""
    ROOTS.mkdir(mode=0o755, parents=True, exist_ok=True)
    if ROOTS.stat().st_uid != os.geteuid():
        raise PermissionError(f"{ROOTS} belongs to user {ROOTS.stat().st_uid}; the suite's state has to be its own")
    for number in range(100):
        lock = ROOTS.joinpath(f"{number}.lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        _held.append(lock)
        root = ROOTS / str(number)
        root.mkdir(mode=0o755, exist_ok=True)
        _clear_state(root)
        _share_guest_images(root)
        return root
    raise RuntimeError(f"a hundred runs hold {ROOTS}: they can't all be alive; remove it when they are not")


def _clear_state(root: Path) -> None:
    """Remove what a run that was cut off left: its guests end, what is mounted is let go, deepest first, then files."""
    _end_guests(root)
    mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for point in sorted((point for point in mounted if point.startswith(f"{root}/")), reverse=True):
        subprocess.run(["umount", "--lazy", point], check=True)
    for folder in STATE:
        shutil.rmtree(root / folder, ignore_errors=True)


def _end_guests(root: Path) -> None:
    """Guests outlive a client that was killed, by design, and so they outlive a killed test run."""
    if not (root / "run/kvnode/guests").is_dir() or not any((root / "run/kvnode/guests").iterdir()):
        return
    environment = {**os.environ, "KVNODE_ROOT": str(root)}
    kvnode = str(Path(sys.executable).with_name("kvnode"))
    listed = subprocess.run([kvnode, "ps", "-o", "json"], env=environment, capture_output=True, text=True)
    for guest in json.loads(listed.stdout) if listed.returncode == 0 else ():
        stop = [kvnode, "stop", "--force", "-n", guest["namespace"], guest["name"]]
        subprocess.run(stop, env=environment, capture_output=True, timeout=60)


def _share_guest_images(root: Path) -> None:
    ours, machines = root / GUEST_IMAGES, "/" / GUEST_IMAGES
    if os.geteuid() == 0 and not ours.is_symlink():
        machines.mkdir(parents=True, exist_ok=True)
        ours.parent.mkdir(parents=True, exist_ok=True)
        ours.symlink_to(machines)


def pytest_configure(config: pytest.Config) -> None:
    if not config.option.collectonly:
        os.environ["KVNODE_ROOT"] = str(take_root())


def pytest_unconfigure() -> None:
    while _held:
        _held.pop().close()


@pytest.fixture(scope="session")
def kvnode_root() -> Path:
    """The folder that stands for ``/`` in this run; it is in the environment of every child as KVNODE_ROOT."""
    return Path(os.environ["KVNODE_ROOT"])
