"""Packages out of an archive: the real apt and dpkg on an archive of our own, in a folder, so without a network.

What apt is told about its sources comes by APT_CONFIG, which is how a host's own settings reach it as well.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from kvnode.storage.guest_image import GuestImageError
from kvnode.storage.guest_image.debian_packages import PackageCache
from kvnode.storage.guest_image.tool import run_tool

EPOCH = 1_700_000_000


class Archive:
    """A Debian archive in a folder, and an apt that knows no other."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder / "archive"
        self.folder.mkdir()
        self.host_lists = folder / "host-lists"
        (self.host_lists / "partial").mkdir(parents=True)
        sources = folder / "sources.list"
        sources.write_text(f"deb [trusted=yes] file:{self.folder} ./\n")
        self.config = folder / "apt.conf"
        self.config.write_text(
            f'Dir::Etc::sourcelist "{sources}";\nDir::Etc::sourceparts "/dev/null";\n'
            f'Dir::State::lists "{self.host_lists}";\nDir::State::status "/dev/null";\n'
            # As root apt would fetch as another user, who can't enter a test's folder.
            'APT::Sandbox::User "";\n'
        )
        monkeypatch.setenv("APT_CONFIG", str(self.config))
        self.releases = 0
        # apt can't name a file with these in a list of sources.
        assert not set(" []") & set(str(folder))

    def publish(self, name: str, version: str, files: dict[str, str]) -> Path:
        """Put a package into the archive; one of the same name leaves it, as after a security update."""
        for old in self.folder.glob(f"{name}_*.deb"):
            old.unlink()
        tree = self.folder.parent / f"tree-{name}-{version}"
        (tree / "DEBIAN").mkdir(parents=True)
        control = f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: a <a@b>\nDescription: x\n"
        (tree / "DEBIAN" / "control").write_text(control)
        for path, content in files.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(content)
            os.utime(tree / path, (EPOCH, EPOCH))
        deb = self.folder / f"{name}_{version}_amd64.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, deb], check=True, capture_output=True)
        self.list_packages()
        return deb

    def list_packages(self) -> None:
        """Write the archive's lists, later than the ones before."""
        paragraphs = []
        for deb in sorted(self.folder.glob("*.deb")):
            fields = subprocess.run(["dpkg-deb", "-f", deb], check=True, capture_output=True, text=True).stdout
            data = deb.read_bytes()
            digest = hashlib.sha256(data).hexdigest()
            paragraphs.append(f"{fields}Filename: ./{deb.name}\nSize: {len(data)}\nSHA256: {digest}\n")
        listed = "\n".join(paragraphs).encode()
        (self.folder / "Packages").write_bytes(listed)
        self.releases += 1
        release = f"Date: Tue, 14 Nov 2023 22:{self.releases:02}:00 UTC\nSHA256:\n"
        release += f" {hashlib.sha256(listed).hexdigest()} {len(listed)} Packages\n"
        (self.folder / "Release").write_text(release)
        os.utime(self.folder / "Release", (EPOCH + self.releases, EPOCH + self.releases))

    def update_host(self) -> None:
        """What ``apt-get update`` on the host does."""
        run_tool(["apt-get", "update"], would_do="", environment={"APT_CONFIG": str(self.config)})


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    return Archive(tmp_path, monkeypatch)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def cache(tmp_path: Path, said: list[str]) -> PackageCache:
    return PackageCache(tmp_path / "cache", said.append)


def content(cache: PackageCache, name: str, path: str) -> bytes:
    package = cache.resolve([name])[name]
    cache.fetch([package])
    with cache.opened(package) as files:
        return files.read(path)


def test_a_host_that_never_fetched_lists_is_not_changed(archive: Archive, cache: PackageCache) -> None:
    archive.publish("tool", "1.0", {"usr/bin/tool": "one"})
    assert content(cache, "tool", "usr/bin/tool") == b"one"
    assert [path.name for path in archive.host_lists.iterdir()] == ["partial"]


def test_the_hosts_own_lists_do_where_they_name_everything(
    archive: Archive, cache: PackageCache, said: list[str], tmp_path: Path
) -> None:
    archive.publish("tool", "1.0", {"usr/bin/tool": "one"})
    archive.update_host()
    assert content(cache, "tool", "usr/bin/tool") == b"one"
    assert not (tmp_path / "cache/apt/lists").exists()
    assert said == ["tool 1.0: fetching 0.0 MB"]


def test_what_is_cached_needs_no_archive(archive: Archive, cache: PackageCache, said: list[str]) -> None:
    deb = archive.publish("tool", "1.0", {"usr/bin/tool": "one"})
    archive.update_host()
    content(cache, "tool", "usr/bin/tool")
    said.clear()
    deb.unlink()
    assert content(cache, "tool", "usr/bin/tool") == b"one"
    assert said == []


