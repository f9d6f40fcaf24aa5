"""virt-launcher: the Pod-side entry of the program beside each guest, ``kvnode.runtime.launcher``.

It says where a Pod has what in the standalone mode the sandbox has, and leaves the launcher's last sentence as the
container's termination message too: the kubelet empties a Pod that has ended, the API server keeps the message.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import msgspec

from kvnode.runtime.launcher.config import LauncherConfig
from kvnode.runtime.protocol import Status

SHARED = "/var/run/kubevirt"
TERMINATION_MESSAGE = Path("/dev/termination-log")
MESSAGE_BYTES = 4096
"""What the kubelet reads of a termination message."""

CONFIG = LauncherConfig(
    socket=f"{SHARED}/launcher.sock",
    libvirt_root="/run/libvirt",
    capabilities=f"{SHARED}/capabilities",
    end_file=f"{SHARED}/end.json",
    console_log=f"{SHARED}/console.log",
    opens_late=True,
)


def main() -> int:
    """Runs the guest's life; returns the container's exit status."""
    from kvnode.runtime.launcher.life import Life

    os.umask(0o027)
    status = Life(CONFIG).run()
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        last = msgspec.json.decode(Path(CONFIG.end_file).read_bytes(), type=Status)
        TERMINATION_MESSAGE.write_bytes(last.message.encode()[:MESSAGE_BYTES])
    return status
