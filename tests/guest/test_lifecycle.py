"""A guest's life by the command: started, reached, talked to, stopped, and gone."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.guest.conftest import EXAMPLE, Guests, pings, wait_for, web_page


def variant(tmp_path: Path, **changes: object) -> Path:
    """The example with parts of its spec replaced, by dotted path with ``__`` between."""
    document = yaml.safe_load(EXAMPLE.read_text())
    for path, value in changes.items():
        *folders, last = path.split("__")
        place = document["spec"]
        for folder in folders:
            place = place.setdefault(folder, {})
        place[last] = value
    target = tmp_path / "vmi.yaml"
    target.write_text(yaml.safe_dump(document))
    return target


def started(client: subprocess.Popen[str]) -> str:
    """What a client says until its guest runs."""
    assert client.stderr is not None
    said = ""
    for line in client.stderr:
        said += line
        if " runs after " in line:
            return said
    raise AssertionError(f"the guest was not started: {said}")


def test_run_stays_with_the_guest_until_ctrl_c(guests: Guests) -> None:
    client = guests.attach(EXAMPLE, "stays")
    said = started(client)
    for step in ("make the sandbox", "hand the address over", "start the domain"):
        assert re.search(rf"{step} +\d+\.\d+ s", said), f"no time for {step!r} in {said}"
    address = re.search(r"address ([\d.]+)", said)
    assert address, said
    wait_for("a ping", lambda: pings(address[1]))
    wait_for("a TCP answer", lambda: "stays" in web_page(address[1]))
    client.send_signal(signal.SIGINT)
    _, rest = client.communicate(timeout=60)
    assert client.returncode == 130, rest
    assert "default/stays has ended: the guest shut itself down" in rest
    assert guests.names() == []


def test_the_guest_has_the_address_and_what_comes_with_it(guests: Guests) -> None:
    listed = guests.detach(EXAMPLE, "lease")
    (address,) = listed["addresses"]
    wait_for("a ping", lambda: pings(str(address)))
    wait_for("the console", lambda: "# " in guests.type("lease", ""))
    answer = guests.type("lease", "ip -4 -o addr show dev eth0; hostname; ip route; cat /sys/class/net/eth0/mtu")
    assert f"inet {address}/" in answer
    assert "lease" in answer
    assert "default via" in answer
    wait_for("user-data", lambda: "hello from cloud-init" in guests.kvnode("logs", "lease").stdout, 20)
    processes = listed["processes"]
    assert isinstance(processes, dict)
    assert [len(processes[part]) for part in ("launcher", "qemu", "dnsmasq")] == [1, 1, 1]
    launcher = Path(f"/proc/{processes['launcher'][0]}/status").read_text()
    assert "Uid:\t0\t" not in launcher
    assert re.search(r"CapBnd:\t0+\n", launcher)
    qemu = Path(f"/proc/{processes['qemu'][0]}/status").read_text()
    assert "Uid:\t0\t" not in qemu
    assert re.search(r"CapEff:\t0+\n", qemu)
    stopped = guests.kvnode("stop", "lease")
    assert "the guest shut itself down" in stopped.stderr


def test_three_guests_from_one_manifest_reach_each_other(guests: Guests) -> None:
    names = ["one", "two", "three"]
    addresses = {name: str(guests.detach(EXAMPLE, name)["addresses"][0]) for name in names}
    assert len(set(addresses.values())) == 3
    for name in names:
        wait_for(f"{name}'s page", lambda name=name: name in web_page(addresses[name]))
    for name, other in (("one", "two"), ("two", "three"), ("three", "one")):
        answer = guests.type(name, f"wget -q -O - http://{addresses[other]}/; echo status=$?")
        assert "status=0" in answer
        assert other in answer
    guests.kvnode("stop", *names)
    assert guests.names() == []


def test_masquerade(guests: Guests, tmp_path: Path) -> None:
    manifest = variant(tmp_path, domain__devices__interfaces=[{"name": "default", "masquerade": {}}])
    address = str(guests.detach(manifest, "behind")["addresses"][0])
    wait_for("a TCP answer through the Pod's address", lambda: "behind" in web_page(address))
    answer = guests.type(
        "behind", "ip -4 -o addr show dev eth0; ip route; ping -c1 -W2 " + address.rpartition(".")[0] + ".1"
    )
    assert "inet 10.0.2.2/24" in answer
    assert "default via 10.0.2.1" in answer
    guests.kvnode("stop", "behind")


def test_a_guest_that_powers_itself_off(guests: Guests) -> None:
    client = guests.attach(EXAMPLE, "leaves")
    started(client)
    wait_for("the console", lambda: "# " in guests.type("leaves", ""))
    guests.type("leaves", "poweroff")
    _, said = client.communicate(timeout=60)
    assert client.returncode == 0, said
    assert guests.names() == []


def test_a_detached_guest_that_ended_is_listed_until_it_is_stopped(guests: Guests) -> None:
    guests.detach(EXAMPLE, "ended")
    wait_for("the console", lambda: "# " in guests.type("ended", ""))
    guests.type("ended", "poweroff")
    wait_for("the end", lambda: guests.listed("ended")["phase"] == "Succeeded")
    assert not any(guests.listed("ended")["processes"].values())
    assert "ready after" in guests.kvnode("logs", "ended").stdout
    guests.kvnode("stop", "ended")
    guests.kvnode("stop", "ended", status=1)


def test_a_guest_that_does_not_obey_is_ended_after_its_grace_period(guests: Guests) -> None:
    guests.detach(EXAMPLE, "deaf")
    said = guests.kvnode("stop", "deaf", "--grace-period", "1").stderr
    assert "it has 1 s until" in said
    assert "the guest was ended by force" in said


def test_a_name_is_taken_once(guests: Guests) -> None:
    guests.detach(EXAMPLE, "taken")
    refused = guests.kvnode("run", str(EXAMPLE), "--name", "taken", "--detach", status=1)
    assert "is in namespace 'default' already" in refused.stderr
    guests.detach(EXAMPLE, "taken", "--namespace", "other")
    guests.kvnode("stop", "taken", "-n", "other", "--force")
    assert guests.listed("taken")["phase"] == "Running"


@pytest.mark.parametrize("verb", ["stop", "console", "logs"])
def test_there_is_no_such_guest(guests: Guests, verb: str) -> None:
    refused = guests.kvnode(verb, "nobody", status=1)
    assert "there is no guest 'nobody' in namespace 'default'" in refused.stderr


def test_a_configuration_counts_and_a_disk_has_its_volumes_blocks(guests: Guests, tmp_path: Path) -> None:
    document = yaml.safe_load(EXAMPLE.read_text())
    spec = document["spec"]
    spec["domain"]["memory"]["reservedOverhead"] = {"addedOverhead": "1Mi"}
    spec["domain"]["devices"]["disks"].append(
        {"name": "scratch", "disk": {"bus": "virtio"}, "serial": "scratch", "blockSize": {"matchVolume": {}}}
    )
    spec["volumes"].append({"name": "scratch", "emptyDisk": {"capacity": "8Mi"}})
    manifest, config = tmp_path / "vmi.yaml", tmp_path / "kubevirt.yaml"
    manifest.write_text(yaml.safe_dump(document))
    settings = {
        "developerConfiguration": {"featureGates": ["ReservedOverheadMemlock"]},
        "smbios": {"manufacturer": "The Mill"},
    }
    resource = {"apiVersion": "kubevirt.io/v1", "kind": "KubeVirt", "metadata": {"name": "kubevirt"}}
    config.write_text(yaml.safe_dump({**resource, "spec": {"configuration": settings}}))
    refused = guests.kvnode("run", str(manifest), "--name", "blocks", "--detach", status=1)
    assert "the feature gate ReservedOverheadMemlock is shut" in refused.stderr
    guests.detach(manifest, "blocks", "--config", str(config))
    wait_for("the console", lambda: "# " in guests.type("blocks", ""))
    told = guests.type("blocks", "cat /sys/class/dmi/id/sys_vendor; grep -H . /sys/block/vd*/queue/logical_block_size")
    assert "The Mill" in told
    sizes = dict(re.findall(r"/sys/block/(vd.)/queue/logical_block_size:(\d+)", told))
    assert sorted(sizes.values()) == sorted(["4096", *["512"] * (len(sizes) - 1)])
