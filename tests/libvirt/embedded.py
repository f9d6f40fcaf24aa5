"""A libvirt with its QEMU driver for tests: a program that defines or starts the domains it reads, as an ordinary user.

Run by ``unshare --mount --net --pid --fork --kill-child``: what it mounts, links and starts goes with its namespaces.
It makes the Pod's folders, the disks that a domain names, a tap and a /dev/net/tun that the user may open, gives up
root, and answers on standard output: ``[[name, null or the error, the live XML or null], ...]`` for the
``[[name, xml, start], ...]`` on standard input. ``start`` may be a list: of the XML of devices that are plugged into
the domain once it is there.
"""

import json
import os
import re
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from pathlib import Path

import libvirt

USER = 64055
ROOT = Path("/run/libvirt-root")
DISKS = Path("/var/run/kubevirt-private/disks")
CONFIG = """
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
stdio_handler = "file"
"""


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def make_pod(xmls: list[str]) -> None:
    """Folders, links and devices that the node half makes for a guest."""
    run("mount", "-t", "tmpfs", "-o", "mode=755", "none", "/run")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "none", "/dev/net")
    run("mknod", "-m", "666", "/dev/net/tun", "c", "10", "200")
    run("ip", "link", "set", "lo", "up")
    run("ip", "tuntap", "add", "tap0", "mode", "tap", "user", str(USER), "vnet_hdr")
    for folder in (ROOT / "etc", DISKS, Path("/run/kubevirt")):
        folder.mkdir(parents=True)
    (ROOT / "etc/qemu.conf").write_text(CONFIG)
    for xml in xmls:
        for source in ET.fromstring(f"<all>{xml}</all>").iterfind(".//disk//source[@file]"):
            make_disk(Path(source.get("file", "")))
    run("chown", "-R", f"{USER}:{USER}", ROOT, DISKS.parent, "/run/kubevirt")


def make_disk(path: Path) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name == "overlay.qcow2":
        run("qemu-img", "create", "-q", "-f", "qcow2", path.with_name("base"), "1M")
        run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", path.with_name("base"), path)
    elif path.suffix == ".qcow2":
        run("qemu-img", "create", "-q", "-f", "qcow2", path, "1M")
    elif path.name != "base":
        path.write_bytes(bytes(1 << 20))


def give_up_root() -> None:
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)
    os.environ.update(HOME=str(ROOT), XDG_RUNTIME_DIR=str(ROOT))


def opened() -> libvirt.virConnect:
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    libvirt.virEventRegisterDefaultImpl()

    def turn() -> None:
        while True:
            libvirt.virEventRunDefaultImpl()

    threading.Thread(target=turn, daemon=True).start()
    return libvirt.open(f"qemu:///embed?root={ROOT}")


def tried(connection: libvirt.virConnect, xml: str, start: bool | list[str]) -> tuple[str | None, str | None]:
    """The error, if any, and the XML of the domain as it ran."""
    try:
        if not start:
            connection.defineXMLFlags(xml, libvirt.VIR_DOMAIN_DEFINE_VALIDATE).undefine()
            return None, None
        domain = connection.createXML(xml, libvirt.VIR_DOMAIN_START_VALIDATE | libvirt.VIR_DOMAIN_START_PAUSED)
        try:
            for device in start if isinstance(start, list) else ():
                domain.attachDeviceFlags(device, libvirt.VIR_DOMAIN_AFFECT_LIVE)
            live = domain.XMLDesc()
        finally:
            domain.destroy()
    except libvirt.libvirtError as error:
        return re.sub(r"\s+", " ", str(error)), None
    return None, live


def main() -> None:
    asked = json.load(sys.stdin)
    make_pod([text for _, xml, start in asked for text in (xml, *(start if isinstance(start, list) else ()))])
    give_up_root()
    # libvirt tells what it does on standard error, and some of its start-up lines on whatever is there.
    connection = opened()
    json.dump([[name, *tried(connection, xml, start)] for name, xml, start in asked], sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # the event loop's thread is in libvirt and can't be waited for


if __name__ == "__main__":
    main()
