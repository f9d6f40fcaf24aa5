"""The pieces of a guest image, each against a reader of its own that shares no code with the writer."""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import stat
import struct
import subprocess
import tarfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvnode.storage.guest_image import GuestImageError, build_tiny, recipe
from kvnode.storage.guest_image import cpio_archive as cpio
from kvnode.storage.guest_image.boot_disk import BootFiles, BootLoaders, write_boot_disk
from kvnode.storage.guest_image.build import _forget_unused, build_key
from kvnode.storage.guest_image.debian_packages import Package
from kvnode.storage.guest_image.initramfs import guest_files
from kvnode.storage.guest_image.kernel_modules import (
    Module,
    alias_table,
    dependency_table,
    module_name,
    modules_with_dependencies,
    read_module,
)
from kvnode.storage.guest_image.oci_layout import write_oci_layout


def unpack(archive: bytes) -> dict[str, dict[str, object]]:
    """What is in a newc archive, read by the offsets of the kernel's documentation."""
    found: dict[str, dict[str, object]] = {}
    at = 0
    while True:
        assert archive[at : at + 6] == b"070701"
        numbers = [int(archive[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)]
        size, length = numbers[6], numbers[11]
        name = archive[at + 110 : at + 110 + length - 1].decode()
        start = (at + 110 + length + 3) & ~3
        at = (start + size + 3) & ~3
        if name == "TRAILER!!!":
            assert at == len(archive)
            return found
        found[name] = {
            "mode": numbers[1],
            "owner": (numbers[2], numbers[3]),
            "mtime": numbers[5],
            "device": (numbers[9], numbers[10]),
            "content": archive[start : start + size],
        }


def test_cpio_holds_what_it_was_given_and_the_folders_above() -> None:
    files = {
        "dev/console": cpio.character_device(5, 1),
        "bin/busybox": cpio.regular(b"abc", 0o755),
        "bin/sh": cpio.symlink("busybox"),
        "tmp": cpio.directory(0o1777),
    }
    found = unpack(cpio.archive(files, 1_700_000_000))
    assert list(found) == ["bin", "bin/busybox", "bin/sh", "dev", "dev/console", "tmp"]
    assert {entry["mtime"] for entry in found.values()} == {1_700_000_000}
    assert {entry["owner"] for entry in found.values()} == {(0, 0)}
    assert found["dev/console"]["device"] == (5, 1)
    assert found["dev/console"]["mode"] == stat.S_IFCHR | 0o600
    assert found["bin/busybox"] | {"mode": stat.S_IFREG | 0o755, "content": b"abc"} == found["bin/busybox"]
    assert found["bin/sh"]["content"] == b"busybox"
    assert found["bin"]["mode"] == stat.S_IFDIR | 0o755
    assert found["tmp"]["mode"] == stat.S_IFDIR | 0o1777


@given(st.dictionaries(st.from_regex(r"[a-z]{1,9}\.[a-z]{1,3}", fullmatch=True), st.binary(max_size=40)))
def test_cpio_of_any_content_reads_back_whatever_the_order_it_came_in(files: dict[str, bytes]) -> None:
    entries = {name: cpio.regular(content) for name, content in files.items()}
    archive = cpio.archive(entries, 1)
    assert {name: entry["content"] for name, entry in unpack(archive).items()} == files
    assert archive == cpio.archive(dict(reversed(entries.items())), 1)


def elf(modinfo: dict[str, str] | None) -> bytes:
    """An ELF64 file with two sections: the names, and (where wanted) .modinfo."""
    names = b"\0.shstrtab\0.modinfo\0"
    info = b"\0".join(f"{key}={value}".encode() for key, value in (modinfo or {}).items()) + b"\0"
    body = names + info
    table = 64 + len(body)
    sections = [(1, 64, len(names))] + ([(11, 64 + len(names), len(info))] if modinfo is not None else [])
    header = b"\x7fELF\x02\x01\x01".ljust(0x28, b"\0") + struct.pack(
        "<QIHHHHHH", table, 0, 64, 0, 0, 64, len(sections), 0
    )
    return header + body + b"".join(struct.pack("<IIQQQQ", n, 1, 0, 0, o, s).ljust(64, b"\0") for n, o, s in sections)


def test_a_module_says_what_it_needs_and_serves() -> None:
    module = read_module("kernel/net/virtio-net.ko", elf({"alias": "virtio:d1v*", "depends": "virtio,net-failover"}))
    assert (module.name, module.depends, module.aliases) == ("virtio_net", ("virtio", "net_failover"), ("virtio:d1v*",))
    assert read_module("a.ko", elf({"depends": ""})).depends == ()


def test_a_module_that_is_compressed_by_xz_is_unpacked() -> None:
    plain = elf({"depends": "b"})
    assert read_module("kernel/a.ko.xz", lzma.compress(plain)) == read_module("kernel/a.ko", plain)


@pytest.mark.parametrize(
    ("path", "content", "why"),
    [
        ("a.ko", b"MZ", "not a 64-bit little-endian ELF"),
        ("a.ko", elf({"depends": "b"})[:70], "broken ELF file"),
        ("a.ko", elf(None), "no .modinfo"),
        ("a.ko.xz", b"not xz", "damaged"),
        ("a.ko.zst", b"", "not known here"),
    ],
)
def test_a_module_that_cannot_be_read_is_named(path: str, content: bytes, why: str) -> None:
    with pytest.raises(GuestImageError, match=why) as caught:
        read_module(path, content)
    assert path.removesuffix(".xz") in str(caught.value)


def test_only_modules_that_are_wanted_or_needed_are_taken() -> None:
    files = {
        f"k/{name}.ko": elf({"depends": needs}) for name, needs in {"a": "b,c", "b": "c", "c": "", "d": ""}.items()
    }
    read: list[str] = []

    def reader(path: str) -> bytes:
        read.append(path)
        return files[path]

    taken, absent = modules_with_dependencies(["a", "ext4", "floppy"], files, reader, frozenset({"ext4"}))
    assert [module.name for module in taken] == ["c", "b", "a"]
    assert absent == ["floppy"]
    assert "k/d.ko" not in read


def test_a_kernel_that_lacks_what_its_own_module_needs_is_refused() -> None:
    with pytest.raises(GuestImageError, match="lacks the module b"):
        modules_with_dependencies(["a"], ["a.ko"], lambda _path: elf({"depends": "b"}), frozenset())


@st.composite
def module_graphs(draw: st.DrawFn) -> list[Module]:
    """Modules that need only earlier ones, in a random order."""
    count = draw(st.integers(1, 9))
    edges = {i: sorted(draw(st.sets(st.integers(0, i - 1)))) if i else [] for i in range(count)}
    modules = [Module(f"m{i}", f"k/m{i}.ko", b"", tuple(f"m{j}" for j in edges[i]), ()) for i in range(count)]
    return draw(st.permutations(modules))


@given(module_graphs())
def test_modules_dep_read_from_its_end_loads_nothing_before_what_it_needs(modules: list[Module]) -> None:
    needs = {module.path: {f"k/{name}.ko" for name in module.depends} for module in modules}
    for line in dependency_table(modules).splitlines():
        path, _, rest = line.partition(":")
        loaded: set[str] = set()
        for name in [*reversed(rest.split()), path]:
            assert needs[name] <= loaded
            loaded.add(name)


def test_aliases_are_sorted_lines_of_modprobe() -> None:
    modules = [Module("b", "b.ko", b"", (), ("y", "x")), Module("a", "a.ko", b"", (), ("z",))]
    assert alias_table(modules) == "alias x b\nalias y b\nalias z a\n"


@pytest.mark.parametrize(("path", "name"), [("k/virtio-rng.ko", "virtio_rng"), ("9pnet.ko.xz", "9pnet")])
def test_the_kernel_names_modules_with_underscores(path: str, name: str) -> None:
    assert module_name(path) == name


def test_the_layout_is_one_layer_with_the_disk_as_container_disks_have_it(tmp_path: Path) -> None:
    disk = tmp_path / "d"
    disk.write_bytes(os.urandom(5000))
    (tmp_path / "oci").mkdir()
    digest = write_oci_layout(tmp_path / "oci", disk, "localhost/kvnode/x", {"a": "b"}, 1_700_000_000)

    def blob(of: str) -> bytes:
        content = (tmp_path / "oci/blobs/sha256" / of.removeprefix("sha256:")).read_bytes()
        assert f"sha256:{hashlib.sha256(content).hexdigest()}" == of
        return content

    assert json.loads((tmp_path / "oci/oci-layout").read_bytes()) == {"imageLayoutVersion": "1.0.0"}
    (entry,) = json.loads((tmp_path / "oci/index.json").read_bytes())["manifests"]
    assert entry["digest"] == digest
    assert entry["annotations"]["org.opencontainers.image.ref.name"] == "localhost/kvnode/x"
    manifest = json.loads(blob(digest))
    config = json.loads(blob(manifest["config"]["digest"]))
    (layer,) = manifest["layers"]
    assert layer["size"] == len(blob(layer["digest"]))
    assert config["rootfs"]["diff_ids"] == [layer["digest"]]
    assert config["config"]["Labels"] == {"a": "b"}
    (tmp_path / "layer").write_bytes(blob(layer["digest"]))
    with tarfile.open(tmp_path / "layer", "r:") as tar:
        found = {member.name: member for member in tar.getmembers()}
        assert list(found) == ["disk", "disk/disk.qcow2"]
        assert {(m.uid, m.gid, m.mtime) for m in found.values()} == {(107, 107, 1_700_000_000)}
        assert found["disk/disk.qcow2"].mode == 0o440
        content = tar.extractfile("disk/disk.qcow2")
        assert content is not None
        assert content.read() == disk.read_bytes()


def test_the_key_changes_with_whatever_an_image_is_made_of() -> None:
    kernel = Package("linux", "6.1", "aa", 1)
    busybox = Package("busybox", "1", "bb", 1)
    key = build_key(recipe.TINY, [kernel, busybox], ["qemu-img 7"])
    assert key == build_key(recipe.TINY, [busybox, kernel], ["qemu-img 7"])
    others = [
        build_key(recipe.TINY, [Package("linux", "6.2", "aa", 1), busybox], ["qemu-img 7"]),
        build_key(recipe.TINY, [Package("linux", "6.1", "ac", 1), busybox], ["qemu-img 7"]),
        build_key(recipe.TINY, [kernel], ["qemu-img 7"]),
        build_key(recipe.TINY, [kernel, busybox], ["qemu-img 8"]),
        build_key(recipe.TINY_FULL, [kernel, busybox], ["qemu-img 7"]),
        build_key(
            recipe.Recipe("tiny", "linux-image-cloud-amd64", command_line="quiet"), [kernel, busybox], ["qemu-img 7"]
        ),
    ]
    assert len({key, *others}) == 7


def test_boot_code_that_does_not_fit_the_first_sector_is_refused(tmp_path: Path) -> None:
    loaders = BootLoaders(b"", b"", bytes(441), b"")
    with pytest.raises(GuestImageError, match="441 bytes, 440"):
        write_boot_disk(tmp_path / "disk", BootFiles(b"", b"", "", "x"), loaders, 1, 1, tmp_path)


def test_an_image_does_not_go_into_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    said: list[str] = []
    with pytest.raises(GuestImageError, match="name an empty folder"):
        build_tiny(tmp_path, said.append, tmp_path / "cache")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert said == []


def test_the_guests_scripts_are_there_and_are_shell() -> None:
    found = guest_files()
    assert {"etc/inittab", "etc/profile", "sbin/boot", "sbin/lease", "sbin/seed", "bin/facts"} <= found.keys()
    for path, content in found.items():
        if content.startswith(b"#!"):
            assert content.startswith(b"#!/bin/sh\n"), path
            checked = subprocess.run(["/bin/sh", "-n"], input=content, capture_output=True)
            assert checked.returncode == 0, (path, checked.stderr)


CLOUD_CONFIG = """\
#cloud-config
# a comment
fqdn: short.example.org
password: x
bootcmd:
  - echo early
runcmd:
- echo plain "two words"
- 'echo it''s'
- "echo \\"double\\" \\\\n"
- [ ls, -l, 'a b', "$HOME" ]
- |
    for x in 1 2; do

      echo $x
    done
- echo last
users: [a, b]
"""


@pytest.mark.parametrize(
    ("want", "printed"),
    [
        ("hostname", "short\n"),
        ("unknown", "password\nusers\n"),
        (
            "commands",
            'echo early\necho plain "two words"\necho it\'s\necho "double" \\n\n'
            "'ls' '-l' 'a b' '$HOME'\nfor x in 1 2; do\n\n  echo $x\ndone\necho last\n",
        ),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_guest_reads_its_part_of_a_cloud_config(want: str, printed: str, ending: str, tmp_path: Path) -> None:
    program = tmp_path / "program.awk"
    program.write_bytes(guest_files()["usr/share/cloud-config.awk"])
    (tmp_path / "data").write_bytes(CLOUD_CONFIG.replace("\n", ending).encode())
    done = subprocess.run(
        ["awk", "-f", program, "-v", f"want={want}", tmp_path / "data"], capture_output=True, text=True, check=True
    )
    assert done.stdout == printed


def test_a_host_name_of_its_own_wins_over_the_full_name(tmp_path: Path) -> None:
    (tmp_path / "program.awk").write_bytes(guest_files()["usr/share/cloud-config.awk"])
    done = subprocess.run(
        ["awk", "-f", tmp_path / "program.awk", "-v", "want=hostname"],
        input='#cloud-config\nfqdn: a.b\nhostname: "mine"\n',
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "mine\n"


def test_what_no_build_asked_for_in_a_month_is_forgotten(tmp_path: Path) -> None:
    for name in ("packages/new.deb", "packages/old.deb", "built/tiny-new/disk.qcow2", "built/tiny-old/disk.qcow2"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    month_ago = time.time() - 31 * 86400
    for name in ("packages/old.deb", "built/tiny-old"):
        os.utime(tmp_path / name, (month_ago, month_ago))
    _forget_unused(tmp_path)
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/*"))
    assert left == ["built/tiny-new", "packages/new.deb"]
