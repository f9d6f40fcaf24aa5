"""The NoCloud seed: what a guest finds on it, and that the same data gives the same bytes."""

import io
import subprocess
import time
from pathlib import Path

import pycdlib
import pytest

from kvnode.planning.disk_files import CloudInitNoCloud
from kvnode.storage.cloud_init import no_cloud_iso


def seed(**data: bytes) -> CloudInitNoCloud:
    return CloudInitNoCloud(0, "c", "/cloud-init.iso", **{"meta_data": b"{}", **data})  # type: ignore[arg-type]


def files(image: bytes, **path: str) -> dict[str, bytes]:
    """Each file by its name, as Rock Ridge or Joliet has it."""
    iso = pycdlib.PyCdlib()
    iso.open_fp(io.BytesIO(image))
    (view,) = path
    content = {}
    for child in iso.list_children(**path):
        if child.is_dir():
            continue
        name = child.rock_ridge.name().decode() if view == "rr_path" else child.file_identifier().decode("utf-16-be")
        target = io.BytesIO()
        iso.get_file_from_iso_fp(target, **{view: f"/{name}"})
        content[name] = target.getvalue()
    iso.close()
    return content


@pytest.mark.parametrize("view", ["rr_path", "joliet_path"])
def test_the_files_and_their_names(view: str) -> None:
    data = {"meta_data": b'{"instance-id": "a"}', "user_data": b"#!/bin/sh\n", "network_data": bytes(range(256))}
    assert files(no_cloud_iso(seed(**data)), **{view: "/"}) == {
        "meta-data": data["meta_data"],
        "user-data": data["user_data"],
        "network-config": data["network_data"],
    }


def test_user_data_is_there_even_when_there_is_none() -> None:
    """cloud-init takes a seed without user-data for no seed."""
    assert files(no_cloud_iso(seed()), rr_path="/") == {"meta-data": b"{}", "user-data": b""}


@pytest.mark.parametrize("size", [1, 2047, 2048, 2049, 3_000_000])
def test_any_size(size: int) -> None:
    assert files(no_cloud_iso(seed(user_data=b"x" * size)), rr_path="/")["user-data"] == b"x" * size


def test_the_label_is_what_cloud_init_looks_for(tmp_path: Path) -> None:
    path = tmp_path / "seed.iso"
    path.write_bytes(no_cloud_iso(seed(user_data=b"x")))
    done = subprocess.run(
        ["blkid", "-p", "-o", "value", "-s", "LABEL", path], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "cidata"


def test_the_same_data_gives_the_same_bytes_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only within this second: each date of the image is set, volume, folder, file and Rock Ridge."""
    first = no_cloud_iso(seed(user_data=b"x", network_data=b"y"))
    later = time.time() + 400 * 86400 + 3661
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        assert no_cloud_iso(seed(user_data=b"x", network_data=b"y")) == first
    finally:
        monkeypatch.undo()
        time.tzset()
    assert no_cloud_iso(seed(user_data=b"z", network_data=b"y")) != first
