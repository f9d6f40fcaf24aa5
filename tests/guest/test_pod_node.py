"""A guest in a Pod, by the node's half for Pods: real namespaces and a real launcher, only the kubelet is ours.

The Pod is a sandbox with what a kubelet gives a launcher's Pod: its folders below ``pods/<uid>/volumes``, its image
mounted read-only, an address, a resolv.conf.  The launcher in it is virt-launcher's own entry.
"""

from __future__ import annotations

import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import kvnode
from controllers.virt_launcher import CONFIG
from kvnode.api.configuration import DeveloperConfiguration, KubeVirtConfiguration
from kvnode.api.instance import VirtualMachineInstance
from kvnode.errors import HostError, InvalidImage, InvalidManifest
from kvnode.host import probe_host
from kvnode.network.dnsmasq import find_dnsmasq
from kvnode.network.sandbox_network import attach, detach
from kvnode.paths import NodePaths
from kvnode.planning.disk_operations import disk_operations
from kvnode.runtime.capabilities import ensure_capabilities
from kvnode.runtime.launcher_client import await_launcher
from kvnode.runtime.pod_node import (
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
from kvnode.runtime.process import Process
from kvnode.runtime.progress import Progress
from kvnode.runtime.protocol import ProtocolError, Stop
from kvnode.runtime.sandbox import POD_FOLDER, PRIVATE_FOLDER, STANDALONE_UID, Sandbox, pod_order, start_sandbox
from kvnode.storage.container_disks import DiskCache, unwrap_container_disks
from kvnode.storage.images import ImageStore
from tests.guest.conftest import EXAMPLE, Guests, kill, pings, wait_for, web_page

SECRET = b"#!/bin/sh\necho hello from a Secret > /dev/ttyS0\n"


class Pod:
    """One launcher's Pod; ``place`` is where the node half finds it."""

    def __init__(self, folder: Path, number: int) -> None:
        self.node = NodePaths.here()
        self.uid = str(uuid.uuid4())
        self.kubelet = folder / "kubelet"
        self.place = PodPlace.of(self.kubelet, folder / "state", self.uid)
        self.guest_uid = str(uuid.uuid4())
        self.folder = folder
        self.image = folder / f"image-{number}"
        self.secret = folder / f"secret-{number}"
        self.sandbox: Sandbox | None = None
        self.name = f"pod{number}"

    def vmi(self, **changes: object) -> VirtualMachineInstance:
        """The example as the API server has it."""
        vmi = kvnode.load(EXAMPLE)
        metadata = msgspec.structs.replace(vmi.metadata, uid=self.guest_uid, namespace="default")
        return kvnode.default(msgspec.structs.replace(vmi, metadata=metadata, **changes))

    def start(self) -> Sandbox:
        """What kubelet and container runtime do."""
        self._mountable()
        state = self.folder / self.name
        for folder in (state / "root", state / "pod", self.place.public, self.place.private):
            folder.mkdir(parents=True)
        for folder in (self.place.public, self.place.private):
            folder.chmod(0o777)
        self.folder.chmod(0o755)
        order = pod_order(
            state,
            program="launcher",
            arguments=[msgspec.json.encode(CONFIG).decode()],
            hostname="vmi-tiny",
            binds=[
                (str(self.place.private), PRIVATE_FOLDER, True),
                (str(self.image), "/var/run/kubevirt-images/0", False),
                (str(self.secret), "/var/run/kubevirt-secrets/user-data-1", False),
            ],
            devices=["net/tun"],
            reap=[sys.executable, "-c", "pass"],
            resolv_conf="nameserver 192.0.2.53\nsearch default.svc.cluster.local\n",
        )
        binds = [bind if bind[1] != POD_FOLDER else (str(self.place.public), POD_FOLDER, True) for bind in order.binds]
        self.sandbox = start_sandbox(msgspec.structs.replace(order, binds=binds))
        attach(self.name, self.sandbox.launcher.pid, self.node)
        await_launcher(self.place.public, STANDALONE_UID, 30, self.sandbox.launcher).close()
        return self.sandbox

    def _mountable(self) -> None:
        """The image as a runtime mounts it, and the Secret's folder as the kubelet does."""
        operations = disk_operations(kvnode.default(kvnode.load(EXAMPLE)))
        (cached,) = unwrap_container_disks(
            operations, ImageStore(self.node.images), DiskCache(self.node.disks), print
        ).values()
        (self.image / "disk").mkdir(parents=True)
        shutil.copyfile(cached.path, self.image / "disk" / "tiny.qcow2")
        (self.image / "disk" / "tiny.qcow2").chmod(0o444)
        (self.secret / "..data").mkdir(parents=True)
        (self.secret / "..data" / "userdata").write_bytes(SECRET)
        (self.secret / "userdata").symlink_to("..data/userdata")

    def end(self) -> None:
        if self.sandbox is not None:
            self.sandbox.abandon()
            kill_if_alive(self.sandbox.launcher)
            self.sandbox.wait_for_keeper(10)
            detach(self.name, self.node)


def kill_if_alive(process: Process) -> None:
    if process.alive():
        kill(process.pid)


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
    return NodeHalf(host, capabilities, emulated, uid=STANDALONE_UID)


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
    adopted = adopt_guest(pod.place, STANDALONE_UID)
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
    with pytest.raises(InvalidImage, match=f"user {STANDALONE_UID} may not read it"):
        start_in_pod(pod.vmi(), pod.place, half, Progress())
    (pod.image / "disk" / "tiny.qcow2").rename(pod.image / "outside")
    (pod.image / "disk" / "tiny.qcow2").symlink_to("/etc/shadow")
    with pytest.raises(InvalidImage, match="0 files in /disk"):
        start_in_pod(pod.vmi(), pod.place, half, Progress())
    reach_launcher(pod.place, STANDALONE_UID).connection.close()


def test_nobody_but_the_pods_own_launcher_is_taken_for_it(pod: Pod, half: NodeHalf, tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="no folder"):
        reach_launcher(pod.place, STANDALONE_UID)
    pod.start()
    with pytest.raises(ProtocolError, match=f"user {STANDALONE_UID}"):
        reach_launcher(pod.place, 107)
    # A launcher whose socket was moved into the folder of another Pod.
    other = PodPlace.of(pod.kubelet, tmp_path / "state", str(uuid.uuid4()))
    other.public.mkdir(parents=True)
    (other.public / "launcher.sock").hardlink_to(pod.place.public / "launcher.sock")
    with pytest.raises(HostError, match="is in another one's"):
        reach_launcher(other, STANDALONE_UID)
    for name in ("..", "a/b", "", "x" * 36):
        with pytest.raises(HostError, match="not the uid of a Pod"):
            PodPlace.of(pod.kubelet, tmp_path, name)
