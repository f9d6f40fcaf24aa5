"""A guest in a Pod, by the node's half for Pods: real namespaces and a real launcher, only the kubelet is ours.

What the kubelet does is in ``launcher_pod``.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kvnode.api.configuration import DeveloperConfiguration, KubeVirtConfiguration
from kvnode.api.cpu_memory import CPU
from kvnode.api.disks import BlockSize
from kvnode.api.features import FeatureState
from kvnode.api.instance import VirtualMachineInstance
from kvnode.errors import HostError, InvalidImage, InvalidManifest
from kvnode.host import probe_host
from kvnode.network.dnsmasq import find_dnsmasq
from kvnode.paths import NodePaths
from kvnode.runtime.capabilities import ensure_capabilities
from kvnode.runtime.pod_node import (
    LAUNCHER_UID,
    NodeHalf,
    PodPlace,
    adopt_guest,
    forget_pod,
    mend_guest,
    pods_with_launchers,
    reach_launcher,
    read_pod_record,
    start_in_pod,
)
from kvnode.runtime.progress import Progress
from kvnode.runtime.protocol import ProtocolError, Stop
from tests.guest.conftest import Guests, kill, pings, wait_for, web_page
from tests.guest.launcher_pod import Pod
from tests.guest.test_pinned import ALLOWED, threads_of


@pytest.fixture
def pod(guests: Guests, tmp_path: Path) -> Iterator[Pod]:
    """A Pod that is taken away; the machine is compared before and after."""
    made = Pod(tmp_path, 0)
    yield made
    made.end()


@pytest.fixture(scope="module")
def half() -> NodeHalf:
    host = probe_host()
    emulated = KubeVirtConfiguration(developer_configuration=DeveloperConfiguration(use_emulation=True))
    capabilities = ensure_capabilities(NodePaths.here(), host, print)
    return NodeHalf(host, capabilities, emulated)


def with_the_volumes_blocks(vmi: VirtualMachineInstance) -> VirtualMachineInstance:
    """The same guest, whose first disk has the blocks of the file system that it lies on."""
    first, *others = vmi.spec.domain.devices.disks
    first = msgspec.structs.replace(first, block_size=BlockSize(match_volume=FeatureState()))
    devices = msgspec.structs.replace(vmi.spec.domain.devices, disks=(first, *others))
    domain = msgspec.structs.replace(vmi.spec.domain, devices=devices)
    return msgspec.structs.replace(vmi, spec=msgspec.structs.replace(vmi.spec, domain=domain))


def with_secret(vmi: VirtualMachineInstance) -> VirtualMachineInstance:
    from kvnode.api.meta import LocalObjectReference
    from kvnode.api.volumes import CloudInitNoCloudSource

    source = CloudInitNoCloudSource(secret_ref=LocalObjectReference("cloud-init"))
    seed = msgspec.structs.replace(vmi.spec.volumes[1], cloud_init_no_cloud=source)
    spec = msgspec.structs.replace(vmi.spec, volumes=(vmi.spec.volumes[0], seed))
    return msgspec.structs.replace(vmi, spec=spec)


def test_a_guest_has_its_pods_address_and_outlives_who_started_it(pod: Pod, half: NodeHalf) -> None:
    sandbox = pod.start()
    progress = Progress()
    guest = start_in_pod(with_secret(pod.vmi()), pod.place, half, progress)
    assert guest.status.phase == "Running"
    assert [step for step, _ in progress.steps] == [
        *("find the images", "look at the Pod", "plan", "prepare the disks", "hand the address over"),
        "start the domain",
    ]
    (interface,) = guest.record.interfaces
    (address,) = interface.addresses
    guest.connection.close()
    sandbox.commit()

    assert list(pods_with_launchers(pod.kubelet)) == [pod.uid]
    wait_for("a ping", lambda: pings(address))
    wait_for("a TCP answer", lambda: "vmi-tiny" in web_page(address))
    log = pod.place.public / "console.log"
    wait_for("the Secret's user-data", lambda: b"hello from a Secret" in log.read_bytes())

    # Somebody else comes back and goes on; a server that died is mended, the guest isn't touched.
    adopted = adopt_guest(pod.place, LAUNCHER_UID)
    assert (adopted.record, adopted.status.phase) == (guest.record, "Running")
    (server,) = find_dnsmasq(sandbox.launcher.pid)
    assert mend_guest(pod.place, adopted.record, half) == 0
    kill(server)
    assert mend_guest(pod.place, adopted.record, half) == 1
    again = start_in_pod(with_secret(pod.vmi()), pod.place, half, Progress())
    assert again.status.qemu_pid == adopted.status.qemu_pid
    again.connection.close()

    with adopted.connection as connection:
        connection.limit(60)
        connection.status(Stop())
        while (last := connection.receive()).phase == "Running":  # type: ignore[union-attr]
            pass
    assert last.phase == "Succeeded"
    forget_pod(pod.place)
    assert read_pod_record(pod.place) is None


def test_a_disk_has_the_blocks_of_the_pods_volume(pod: Pod, half: NodeHalf) -> None:
    sandbox = pod.start()
    guest = start_in_pod(with_the_volumes_blocks(pod.vmi()), pod.place, half, Progress())
    sandbox.commit()
    guest.connection.close()
    size = min(os.statvfs(pod.place.private).f_bsize, 4096)
    told = Path(f"/proc/{qemu_in(sandbox.launcher.pid)}/cmdline").read_bytes()
    assert told.count(b'"logical_block_size":%d' % size) == 1


def test_what_was_seen_of_the_network_survives_a_start_that_was_cut_off(
    pod: Pod, half: NodeHalf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Pod's link has no address any more once the network was handed over; the next try must know it."""
    sandbox = pod.start()
    with monkeypatch.context() as patch:
        from kvnode.runtime import pod_node

        def cut_off(*_: object) -> None:
            raise HostError("the node half was killed here")

        patch.setattr(pod_node, "start_domain", cut_off)
        with pytest.raises(HostError, match="killed here"):
            start_in_pod(pod.vmi(), pod.place, half, Progress())
    before = read_pod_record(pod.place)
    assert before is not None
    guest = start_in_pod(pod.vmi(), pod.place, half, Progress())
    assert guest.record == before
    assert guest.record.interfaces[0].addresses
    assert len(find_dnsmasq(sandbox.launcher.pid)) == 1
    guest.connection.close()


