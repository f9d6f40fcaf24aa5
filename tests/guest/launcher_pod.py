"""A launcher's Pod as a kubelet makes it, for tests without one: real namespaces, a real launcher, an address.

The Pod is a sandbox with what a kubelet gives a launcher's Pod: its folders below ``pods/<uid>/volumes``, its image
mounted read-only, a Secret, a resolv.conf, and virt-launcher's own entry as its first process.
"""

from __future__ import annotations

import shutil
import sys
import uuid
from pathlib import Path

import msgspec

import kvnode
from controllers.virt_launcher import CONFIG
from kvnode.api.instance import VirtualMachineInstance
from kvnode.network.sandbox_network import attach, detach
from kvnode.paths import NodePaths
from kvnode.planning.disk_operations import disk_operations
from kvnode.runtime.launcher_client import await_launcher
from kvnode.runtime.pod_node import LAUNCHER_UID, PodPlace
from kvnode.runtime.process import Process
from kvnode.runtime.sandbox import POD_FOLDER, PRIVATE_FOLDER, Sandbox, pod_order, start_sandbox, system_files
from kvnode.storage.container_disks import DiskCache, unwrap_container_disks
from kvnode.storage.images import ImageStore
from tests.guest.conftest import EXAMPLE, kill

SECRET = b"#!/bin/sh\necho hello from a Secret > /dev/ttyS0\n"
RESOLV_CONF = "nameserver 192.0.2.53\nsearch default.svc.cluster.local\n"


class Pod:
    """One launcher's Pod; ``place`` is where the node half finds it."""

    def __init__(self, folder: Path, number: int = 0, uid: str | None = None) -> None:
        self.node = NodePaths.here()
        self.uid = uid or str(uuid.uuid4())
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
            resolv_conf=RESOLV_CONF,
        )
        binds = [bind if bind[1] != POD_FOLDER else (str(self.place.public), POD_FOLDER, True) for bind in order.binds]
        files = system_files(LAUNCHER_UID, LAUNCHER_UID, "vmi-tiny", RESOLV_CONF)
        order = msgspec.structs.replace(order, binds=binds, uid=LAUNCHER_UID, gid=LAUNCHER_UID, files=files)
        self.sandbox = start_sandbox(order)
        attach(self.name, self.sandbox.launcher.pid, self.node)
        await_launcher(self.place.public, LAUNCHER_UID, 30, self.sandbox.launcher).close()
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
