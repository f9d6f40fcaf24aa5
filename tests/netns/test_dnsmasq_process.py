"""dnsmasq beside a Pod: whom it runs as, that it ends with the Pod, and what is said when it can't start."""

import os
import subprocess
import time
from pathlib import Path

import msgspec
import pytest

from kvnode.errors import HostError
from kvnode.network import dnsmasq
from kvnode.network.dnsmasq import dnsmasq_config, dnsmasq_user, find_dnsmasq, start_dnsmasq
from kvnode.planning.network_plans import DhcpHandoff
from tests.netns.pods import Namespace, namespace
from tests.processes import alive

HANDOFF = DhcpHandoff(
    bridge="k6t-eth0", server="169.254.75.10", mac="02:00:00:00:00:09", address="10.244.1.17/32", router="169.254.1.1"
)
CAP_NET_ADMIN_AND_NET_BIND_SERVICE = "0000000000001400"


@pytest.fixture
def pod():
    with namespace() as pod:
        pod.sh("ip link add k6t-eth0 type bridge; ip addr add 169.254.75.10/32 dev k6t-eth0; ip link set k6t-eth0 up")
        yield pod


def status_of(pid: int) -> dict[str, str]:
    return dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


def test_an_ordinary_user_with_two_capabilities(pod: Namespace):
    pid = start_dnsmasq(HANDOFF, pod.pid)
    status = status_of(pid)
    uid, gid = dnsmasq_user()
    assert uid != 0
    assert status["Uid"].split() == [str(uid)] * 4
    assert status["Gid"].split() == [str(gid)] * 4
    assert status["Groups"].strip() == ""
    assert {status[f"Cap{name}"] for name in ("Prm", "Eff", "Inh", "Bnd", "Amb")} == {
        CAP_NET_ADMIN_AND_NET_BIND_SERVICE
    }
    assert status["NoNewPrivs"] == "1"


def test_it_lives_in_the_pods_namespaces_and_is_the_pods_child(pod: Namespace):
    pid = start_dnsmasq(HANDOFF, pod.pid)
    for kind in ("net", "pid"):
        assert os.readlink(f"/proc/{pid}/ns/{kind}") == os.readlink(f"/proc/{pod.pid}/ns/{kind}")
    assert os.readlink(f"/proc/{pid}/ns/mnt") == os.readlink("/proc/self/ns/mnt")
    assert int(status_of(pid)["PPid"]) == pod.pid, "the Pod's first process reaps it"


def test_it_holds_no_descriptor_of_its_starter(pod: Namespace):
    with open("/etc/passwd") as held:
        os.set_inheritable(held.fileno(), True)
        pid = start_dnsmasq(HANDOFF, pod.pid)
    targets = [os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()]
    assert all(target.startswith(("socket:", "pipe:", "/dev/null", "anon_inode:")) for target in targets), targets


def test_it_ends_with_the_pod(pod: Namespace):
    pid = start_dnsmasq(HANDOFF, pod.pid)
    os.kill(pod.pid, 9)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_second_start_finds_the_first(pod: Namespace):
    pid = start_dnsmasq(HANDOFF, pod.pid)
    assert start_dnsmasq(HANDOFF, pod.pid) == pid
    assert find_dnsmasq(pod.pid) == [pid]
    assert find_dnsmasq(pod.pid, "k6t-net1") == []
    os.kill(pid, 9)
    deadline = time.monotonic() + 5
    while find_dnsmasq(pod.pid):
        assert time.monotonic() < deadline
    assert start_dnsmasq(HANDOFF, pod.pid) != pid, "mended"


def test_pods_do_not_see_each_others(pod: Namespace):
    start_dnsmasq(HANDOFF, pod.pid)
    with namespace() as other:
        assert find_dnsmasq(other.pid) == []
    assert find_dnsmasq(2**22 + 1) == []


def test_nothing_of_the_starter_is_left(pod: Namespace):
    before = set(subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout.splitlines())
    start_dnsmasq(HANDOFF, pod.pid)
    after = set(subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout.splitlines())
    assert not [args for args in after - before if "nsenter" in args or "setpriv" in args]


def test_its_own_words_are_the_error(pod: Namespace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dnsmasq, "dnsmasq_config", lambda handoff: "port=0\nno-such-option=7\n")
    with pytest.raises(HostError, match=r"doesn't start: .*bad option at line 2 of stdin"):
        start_dnsmasq(HANDOFF, pod.pid)
    assert find_dnsmasq(pod.pid) == []


def test_a_taken_port(pod: Namespace):
    taken = pod.background(
        ["python3", "-c", "import socket,time\ns=socket.socket(2,2)\ns.bind(('',67))\ntime.sleep(60)"]
    )
    try:
        pod.sh("for n in $(seq 100); do ss -Hlun 'sport = :67' | grep -q . && exit 0; sleep 0.05; done; exit 1")
        with pytest.raises(HostError, match="Address already in use"):
            start_dnsmasq(HANDOFF, pod.pid)
    finally:
        taken.kill()
        taken.wait()


def test_a_missing_program_names_its_package(pod: Namespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for program in ("nsenter", "setpriv"):
        (tmp_path / program).symlink_to(f"/usr/bin/{program}")
    monkeypatch.setattr(dnsmasq, "_PATH", str(tmp_path))
    with pytest.raises(HostError, match="dnsmasq, which is not here: install the package dnsmasq-base"):
        start_dnsmasq(HANDOFF, pod.pid)


def test_a_pod_that_is_gone():
    with namespace() as pod:
        pid = pod.pid
    # Its end takes the kernel a moment, and until then the namespaces can still be entered.
    until = time.monotonic() + 10
    while alive(pid):
        assert time.monotonic() < until
        time.sleep(0.01)
    with pytest.raises(HostError, match="can't be opened"):
        start_dnsmasq(HANDOFF, pid)


def test_dnsmasq_takes_every_option_that_is_written(pod: Namespace, tmp_path: Path):
    document = {
        **msgspec.to_builtins(HANDOFF),
        "routes": [{"dst": "169.254.1.1/32", "gateway": "0.0.0.0"}, {"dst": "0.0.0.0/0", "gateway": "169.254.1.1"}],
        "nameservers": ["10.96.0.10", "10.96.0.11"],
        "search": ["a.example", "b.example", "."],
        "mtu": 1450,
        "hostname": "alpha",
        "ntp_servers": ["10.0.0.9"],
        "tftp_server_name": "tftp.example",
        "boot_file_name": "/boot/x.0",
        "private_options": [{"code": 224, "value": "x"}, {"code": 254, "value": "\u00f6x" * 60}],
    }
    assert document.keys() == {field.encode_name for field in msgspec.structs.fields(DhcpHandoff)}
    path = tmp_path / "conf"
    path.write_text(dnsmasq_config(msgspec.convert(document, DhcpHandoff)))
    pod.sh(f"dnsmasq --test --conf-file={path}")
