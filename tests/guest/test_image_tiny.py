"""The guest image by itself: that it boots, from where, what it answers, what it obeys."""

from __future__ import annotations

import hashlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvnode.paths import NodePaths
from kvnode.planning.disk_files import CloudInitNoCloud
from kvnode.storage.cloud_init import no_cloud_iso
from kvnode.storage.guest_image import TINY, TINY_FULL, build_image, build_tiny, build_tiny_disk
from kvnode.storage.guest_image.debian_packages import PackageCache
from tests.guest.plain_qemu import BUSES, READY, PlainGuest

USER_NET = ("-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,mac=52:54:00:aa:bb:01,romfile=")


@pytest.fixture(scope="module")
def cache() -> Path:
    """The cache that ``kvnode image build`` uses, so that nothing is built twice."""
    return NodePaths.here().cache / "guest-images"


@pytest.fixture(scope="module")
def disk(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_disk(tmp_path_factory.mktemp("tiny") / "disk.qcow2", lambda _line: None, cache)


@pytest.mark.parametrize("bus", sorted(BUSES))
def test_it_boots_from_a_disk_on_every_bus(disk: Path, bus: str) -> None:
    with PlainGuest(disk, bus=bus, memory_mib=112) as guest:
        guest.wait_for(READY)
        facts = guest.facts("kernel", "disks")
        assert facts["boot"] == "bios"
        # Its kernel has drivers for two of them; it needs none of them once it runs.
        seen = {facts[key] for key in facts if key.startswith("disk.") and key.endswith(".bus")}
        assert seen == ({bus} if bus in ("virtio", "scsi") else set())


def test_it_boots_by_uefi(disk: Path, cache: Path, tmp_path: Path) -> None:
    packages = PackageCache(cache, lambda _line: None)
    ovmf = packages.resolve(["ovmf"])["ovmf"]
    packages.fetch([ovmf])
    with packages.opened(ovmf) as files:
        for name in ("CODE", "VARS"):
            (tmp_path / name).write_bytes(files.read(f"usr/share/OVMF/OVMF_{name}_4M.fd"))
    firmware = [
        *("-drive", f"if=pflash,format=raw,readonly=on,file={tmp_path}/CODE"),
        *("-drive", f"if=pflash,format=raw,file={tmp_path}/VARS"),
    ]
    with PlainGuest(disk, *firmware, memory_mib=256) as guest:
        guest.wait_for(READY, 120)
        assert guest.facts("kernel")["boot"] == "uefi"


@pytest.fixture(scope="module")
def guest(disk: Path) -> Iterator[PlainGuest]:
    """A guest with two sockets of two cores, a network and ports to plug things into, ready."""
    options = [
        *("-smp", "4,sockets=2,cores=2,threads=1", "-uuid", "5d307ca9-b3ef-428c-8861-06e72d69f223"),
        *("-smbios", "type=1,serial=SER-7", "-device", "virtio-balloon-pci", "-device", "virtio-rng-pci"),
        *("-device", "pcie-root-port,id=port1,chassis=1", "-device", "pcie-root-port,id=port2,chassis=2"),
        *("-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{free_port()}-:80,hostfwd=tcp:127.0.0.1:{free_port()}-:7"),
        *("-device", "virtio-net-pci,netdev=net,mac=52:54:00:aa:bb:01,host_mtu=1400,romfile="),
    ]
    with PlainGuest(disk, *options, memory_mib=192) as running:
        running.wait_for(READY)
        running.wait_for(r"kvnode-tiny: address eth0 10\.0\.2\.15/24 mtu 1400")
        yield running


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


def forwarded(guest: PlainGuest, inside: int) -> int:
    """The port of the host that leads to one of the guest's."""
    for line in guest.qmp("human-monitor-command", **{"command-line": "info usernet"}).splitlines():
        fields = line.split()
        if fields and fields[0] == "TCP[HOST_FORWARD]" and fields[5] == str(inside):
            return int(fields[3])
    raise AssertionError(f"nothing leads to port {inside}")


def talk(port: int, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while data := connection.recv(4096):
            answer += data
    return answer


def test_it_tells_what_it_sees_of_its_machine(guest: PlainGuest) -> None:
    facts = guest.facts()
    assert facts["cpus"] == "4"
    assert facts["cpu.sockets"] == "2"
    assert facts["cpu.cores"] == "4"
    assert facts["dmi.product_uuid"] == "5d307ca9-b3ef-428c-8861-06e72d69f223"
    assert facts["dmi.product_serial"] == "SER-7"
    assert facts["disk.vda.bus"] == "virtio"
    assert facts["disk.vda.serial"] == "ROOT"
    assert int(facts["disk.vda.size"]) % 2**20 == 0
    assert facts["nic.eth0.driver"] == "virtio_net"
    assert facts["nic.eth0.mac"] == "52:54:00:aa:bb:01"
    assert facts["nic.eth0.mtu"] == "1400"
    assert facts["address.eth0"].split()[0] == "10.0.2.15/24"
    assert facts["gateway"] == "10.0.2.2"
    assert "console=ttyS0" in facts["cmdline"]
    assert 100_000 < int(facts["memory.MemTotal"].split()[0]) < 192 * 1024


def test_facts_are_told_by_group_and_an_unknown_group_is_named(guest: PlainGuest) -> None:
    assert set(guest.facts("uptime")) == {"uptime"}
    assert guest.type("facts nonsense 2>&1") == "facts: no group nonsense\n"


def test_it_answers_on_tcp(guest: PlainGuest) -> None:
    page = talk(forwarded(guest, 80), b"GET / HTTP/1.0\r\n\r\n").decode()
    assert page.startswith(("HTTP/1.1 200 OK", "HTTP/1.0 200 OK"))
    assert "hostname=tiny\n" in page
    assert "address.eth0=10.0.2.15/24" in page
    assert talk(forwarded(guest, 7), b"some bytes\n") == b"some bytes\n"


def test_a_shell_that_is_left_comes_back(guest: PlainGuest) -> None:
    first = guest.type("echo $$").strip()
    guest._serial.sendall(b"exit\n")
    guest.wait_for("built-in shell")
    second = guest.type("echo $$").strip()
    assert first.isdigit()
    assert second.isdigit()
    assert first != second


def test_what_is_plugged_in_later_works(guest: PlainGuest) -> None:
    guest.qmp("netdev_add", type="user", id="net2", net="10.9.8.0/24")
    guest.qmp("device_add", driver="virtio-net-pci", netdev="net2", id="nic2", bus="port1", mac="52:54:00:aa:bb:02")
    guest.wait_for(r"kvnode-tiny: address eth1 10\.9\.8\.15/24")
    guest.qmp("blockdev-add", driver="null-co", **{"node-name": "empty", "size": 3 << 20, "read-zeroes": True})
    guest.qmp("device_add", driver="virtio-blk-pci", drive="empty", id="disk2", bus="port2", serial="LATER")
    deadline = time.monotonic() + 20
    while "disk.vdb.serial" not in (facts := guest.facts("disks", "nics")):
        assert time.monotonic() < deadline, facts
    assert facts["disk.vdb.serial"] == "LATER"
    assert int(facts["disk.vdb.size"]) == 3 << 20
    assert facts["nic.eth1.mac"] == "52:54:00:aa:bb:02"


def test_it_obeys_the_power_button(disk: Path) -> None:
    with PlainGuest(disk) as guest:
        guest.wait_for(READY)
        guest.qmp("system_powerdown")
        guest.wait_for("kvnode-tiny: power button", 30)
        assert guest.process.wait(30) == 0


def test_poweroff_and_reboot_typed_into_the_shell_do_what_they_say(disk: Path) -> None:
    with PlainGuest(disk) as guest:
        guest.wait_for(READY)
        guest._serial.sendall(b"reboot\n")
        guest.wait_for(READY)
        guest._serial.sendall(b"poweroff\n")
        assert guest.process.wait(60) == 0


@pytest.mark.full("a guest that panics, to its next boot")
def test_a_panic_is_told_to_the_host_and_ends_in_a_new_boot(disk: Path) -> None:
    options = ("-device", "pvpanic-pci", "-action", "panic=none")
    with PlainGuest(disk, *options) as guest:
        guest.wait_for(READY)
        guest._serial.sendall(b"echo c >/proc/sysrq-trigger\n")
        assert guest.event("GUEST_PANICKED")["data"]["action"] == "run"
        guest.wait_for(READY)


def seed(folder: Path, user: str, meta: str, network: str | None = None) -> Path:
    """A seed as kvnode makes it for its guests."""
    path = folder / "seed.iso"
    operation = CloudInitNoCloud(
        index=1,
        volume="seed",
        path=str(path),
        meta_data=meta.encode(),
        user_data=user.encode(),
        network_data=network.encode() if network is not None else None,
    )
    path.write_bytes(no_cloud_iso(operation))
    return path


SEED_ON = {
    "a virtio disk": ("-device", "virtio-blk-pci,drive=seed"),
    "a CD-ROM": ("-device", "virtio-scsi-pci,id=s", "-device", "scsi-cd,bus=s.0,drive=seed"),
}


@pytest.mark.parametrize("where", SEED_ON)
def test_a_script_from_the_seed_runs_once_the_network_is_up(disk: Path, tmp_path: Path, where: str) -> None:
    script = "#!/bin/sh\necho script of $(hostname) at $(ip -o addr show dev eth0 | grep -c 10.0.2.15)\nexit 3\n"
    iso = seed(tmp_path, script, '{"instance-id": "web.shop", "local-hostname": "web"}', "version: 2\n")
    options = ("-drive", f"file={iso},if=none,id=seed,format=raw,readonly=on", *SEED_ON[where])
    with PlainGuest(disk, *USER_NET, *options) as guest:
        guest.wait_for("seed: network-config is not understood")
        guest.wait_for("seed: instance web.shop, hostname web")
        guest.wait_for("script of web at 1\r\n")
        guest.wait_for("user-data ended with status 3")
        facts = guest.facts("seed", "kernel")
        assert facts["seed.instance-id"] == "web.shop"
        assert facts["seed.exit-status"] == "3"
        assert facts["hostname"] == "web"


def test_of_a_cloud_config_commands_run_and_the_rest_is_named(disk: Path, tmp_path: Path) -> None:
    config = (
        "#cloud-config\nhostname: from-config\npassword: secret\n"
        "runcmd:\n  - echo one > /run/proof\n  - [sh, -c, 'echo two >> /run/proof']\n"
        "  - |\n    echo three >> /run/proof\n"
    )
    iso = seed(tmp_path, config, "instance-id: i-1\nlocal-hostname: from-meta\n")
    options = ("-drive", f"file={iso},if=none,id=seed,format=raw,readonly=on", *SEED_ON["a virtio disk"])
    with PlainGuest(disk, *options) as guest:
        guest.wait_for("seed: instance i-1, hostname from-config")
        guest.wait_for('cloud-config\'s "password" is not understood')
        guest.wait_for("user-data ended with status 0")
        assert guest.type("cat /run/proof") == "one\ntwo\nthree\n"


DNSMASQ = """\
port=0
interface=k6t
bind-dynamic
dhcp-authoritative
no-ping
leasefile-ro
no-resolv
shared-network=k6t,10.244.1.17
dhcp-range=10.244.1.17,static,255.255.255.255,infinite
dhcp-host=0a:58:0a:f4:01:11,10.244.1.17,pod-a,infinite
dhcp-ignore=tag:!known
dhcp-option=option:router,10.9.9.9
dhcp-option=option:classless-static-route,169.254.1.1/32,0.0.0.0,10.96.0.0/12,169.254.1.1,0.0.0.0/0,169.254.1.1
dhcp-option=option:mtu,1450
dhcp-option=option:dns-server,10.96.0.10,10.96.0.11
dhcp-option=option:domain-search,default.svc.cluster.local,cluster.local
"""


@pytest.fixture
def namespace() -> Iterator[list[str]]:
    """A network namespace with a bridge, a tap and an address as a Pod's network handoff has them; how to get in."""
    # It prints its pid from the inside, when unshare has done its work.
    holder = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "echo $$; exec sleep infinity"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        enter = ["nsenter", f"--net=/proc/{int(holder.stdout.readline())}/ns/net"]
        for command in (
            "link set lo up",
            "link add k6t type bridge",
            "address add 169.254.75.10/32 dev k6t",
            "address add 169.254.1.1/32 dev k6t",
            "link set k6t up",
            "tuntap add tap0 mode tap vnet_hdr",
            "link set tap0 master k6t up",
            "route add 10.244.1.17/32 dev k6t",
        ):
            subprocess.run([*enter, "ip", *command.split()], check=True)
        yield enter
    finally:
        holder.kill()
        holder.communicate()


def test_it_takes_all_that_a_lease_says_over_a_link_local_server(
    disk: Path, namespace: list[str], tmp_path: Path
) -> None:
    (tmp_path / "dnsmasq.conf").write_text(DNSMASQ)
    server = subprocess.Popen(
        [*namespace, "dnsmasq", "-k", f"--conf-file={tmp_path}/dnsmasq.conf", f"--pid-file={tmp_path}/pid"]
    )
    net = (
        *("-netdev", "tap,id=net,ifname=tap0,script=no,downscript=no"),
        *("-device", "virtio-net-pci,netdev=net,mac=0a:58:0a:f4:01:11,romfile="),
    )
    try:
        with PlainGuest(disk, *net, before=namespace) as guest:
            guest.wait_for(r"kvnode-tiny: address eth0 10\.244\.1\.17/32 mtu 1450")
            assert guest.facts("kernel")["hostname"] == "pod-a"
            assert guest.type("cat /etc/resolv.conf") == (
                "search default.svc.cluster.local cluster.local\nnameserver 10.96.0.10\nnameserver 10.96.0.11\n"
            )
            # The router option does not count where there are classless routes (RFC 3442).
            routes = [line.split(" metric")[0].strip() for line in guest.type("ip -4 route").splitlines()]
            assert sorted(routes) == [
                "10.96.0.0/12 via 169.254.1.1 dev eth0",
                "169.254.1.1 dev eth0 scope link",
                "default via 169.254.1.1 dev eth0",
            ]
            pinged = subprocess.run([*namespace, "ping", "-c", "1", "-W", "5", "10.244.1.17"], capture_output=True)
            assert pinged.returncode == 0, pinged.stdout
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)


@pytest.mark.full("tiny-full: the guest with Debian's full kernel, on SATA and e1000")
def test_the_full_kernel_sees_what_the_cloud_kernel_has_no_drivers_for(cache: Path, tmp_path: Path) -> None:
    build = build_image(TINY_FULL, cache, lambda _line: None)
    iso = seed(tmp_path, "#!/bin/sh\nexit 5\n", "instance-id: i-1\nlocal-hostname: full\n")
    options = (
        *("-drive", f"file={iso},if=none,id=seed,format=raw,readonly=on", "-device", "ide-cd,bus=ide.2,drive=seed"),
        *("-netdev", "user,id=net", "-device", "e1000,netdev=net,romfile=", "-device", "i6300esb"),
        *("-device", "qemu-xhci,id=usb", "-drive", "driver=null-co,size=1M,read-zeroes=on,if=none,id=stick"),
        *("-device", "usb-storage,bus=usb.0,drive=stick,serial=STICK"),
    )
    with PlainGuest(build.disk, *options, bus="sata", memory_mib=192) as guest:
        guest.wait_for("user-data ended with status 5")
        facts = guest.facts("disks", "nics", "seed")
        assert facts["nic.eth0.driver"] == "e1000"
        assert facts["disk.sr0.bus"] == "sata"
        assert facts["seed.hostname"] == "full"
        serials = {facts[key.replace("serial", "bus")]: facts[key] for key in facts if ".sd" in key and "serial" in key}
        assert serials == {"sata": "ROOT", "usb": "STICK"}
        assert guest.type("ls /dev/watchdog") == "/dev/watchdog\n"


def test_the_same_inputs_give_the_same_bytes_and_are_built_once(cache: Path, disk: Path, tmp_path: Path) -> None:
    again = tmp_path / "cache"
    (again / "packages").mkdir(parents=True)
    for package in (cache / "packages").glob("*.deb"):
        shutil.copy(package, again / "packages")
    said: list[str] = []
    build = build_image(TINY, again, said.append)
    assert digest(build.disk) == digest(disk)
    assert any("building from" in line for line in said)
    said.clear()
    layout = build_tiny(tmp_path / "oci", said.append, again)
    assert said == [f"tiny: unchanged since it was last built ({build.key[:12]})"]
    assert (layout / "index.json").read_bytes() == (build.layout / "index.json").read_bytes()
    assert not any((again / "built").glob("building-*"))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
