"""Pid 1 of a sandbox without a guest: asks libvirt what it and QEMU can do here, and leaves the answer.

Run once for each build of QEMU and libvirt on a node, in the very sandbox that guests get, since libvirt's cache is
good only where user, devices and binaries are the same.  What is left in the Pod's folder: ``facts.json`` and libvirt's
own cache files, with which every later launcher is seeded.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from pathlib import Path

import libvirt
import msgspec

from kvnode.host.capabilities import describe
from kvnode.runtime.launcher.domain import run_events
from kvnode.runtime.launcher.reaper import Reaper


class ProbeConfig(msgspec.Struct, frozen=True):
    """Where to work, where to leave the answer, and for which guests to ask."""

    libvirt_root: str
    out: str
    arch: str
    kvm: str


def main() -> int:
    """Leaves the answer, or the reason why there is none in ``error``; exit status 0 or 3."""
    config = msgspec.json.decode(sys.argv[1], type=ProbeConfig)
    out = Path(config.out)
    os.makedirs(f"{config.libvirt_root}/etc", exist_ok=True)
    try:
        libvirt.registerErrorHandler(lambda *_: None, None)
        libvirt.virEventRegisterDefaultImpl()
        for work in (run_events, _reap):
            threading.Thread(target=work, daemon=True).start()
        connection = libvirt.open(f"qemu:///embed?root={config.libvirt_root}")
        facts = describe(connection, config.arch, "works" if config.kvm == "works" else "absent")
    except Exception as error:  # whatever it was, it belongs into the sentence that the user reads
        (out / "error").write_text(str(error))
        return 3
    for file in Path(config.libvirt_root, "cache/qemu/capabilities").glob("*.xml"):
        shutil.copyfile(file, out / file.name)
    (out / "facts.json").write_bytes(msgspec.json.encode(facts))
    return 0


def _reap() -> None:
    """Takes in the QEMUs that libvirt asks: it waits for each to disappear."""
    reaper = Reaper()
    while True:
        reaper.reap()
        time.sleep(0.02)