def test_a_damaged_file_of_the_cache_is_fetched_anew(archive: Archive, cache: PackageCache, tmp_path: Path) -> None:
    archive.publish("tool", "1.0", {"usr/bin/tool": "one"})
    content(cache, "tool", "usr/bin/tool")
    (kept,) = (tmp_path / "cache/packages").glob("*.deb")
    kept.write_bytes(kept.read_bytes()[:-1] + b"?")
    assert content(cache, "tool", "usr/bin/tool") == b"one"


def test_lists_that_grew_old_name_what_is_gone_and_fresh_ones_the_successor(
    archive: Archive, cache: PackageCache
) -> None:
    archive.publish("tool", "1.0", {"usr/bin/tool": "one"})
    archive.update_host()
    old = cache.resolve(["tool"])["tool"]
    archive.publish("tool", "1.1", {"usr/bin/tool": "two"})
    with pytest.raises(GuestImageError, match="apt-get ended with status 100"):
        cache.fetch([old])
    cache.refresh()
    assert cache.resolve(["tool"])["tool"].version == "1.1"
    assert content(cache, "tool", "usr/bin/tool") == b"two"


def test_the_host_is_asked_again_once_its_lists_are_the_newer_ones(archive: Archive, cache: PackageCache) -> None:
    archive.publish("tool", "1.0", {"usr/bin/tool": "one"})
    cache.refresh()
    archive.publish("tool", "1.1", {"usr/bin/tool": "two"})
    assert cache.resolve(["tool"])["tool"].version == "1.0"
    archive.update_host()
    assert cache.resolve(["tool"])["tool"].version == "1.1"


def test_a_file_that_is_not_what_the_lists_say_is_refused(archive: Archive, cache: PackageCache) -> None:
    deb = archive.publish("tool", "1.0", {"usr/bin/tool": "one"})
    archive.update_host()
    package = cache.resolve(["tool"])["tool"]
    data = deb.read_bytes()
    deb.write_bytes(data[:-4] + b"evil")
    with pytest.raises(GuestImageError, match=r"(?i)hash sum mismatch|did not come with"):
        cache.fetch([package])
    assert not cache._path(package).exists()


def test_a_package_that_nobody_has_is_named(archive: Archive, cache: PackageCache) -> None:
    archive.publish("tool", "1.0", {"usr/bin/tool": "one"})
    with pytest.raises(GuestImageError, match=r"no package other for amd64.*run apt-get update"):
        cache.resolve(["tool", "other"])


def test_an_archive_that_cannot_be_reached_says_what_apt_said(archive: Archive, cache: PackageCache) -> None:
    for path in archive.folder.iterdir():
        path.unlink()
    with pytest.raises(GuestImageError, match=r"no package tool for amd64 \(fetching lists: .*archive"):
        cache.resolve(["tool"])


def test_files_have_the_packages_dates_and_a_missing_one_is_named(archive: Archive, cache: PackageCache) -> None:
    archive.publish("tool", "1.0", {"usr/bin/tool": "one", "usr/share/doc/x": "text"})
    package = cache.resolve(["tool"])["tool"]
    cache.fetch([package])
    with cache.opened(package) as files:
        assert files.paths(r"usr/.*") == ["usr/bin/tool", "usr/share/doc/x"]
        assert files.modified("usr/bin/tool") == EPOCH
        with pytest.raises(GuestImageError, match=r"tool 1\.0 has no file /usr/bin/other"):
            files.read("usr/bin/other")


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (["no-such-program"], "there is no no-such-program: buy one"),
        (["sh", "-c", "echo one; echo two >&2; exit 7"], "sh ended with status 7 (two): buy one"),
        (["sh", "-c", "exit 7"], "sh ended with status 7 (it printed nothing): buy one"),
        (["sleep", "9"], "sleep did not end within 0.2 s: buy one"),
    ],
)
def test_a_program_that_fails_is_quoted(command: list[str], why: str) -> None:
    with pytest.raises(GuestImageError) as caught:
        run_tool(command, would_do="buy one", timeout_s=0.2)
    assert why in str(caught.value)


def test_a_full_disk_is_told_as_such_whatever_status_was_expected() -> None:
    with pytest.raises(GuestImageError, match=r"sh found no space left on the device .*make room"):
        run_tool(["sh", "-c", "cat /etc/passwd >/dev/full"], would_do="buy one", expected=(0, 1, 2))


def test_programs_see_neither_locale_nor_clock_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setenv("https_proxy", "http://proxy")
    seen = dict(line.split("=", 1) for line in run_tool(["env"], would_do="").stdout.decode().splitlines())
    assert (seen["LC_ALL"], seen["TZ"], seen["https_proxy"]) == ("C", "UTC", "http://proxy")
    assert "SECRET" not in seen
