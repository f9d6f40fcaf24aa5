"""Container disks: found in their layers, judged, and unwrapped once."""

import gzip
import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from kvnode.errors import InvalidImage, NotFound
from kvnode.facts import VolumeFacts
from kvnode.planning.disk_files import ContainerDisk, EmptyDisk
from kvnode.storage.container_disks import CachedDisk, DiskCache, container_disk_facts, unwrap_container_disks
from kvnode.storage.files import locked
from kvnode.storage.images import ImageStore
from tests.images.packed import OCI_LAYER, SECTORS, Packer, digest_of, layout, qcow2, special, tar

REFERENCE = "localhost/test/disk"
OTHER = b"another disk's sector".ljust(512, b".")


class Node:
    """A store and a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.images = ImageStore(folder / "images")
        self.cache = DiskCache(folder / "disks")
        self.count = 0

    def add(self, *layers: bytes) -> str:
        self.count += 1
        return self.images.add(layout(self.folder / f"layout{self.count}", *layers), REFERENCE, len).digest

    def unwrap(self, *layers: bytes, path: str | None = None) -> CachedDisk:
        return self.cache.unwrap(self.images, self.add(*layers), path, len)

    def leftovers(self) -> list[str]:
        return [path.name for path in self.cache.folder.glob("*") if path.name != "locks"]


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def zstd(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd])
def test_a_disk_is_unwrapped_whatever_its_layer_is_packed_with(node: Node, pack: type[bytes]) -> None:
    disk = node.unwrap(pack(tar(special("disk", tarfile.DIRTYPE), ("disk/disk.img", SECTORS))))
    assert disk.path.read_bytes() == SECTORS
    assert (disk.format, disk.virtual_bytes, disk.file_bytes) == ("raw", len(SECTORS), len(SECTORS))
    assert disk.image_path == "disk/disk.img"
    state = disk.path.stat()
    assert stat.S_IMODE(state.st_mode) == 0o444
    assert state.st_uid == os.geteuid()


def test_a_qcow2_disk_is_called_so(node: Node, tmp_path: Path) -> None:
    disk = node.unwrap(tar(("disk/any-name", qcow2(tmp_path / "q", "7M"))))
    assert (disk.format, disk.virtual_bytes) == ("qcow2", 7 << 20)


def test_zeros_take_no_space(node: Node) -> None:
    disk = node.unwrap(gzip.compress(tar(("disk/disk.img", SECTORS + bytes(64 << 20) + SECTORS))))
    assert disk.path.stat().st_blocks * 512 < 1 << 20
    content = disk.path.read_bytes()
    assert content.startswith(SECTORS)
    assert content.endswith(SECTORS)
    assert len(content) == disk.virtual_bytes == 2 * len(SECTORS) + (64 << 20)


def test_the_second_start_reads_the_cache(node: Node) -> None:
    digest = node.add(tar(("disk/disk.img", SECTORS)))
    lines: list[str] = []
    first = node.cache.unwrap(node.images, digest, None, lines.append)
    before = first.path.stat()
    assert lines
    lines.clear()
    assert node.cache.unwrap(node.images, digest, None, lines.append) == first
    assert not lines
    assert first.path.stat().st_ino == before.st_ino


def test_a_path_names_the_disk(node: Node) -> None:
    layers = (tar(("disk/a.img", SECTORS), ("disk/b.img", OTHER), ("boot/c.img", SECTORS * 2)),)
    assert node.unwrap(*layers, path="/disk/b.img").path.read_bytes() == OTHER
    assert node.unwrap(*layers, path="disk/./a.img").path.read_bytes() == SECTORS
    assert node.unwrap(*layers, path="/boot/c.img").path.read_bytes() == SECTORS * 2
    for path in ("/disk/none.img", "/disk", "/disk/a.img/deeper", "/boot"):
        with pytest.raises(InvalidImage, match=f"no file {path}|in the image is a"):
            node.unwrap(*layers, path=path)
    for path in ("", "/", "..", "/disk/../../etc/passwd"):
        with pytest.raises(InvalidImage, match="names no file|leads out of the image"):
            node.unwrap(*layers, path=path)


LAYERS: dict[str, tuple[list[bytes], bytes]] = {
    "a layer above replaces the disk": ([tar(("disk/a", OTHER)), tar(("disk/a", SECTORS))], SECTORS),
    "a whiteout takes a disk away": ([tar(("disk/a", OTHER)), tar(("disk/.wh.a", b""), ("disk/b", SECTORS))], SECTORS),
    "a whiteout takes the folder away": (
        [tar(("disk/a", OTHER)), tar((".wh.disk", b""), ("disk/b", SECTORS))],
        SECTORS,
    ),
    "an opaque folder hides what is below": (
        [tar(("disk/a", OTHER)), tar(("disk/.wh..wh..opq", b""), ("disk/b", SECTORS))],
        SECTORS,
    ),
    "a whiteout of the same layer hides nothing of it": ([tar(("disk/b", SECTORS), ("disk/.wh.b", b""))], SECTORS),
    "a folder above a link of the same name": (
        [tar(special("disk", tarfile.SYMTYPE, "/etc")), tar(special("disk", tarfile.DIRTYPE), ("disk/b", SECTORS))],
        SECTORS,
    ),
    "other files don't matter": (
        [
            tar(("diskette/x", b"1"), ("usr/disk/y", b"2"), special("dev/null", tarfile.CHRTYPE)),
            tar(("disk/b", SECTORS)),
        ],
        SECTORS,
    ),
    "a leading slash or dot": ([tar(("./disk/b", SECTORS))], SECTORS),
    "a folder within is no disk": ([tar(("disk/more/x", b"1"), ("disk/b", SECTORS))], SECTORS),
}


@pytest.mark.parametrize("case", LAYERS)
def test_layers(node: Node, case: str) -> None:
    layers, expected = LAYERS[case]
    assert node.unwrap(*layers).path.read_bytes() == expected


HOSTILE: dict[str, tuple[list[bytes], str]] = {
    "no disk": ([tar(("etc/x", b"1"))], "no file in /disk"),
    "an empty folder": ([tar(special("disk", tarfile.DIRTYPE))], "no file in /disk"),
    "a disk that is gone": ([tar(("disk/a", SECTORS)), tar(("disk/.wh.a", b""))], "no file in /disk"),
    "two disks": ([tar(("disk/a", SECTORS), ("disk/b", SECTORS))], "more than one file in /disk .*/disk/a and /disk/b"),
    "two disks in two layers": ([tar(("disk/a", SECTORS)), tar(("disk/b", SECTORS))], "more than one file"),
    "one disk twice": ([tar(("disk/a", SECTORS), ("./disk/a", OTHER))], "has /disk/a twice"),
    "a disk and a folder": ([tar(("disk/a", SECTORS), special("disk/a", tarfile.DIRTYPE))], "has /disk/a twice"),
    "a symlink": ([tar(special("disk/a", tarfile.SYMTYPE, "/etc/shadow"))], "/disk/a in the image is a symlink"),
    "a hard link": ([tar(special("disk/a", tarfile.LNKTYPE, "etc/shadow"))], "is a hardlink"),
    "a device": ([tar(special("disk/a", tarfile.BLKTYPE))], "is a device"),
    "a pipe": ([tar(special("disk/a", tarfile.FIFOTYPE))], "is a device"),
    "a link as the folder": (
        [tar(special("disk", tarfile.SYMTYPE, "/etc"), ("disk/a", SECTORS))],
        "/disk in the image is a",
    ),
    "a file as the folder": ([tar(("disk", SECTORS))], "/disk in the image is a file"),
    "a name that leads out": ([tar(("disk/../../etc/cron.d/x", SECTORS))], "leads out of the image"),
    "names that lead out elsewhere": ([tar(("../x", b""), ("disk/a", SECTORS))], "leads out of the image"),
    "a crowd": ([tar(*((f"disk/more/{n}", b"") for n in range(1001)))], "more than 1000 files"),
    "half a sector": ([tar(("disk/a", b"x" * 700))], "whole sectors"),
    "nothing in it": ([tar(("disk/a", b""))], "of 0 bytes"),
    "no tar": ([b"x" * 5000], "not a tar archive"),
    "half a tar": ([tar(("disk/a", SECTORS))[:1500]], "ends too early, within an entry"),
    "broken gzip": ([gzip.compress(tar(("disk/a", SECTORS)), 0)[:3000]], "ends within its gzip data"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_image_leaves_nothing(node: Node, case: str) -> None:
    layers, message = HOSTILE[case]
    with pytest.raises(InvalidImage, match=message):
        node.unwrap(*layers)
    assert node.leftovers() == []


@pytest.mark.parametrize(
    "options",
    [
        ["-b", "/etc/passwd", "-F", "raw", "-u"],
        ["-o", "data_file={}.data"],
    ],
    ids=["backing", "data file"],
)
def test_a_hostile_disk_leaves_nothing(node: Node, tmp_path: Path, options: list[str]) -> None:
    path = tmp_path / "q"
    disk = qcow2(path, "1M", *(option.replace("{}", str(path)) for option in options))
    with pytest.raises(InvalidImage, match="backing file|another file|encrypted"):
        node.unwrap(tar(("disk/a", disk)))
    assert node.leftovers() == []


def test_a_damaged_qcow2_is_found_by_qemu_img(node: Node, tmp_path: Path) -> None:
    """Its header is right, its tables point at each other: only a check of them can tell."""
    path = tmp_path / "q"
    qcow2(path, "8M")
    subprocess.run(["qemu-io", "-f", "qcow2", "-c", "write 0 4M", path], check=True, stdout=subprocess.DEVNULL)
    image = bytearray(path.read_bytes())
    table = int.from_bytes(image[48:56], "big")
    image[table : table + 65536] = bytes(65536)
    with pytest.raises(InvalidImage, match="is damaged|can't read"):
        node.unwrap(tar(("disk/a", bytes(image))))
    assert node.leftovers() == []


def test_a_blob_that_was_changed_in_the_store(node: Node) -> None:
    """What the disk comes from is proved each time it is read, not only when it came."""
    layer = tar(("disk/a", SECTORS))
    digest = node.add(layer)
    blob = node.images.folder / "blobs" / "sha256" / digest_of(layer).removeprefix("sha256:")
    blob.chmod(0o644)
    blob.write_bytes(layer.replace(b"first sector", b"other sector"))
    with pytest.raises(InvalidImage, match="was changed or broken"):
        node.cache.unwrap(node.images, digest, None, len)
    assert node.leftovers() == []
    blob.unlink()
    with pytest.raises(InvalidImage, match="lacks its blob"):
        node.cache.unwrap(node.images, digest, None, len)


def test_a_bomb_is_bounded(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kvnode.storage.layers.BESIDES_LIMIT", 1 << 20)
    with pytest.raises(InvalidImage, match="unpacks to more than"):
        node.unwrap(gzip.compress(tar(("usr/zeros", bytes(2 << 20)), ("disk/a", SECTORS))))
    with pytest.raises(InvalidImage, match="unpacks to more than"):
        node.unwrap(*(gzip.compress(tar((f"usr/{n}", bytes(400 << 10)))) for n in range(3)), tar(("disk/a", SECTORS)))


def test_a_disk_that_claims_to_be_huge_is_refused_before_a_byte_is_written(node: Node) -> None:
    info = tarfile.TarInfo("disk/a")
    info.size = 8 << 40
    with pytest.raises(Exception, match=rf"could not unpack the disk .* the disk is full \({8 << 40} bytes needed"):
        node.unwrap(info.tobuf() + bytes(1024))
    info.size = 17 << 40
    with pytest.raises(InvalidImage, match="at most"):
        node.unwrap(info.tobuf() + bytes(1024))
    assert node.leftovers() == []


def test_a_cache_that_was_tampered_with_is_made_again(node: Node) -> None:
    digest = node.add(tar(("disk/disk.img", SECTORS)))
    disk = node.cache.unwrap(node.images, digest, None, len)
    record = disk.path.with_name("disk.json")
    for damage in (lambda: record.write_text("{"), record.unlink, disk.path.unlink, lambda: os.truncate(disk.path, 5)):
        damage()
        assert node.cache.unwrap(node.images, digest, None, len) == disk
        assert disk.path.read_bytes() == SECTORS


def test_what_a_killed_unwrap_left_is_replaced(node: Node) -> None:
    digest = node.add(tar(("disk/disk.img", SECTORS)))
    partial = node.cache.folder / f"{digest.removeprefix('sha256:')}.partial"
    partial.mkdir(parents=True)
    (partial / "disk").write_bytes(b"half")
    assert node.cache.unwrap(node.images, digest, None, len).path.read_bytes() == SECTORS
    assert not partial.exists()


def test_what_a_killed_unwrap_left_goes_with_any_other(node: Node) -> None:
    """What nobody asks for again would stay for ever; what somebody is still filling stays."""
    stale, living = (node.cache.folder / f"{digit * 64}.partial" for digit in "ab")
    for folder in (stale, living):
        folder.mkdir(parents=True)
    with locked(node.cache.folder / "locks" / ("b" * 64)):
        node.unwrap(tar(("disk/disk.img", SECTORS)))
    assert not stale.exists()
    assert living.exists()


def test_starts_at_once_unwrap_once(node: Node) -> None:
    digest = node.add(gzip.compress(tar(("disk/disk.img", SECTORS + bytes(100 << 20)))))
    code = (
        "import sys; from pathlib import Path\n"
        "from kvnode.storage.images import ImageStore; from kvnode.storage.container_disks import DiskCache\n"
        "root = Path(sys.argv[1])\n"
        "disk = DiskCache(root / 'disks').unwrap(ImageStore(root / 'images'), sys.argv[2], None, print)\n"
        "print(disk.path.stat().st_ino)\n"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", code, node.folder, digest], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    outputs = [child.communicate()[0].splitlines() for child in children]
    assert [child.returncode for child in children] == [0] * 4
    assert len({lines[-1] for lines in outputs}) == 1
    assert sum(line.startswith("unwrapping") for lines in outputs for line in lines) == 1


def test_a_disk_goes_with_its_image(node: Node) -> None:
    gone = node.unwrap(tar(("disk/a", OTHER)))
    kept = node.unwrap(tar(("disk/a", SECTORS)), path="/disk/a")
    assert node.cache.prune(node.images) == [gone.digest]
    assert not gone.path.exists()
    assert kept.path.exists()
    node.images.remove(REFERENCE)
    assert node.cache.prune(node.images) == [kept.digest]
    assert node.leftovers() == []
    assert not list((node.cache.folder / "locks").iterdir())
    with pytest.raises(NotFound):
        node.cache.unwrap(node.images, kept.digest, None, len)


def test_the_facts_of_a_guests_container_disks(node: Node, tmp_path: Path) -> None:
    node.add(tar(("disk/raw", SECTORS), ("disk/qcow2", qcow2(tmp_path / "q", "7M"))))
    operations = (
        ContainerDisk(0, "root", REFERENCE, "/o", "/b", image_path="/disk/raw"),
        EmptyDisk(1, "scratch", 512, "/e"),
        ContainerDisk(2, "data", REFERENCE, "/o", "/b", image_path="/disk/qcow2"),
    )
    disks = unwrap_container_disks(operations, node.images, node.cache, len)
    assert list(disks) == [0, 2]
    assert container_disk_facts(operations, disks) == {
        "root": VolumeFacts(format="raw", capacity_bytes=len(SECTORS)),
        "data": VolumeFacts(format="qcow2", capacity_bytes=7 << 20),
    }


@pytest.mark.parametrize(
    ("operation", "kind", "field"),
    [
        (ContainerDisk(3, "a", "localhost/none", "/o", "/b"), NotFound, "image"),
        (ContainerDisk(3, "a", "../x", "/o", "/b"), InvalidImage, "image"),
        (ContainerDisk(3, "a", REFERENCE, "/o", "/b"), InvalidImage, "image"),
        (ContainerDisk(3, "a", REFERENCE, "/o", "/b", image_path="/disk/c"), InvalidImage, "path"),
    ],
)
def test_what_cant_be_had_is_said_of_its_field(
    node: Node, operation: ContainerDisk, kind: type[Exception], field: str
) -> None:
    node.add(tar(("disk/a", SECTORS), ("disk/b", SECTORS)))
    with pytest.raises(kind, match=rf"^spec\.volumes\[3\]\.containerDisk\.{field}: "):
        unwrap_container_disks([operation], node.images, node.cache, len)


def test_a_layer_may_say_gzip_and_be_plain(node: Node) -> None:
    """Builders mislabel; the bytes decide."""
    packer = Packer()
    path = packer.layout(node.folder / "it", packer.image([tar(("disk/a", SECTORS))], media_type=f"{OCI_LAYER}+gzip"))
    digest = node.images.add(path, REFERENCE, len).digest
    assert node.cache.unwrap(node.images, digest, None, len).path.read_bytes() == SECTORS
