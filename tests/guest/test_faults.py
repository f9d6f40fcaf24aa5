"""Whoever is killed, whenever: the guest's end is said, and a stop leaves nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from tests.environment.command import KVNODE
from tests.guest.conftest import EXAMPLE, Guests, kill, pings, wait_for
from tests.guest.test_lifecycle import started, variant
from tests.processes import alive

STEPS = (
    "starting default/",
    "look at the node",
    "find the images",
    "prepare the disks",
    "make the sandbox",
    "attach it to the network",
    "hand the address over",
)


def parts(guests: Guests, name: str) -> dict[str, list[int]]:
    """The processes of a guest by part."""
    processes = guests.listed(name)["processes"]
    assert isinstance(processes, dict)
    return processes


@pytest.mark.parametrize("part", ["launcher", "qemu"])
def test_a_killed_part_ends_an_attached_run_with_the_cause(guests: Guests, part: str) -> None:
    client = guests.attach(EXAMPLE, "victim")
    started(client)
    kill(parts(guests, "victim")[part][0])
    _, said = client.communicate(timeout=60)
    assert client.returncode == 4, said
    assert "signal 9" in said
    assert guests.names() == []


@pytest.mark.parametrize("part", ["launcher", "qemu"])
def test_a_killed_part_of_a_detached_guest_is_told_until_it_is_stopped(guests: Guests, part: str) -> None:
    guests.detach(EXAMPLE, "victim")
    kill(parts(guests, "victim")[part][0])
    wait_for("the end", lambda: guests.listed("victim")["phase"] == "Failed", 30)
    assert "signal 9" in str(guests.listed("victim")["message"])
    guests.kvnode("stop", "victim")


def test_a_killed_client_takes_nothing_with_it(guests: Guests) -> None:
    client = guests.attach(EXAMPLE, "orphan")
    started(client)
    client.kill()
    client.wait()
    (address,) = guests.listed("orphan")["addresses"]
    wait_for("a ping", lambda: pings(str(address)))
    assert guests.listed("orphan")["phase"] == "Running"
    guests.kvnode("stop", "orphan")


def test_everything_killed_at_once(guests: Guests) -> None:
    client = guests.attach(EXAMPLE, "massacre")
    started(client)
    processes = parts(guests, "massacre")
    launcher = processes["launcher"][0]
    keeper = int(Path(f"/proc/{launcher}/stat").read_text().rpartition(")")[2].split()[1])
    for pid in (client.pid, keeper, launcher):
        os.kill(pid, signal.SIGKILL)
    client.wait()
    wait_for(
        "the end of all", lambda: not any(map(alive, [keeper, launcher, *processes["qemu"], *processes["dnsmasq"]]))
    )
    guests.kvnode("stop", "massacre")


def test_a_keeper_that_was_killed_is_not_missed(guests: Guests) -> None:
    guests.detach(EXAMPLE, "unkept")
    launcher = parts(guests, "unkept")["launcher"][0]
    kill(int(Path(f"/proc/{launcher}/stat").read_text().rpartition(")")[2].split()[1]))
    assert guests.listed("unkept")["phase"] == "Running"
    guests.kvnode("stop", "unkept", "--force")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_a_client_that_ends_during_the_start_leaves_nothing(guests: Guests, step: str, number: signal.Signals) -> None:
    client = subprocess.Popen(
        [KVNODE, "run", EXAMPLE, "--name", "halfway"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    guests.clients.append(client)
    assert client.stderr is not None
    for line in client.stderr:
        if step in line:
            break
    client.send_signal(number)
    client.wait(30)
    if number == signal.SIGINT:
        assert client.returncode == 130
        assert guests.names() == []
        return
    guests.kvnode("stop", "halfway", status=None)
    assert guests.names() == []


@pytest.mark.parametrize("attempt", range(3))
def test_an_interruption_at_the_moment_it_runs_leaves_nothing(guests: Guests, attempt: int) -> None:
    """Between the end of the start and the handler that asks a guest to shut down there is no gap."""
    client = guests.attach(EXAMPLE, "instant")
    started(client)
    client.send_signal(signal.SIGINT)
    _, said = client.communicate(timeout=60)
    assert client.returncode == 130, said
    assert guests.names() == []


def three(tmp_path: Path) -> Path:
    """A manifest of three guests."""
    document = yaml.safe_load(EXAMPLE.read_text())
    names = ("one", "two", "three")
    documents = [{**document, "metadata": {**document["metadata"], "name": name}} for name in names]
    (tmp_path / "three.yaml").write_text(yaml.safe_dump_all(documents))
    return tmp_path / "three.yaml"


def run_three(guests: Guests, tmp_path: Path, until: str) -> subprocess.Popen[str]:
    """A client that starts three guests and has said ``until``."""
    client = subprocess.Popen(
        [KVNODE, "run", three(tmp_path)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    guests.clients.append(client)
    assert client.stderr is not None
    assert any(until in line for line in client.stderr)
    return client


def test_an_impatient_user_leaves_none_of_three(guests: Guests, tmp_path: Path) -> None:
    """Every Ctrl-C after the first comes while the guests before the third are taken back."""
    client = run_three(guests, tmp_path, "starting default/three")
    while client.poll() is None:
        client.send_signal(signal.SIGINT)
        time.sleep(0.05)
    assert client.returncode in (130, -signal.SIGINT)  # the latter where one came after the last line of ours
    assert guests.names() == []


def test_one_that_is_stopped_while_others_start_has_not_crashed(guests: Guests, tmp_path: Path) -> None:
    client = run_three(guests, tmp_path, "starting default/two")
    guests.kvnode("stop", "one", "--force")
    assert client.stderr is not None
    assert any("Ctrl-C shuts down" in line for line in client.stderr)
    guests.kvnode("stop", "two", "three", "--force")
    _, said = client.communicate(timeout=60)
    assert client.returncode == 0, said


def test_a_guest_of_a_generated_name(guests: Guests, tmp_path: Path) -> None:
    document = yaml.safe_load(EXAMPLE.read_text())
    document["metadata"] = {"generateName": "some-"}
    (tmp_path / "vmi.yaml").write_text(yaml.safe_dump(document))
    for _ in range(2):
        guests.kvnode("run", str(tmp_path / "vmi.yaml"), "--detach")
    names = guests.names()
    assert len(names) == 2
    assert all(re.fullmatch("some-[a-z0-9]{5}", name) for name in names)
    guests.kvnode("stop", *names, "--force")


def test_two_guests_of_one_name_in_a_file_are_refused_before_any_starts(guests: Guests, tmp_path: Path) -> None:
    (tmp_path / "twice.yaml").write_text("---\n".join([EXAMPLE.read_text()] * 2))
    refused = guests.kvnode("run", str(tmp_path / "twice.yaml"), "--detach", status=1)
    assert "metadata.name" in refused.stderr
    assert "starting" not in refused.stderr


def test_a_start_that_nobody_can_hear_of(guests: Guests) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([KVNODE, "run", EXAMPLE, "--name", "unheard", "--detach"], stderr=full, timeout=60)
    assert done.returncode == 0
    assert guests.listed("unheard")["phase"] == "Running"
    guests.kvnode("stop", "unheard", "--force")


def test_a_name_can_be_used_again_after_a_crash_without_a_stop(guests: Guests) -> None:
    guests.detach(EXAMPLE, "again")
    kill(parts(guests, "again")["launcher"][0])
    guests.detach(EXAMPLE, "again")
    assert guests.listed("again")["phase"] == "Running"


def test_an_image_that_is_not_there(guests: Guests, tmp_path: Path) -> None:
    volumes = [{"name": "system", "containerDisk": {"image": "localhost/no/such"}}]
    disks = [{"name": "system", "disk": {"bus": "virtio"}}]
    manifest = variant(tmp_path, volumes=volumes, domain__devices__disks=disks)
    refused = guests.kvnode("run", str(manifest), status=1)
    assert "localhost/no/such" in refused.stderr
    assert "kvnode image add" in refused.stderr


def test_more_memory_than_the_host_has(guests: Guests, tmp_path: Path) -> None:
    manifest = variant(tmp_path, domain__memory={"guest": "4Ti"})
    refused = guests.kvnode("run", str(manifest), status=3)
    # Who has too little is the host's one cell or all of them, by the machine.
    assert re.search(r"MiB of memory free, \d{7} wanted: 4194304 MiB for the guest", refused.stderr), refused.stderr


def test_a_full_disk(guests: Guests, tmp_path: Path, kvnode_root: Path) -> None:
    """The guests' folder on a file system without a free block: refused with the path, and nothing is left."""
    folder = kvnode_root / "var/lib/kvnode/guests"
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "kvnode-test", folder], check=True)
    try:
        (folder / "filler").write_bytes(bytes(60 << 10))
        refused = guests.kvnode("run", str(EXAMPLE), "--name", "crowded", status=3)
        assert "the disk is full" in refused.stderr
        (folder / "filler").unlink()
    finally:
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()
    assert guests.names() == []


def test_a_hung_launcher_hangs_nobody(guests: Guests) -> None:
    client = guests.attach(EXAMPLE, "hung")
    started(client)
    launcher = parts(guests, "hung")["launcher"][0]
    os.kill(launcher, signal.SIGSTOP)
    assert guests.listed("hung")["phase"] == "Unknown"
    for _ in range(2):
        client.send_signal(signal.SIGINT)
        time.sleep(6)
    _, said = client.communicate(timeout=60)
    assert client.returncode == 130, said
    assert not alive(launcher)


def test_disks_of_a_guest_that_the_machine_forgot(guests: Guests, kvnode_root: Path) -> None:
    """After a reboot the records in /run are gone and the disks are not."""
    lost = kvnode_root / "var/lib/kvnode/guests/0123456789ab/disks/0"
    lost.mkdir(parents=True)
    (lost / "overlay.qcow2").write_bytes(bytes(1024))
    younger = lost.parents[2] / "ba9876543210"
    younger.mkdir()
    os.utime(lost.parents[1], (0, 0))
    guests.detach(EXAMPLE, "next")
    assert not lost.parents[1].exists()
    assert younger.exists()
    younger.rmdir()
