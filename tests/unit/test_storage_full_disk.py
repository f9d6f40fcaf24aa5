"""A disk that is full: said with the bytes, and nothing is left of what was begun.

Each case runs in a child with a mount namespace of its own, in which a small tmpfs stands for the node's disk.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.images.packed import layout, tar

CHILD = """
import json, os, sys
from pathlib import Path
from kvnode.errors import HostError
from kvnode.planning.disk_files import CloudInitNoCloud, ContainerDisk, EmptyDisk
from kvnode.storage import files
from kvnode.storage.container_disks import CachedDisk, DiskCache
from kvnode.storage.guest_disks import prepare_disks
from kvnode.storage.images import ImageStore

case, image, disk = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
store = ImageStore(image.parent / "images" if case != "add" and case != "add late" else disk / "images")
if case.endswith("late"):  # the room was there when it was asked for, and somebody else took it
    files.RESERVE_BYTES = -(1 << 40)

def fill(leave):
    with open(disk / "filler", "wb") as file:
        file.write(bytes(files.free_bytes(disk) - leave))

def act():
    if case.startswith("add"):
        store.add(image, "localhost/a", len)
    elif case.startswith("unwrap"):
        digest = store.add(image, "localhost/a", len).digest
        DiskCache(disk / "disks").unwrap(store, digest, None, len)
    else:
        uid = os.geteuid()
        base = CachedDisk(Path("/base"), "raw", 1 << 20, 1 << 20, "sha256:0", "disk/a")
        operations = {
            "overlay": ContainerDisk(0, "a", "a", "/o", "/b"),
            "empty": EmptyDisk(0, "a", 1 << 30, "/e"),
            "seed": CloudInitNoCloud(0, "a", "/c", b"{}", user_data=bytes(200_000)),
        }
        fill(64 * 1024)
        before = set(disk.rglob("*"))
        try:
            prepare_disks([operations[case]], disk / "private", uid, uid, {0: base}, len)
        finally:
            assert set(disk.rglob("*")) <= before | {disk / "private"}, sorted(set(disk.rglob("*")) - before)

try:
    act()
except HostError as error:
    left = sorted(path.relative_to(disk).as_posix() for path in disk.rglob("*") if path.is_file())
    print(json.dumps({"message": str(error), "left": left}))
"""


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return layout(tmp_path / "it", tar(("disk/a", os.urandom(24 << 20))))


def run(case: str, image: Path, megabytes: int) -> tuple[str, list[str]]:
    """What the child was told, and the files that are left on the small disk."""
    disk = image.parent / "disk"
    disk.mkdir()
    script = f'mount -t tmpfs -o size={megabytes}m kvnode-test "$1" && exec "$2" -c "$3" "$4" "$5" "$1"'
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    done = subprocess.run(
        ["unshare", *user, "--mount", "sh", "-c", script, "sh", disk, sys.executable, CHILD, case, image],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    return answer["message"], answer["left"]


@pytest.mark.parametrize(("case", "doing"), [("add", "store the image"), ("unwrap", "unpack the disk")])
def test_it_is_seen_before_a_byte_is_written(image: Path, case: str, doing: str) -> None:
    message, left = run(case, image, megabytes=80)
    assert message.startswith(f"could not {doing} at ")
    assert "the disk is full (" in message
    needed = int(message.partition("full (")[2].partition(" bytes needed")[0])
    assert 24 << 20 <= needed < 25 << 20
    free = int(message.partition("needed, ")[2].partition(" bytes free")[0])
    assert 79 << 20 < free <= 80 << 20
    assert not [name for name in left if "lock" not in name]


@pytest.mark.parametrize(("case", "doing"), [("add late", "store the image"), ("unwrap late", "unpack the disk")])
def test_it_fills_while_something_is_written(image: Path, case: str, doing: str) -> None:
    message, left = run(case, image, megabytes=16)
    assert message.startswith(f"could not {doing} at ")
    assert "bytes needed, " in message
    assert not [name for name in left if "lock" not in name]


@pytest.mark.parametrize("case", ["overlay", "empty", "seed"])
def test_a_guests_own_files(image: Path, case: str) -> None:
    message, left = run(case, image, megabytes=2)
    assert message.startswith("could not make the guest's disks at ")
    assert "the disk is full (1048576 bytes needed, " in message
    assert left == ["filler"]