def test_a_guest_that_can_not_start_says_why_and_its_launcher_waits(pod: Pod, half: NodeHalf) -> None:
    pod.start()
    strict = msgspec.structs.replace(half, configuration=KubeVirtConfiguration())
    with pytest.raises(HostError, match="emulation isn't allowed"):
        start_in_pod(pod.vmi(), pod.place, strict, Progress())
    (pod.secret / "..data" / "userdata").rename(pod.secret / "..data" / "other")
    with pytest.raises(InvalidManifest, match=r"volumes\[1\].*no key 'userdata'"):
        start_in_pod(with_secret(pod.vmi()), pod.place, half, Progress())
    (pod.image / "disk" / "second").touch()
    with pytest.raises(InvalidImage, match=r"volumes\[0\].*2 files in /disk \('second', 'tiny.qcow2'\)"):
        start_in_pod(pod.vmi(), pod.place, half, Progress())
    (pod.image / "disk" / "second").unlink()
    (pod.image / "disk" / "tiny.qcow2").chmod(0o400)
    with pytest.raises(InvalidImage, match=f"user {LAUNCHER_UID} may not read it"):
        start_in_pod(pod.vmi(), pod.place, half, Progress())
    (pod.image / "disk" / "tiny.qcow2").rename(pod.image / "outside")
    (pod.image / "disk" / "tiny.qcow2").symlink_to("/etc/shadow")
    with pytest.raises(InvalidImage, match="0 files in /disk"):
        start_in_pod(pod.vmi(), pod.place, half, Progress())
    reach_launcher(pod.place, LAUNCHER_UID).connection.close()


def confine(pid: int, cpus: set[int]) -> None:
    """What the kubelet's CPU manager does to a container, for a process and all threads of it."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cpus)


def qemu_in(launcher: int) -> int:
    """QEMU of a Pod as this machine counts: it is the launcher's child."""
    children = " ".join(file.read_text() for file in Path("/proc", str(launcher), "task").glob("*/children")).split()
    (qemu,) = [int(pid) for pid in children if "qemu-system" in Path(f"/proc/{pid}/cmdline").read_text()]
    return qemu


@pytest.mark.needs("root", "cpus_2")
def test_cpus_that_others_have_as_well_are_nobodys_own(pod: Pod, half: NodeHalf) -> None:
    sandbox = pod.start()
    confine(sandbox.launcher.pid, ALLOWED)
    vmi = pod.vmi()
    domain = msgspec.structs.replace(vmi.spec.domain, cpu=CPU(cores=1, dedicated_cpu_placement=True))
    vmi = msgspec.structs.replace(vmi, spec=msgspec.structs.replace(vmi.spec, domain=domain))
    with pytest.raises(
        HostError, match=r"dedicatedCpuPlacement: the Pod was to have 1 CPU\(s\) for itself, and may use"
    ):
        start_in_pod(vmi, pod.place, half, Progress())
    assert read_pod_record(pod.place) is None

    cpu = max(ALLOWED)
    confine(sandbox.launcher.pid, {cpu})
    guest = start_in_pod(vmi, pod.place, half, Progress())
    vcpus = [cpus for name, cpus in threads_of(qemu_in(sandbox.launcher.pid)).items() if name.startswith("CPU ")]
    assert vcpus == [[str(cpu)]]
    guest.connection.close()


def test_nobody_but_the_pods_own_launcher_is_taken_for_it(pod: Pod, half: NodeHalf, tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="no folder"):
        reach_launcher(pod.place, LAUNCHER_UID)
    pod.start()
    with pytest.raises(ProtocolError, match=f"user {LAUNCHER_UID}"):
        reach_launcher(pod.place, 64055)
    # A launcher whose socket was moved into the folder of another Pod.
    other = PodPlace.of(pod.kubelet, tmp_path / "state", str(uuid.uuid4()))
    other.public.mkdir(parents=True)
    (other.public / "launcher.sock").hardlink_to(pod.place.public / "launcher.sock")
    with pytest.raises(HostError, match="is in another one's"):
        reach_launcher(other, LAUNCHER_UID)
    for name in ("..", "a/b", "", "x" * 36):
        with pytest.raises(HostError, match="not the uid of a Pod"):
            PodPlace.of(pod.kubelet, tmp_path, name)
