"""OpenStack nova's side of the benchmarks: runs in nova's own environment, and knows nothing of ours.

A request is a line of JSON on standard input, its answer a line on standard output. nova shares no process with us, so
every answer has the time of a ``json.loads`` of bytes that the request brings, which took its turns beside nova's
work, and only multiples of that are compared.

``config``  -- a guest as objects of ``nova.virt.libvirt.config``, built and formatted. What nova has no object for
               is left out: addresses of devices, IO threads of disks, boot menus; it writes less than we.
``fit``     -- ``nova.virt.hardware``: what a flavor asks for, and where on a host's cells that fits.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from nova import objects
from nova.virt import hardware
from nova.virt.libvirt import config
from timing import smallest

KIB = 1 << 10
GIB_IN_KIB = 1 << 20
MIB_IN_GIB = 1 << 10

# An element as the description has it: tag, attributes, text, children.
Element = list[Any]


def main() -> None:
    objects.register_all()
    doing: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {"config": do_config, "fit": do_fit}
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(doing[request["do"]](request)), flush=True)


def timed(request: dict[str, Any], call: Callable[[], object]) -> dict[str, float]:
    """CPU seconds of nova's work and of the yardstick, the two taking turns."""
    return smallest({"nova": call, "yardstick": partial(json.loads, request["yardstick"])}, request["rounds"])


def do_config(request: dict[str, Any]) -> dict[str, Any]:
    values = guest_values(request["description"])

    def build_and_format() -> str:
        return str(domain(values).to_xml(pretty_print=False))

    return {"times": timed(request, build_and_format), "xml": build_and_format()}


def do_fit(request: dict[str, Any]) -> dict[str, Any]:
    host = host_topology(request["cells"])
    flavor = objects.Flavor(
        vcpus=request["vcpus"],
        memory_mb=request["memory_gib"] * MIB_IN_GIB,
        extra_specs={
            "hw:cpu_policy": "dedicated",
            "hw:mem_page_size": "1GB",
            "hw:numa_nodes": str(request["guest_cells"]),
        },
    )
    image = objects.ImageMeta.from_dict({})

    def constraints_and_fit() -> Any:
        wanted = hardware.numa_get_constraints(flavor, image)
        return hardware.numa_fit_instance_to_host(host, wanted, None)

    fitted = constraints_and_fit()
    pins = None
    if fitted is not None:
        by_vcpu: dict[int, int] = {}
        for cell in fitted.cells:
            by_vcpu |= cell.cpu_pinning
        pins = [by_vcpu[vcpu] for vcpu in sorted(by_vcpu)]
    return {"times": timed(request, constraints_and_fit), "pins": pins}


def host_topology(cells: list[dict[str, Any]]) -> objects.NUMATopology:
    """The host as nova keeps it: CPUs that are somebody else's are pinned, and so are pages used."""
    made = []
    for cell in cells:
        cpus = {cpu for core in cell["cores"] for cpu in core}
        total, free = cell["pages"], cell["free_pages"]
        made.append(
            objects.NUMACell(
                id=cell["id"],
                cpuset=set(),
                pcpuset=cpus,
                memory=total * MIB_IN_GIB,
                cpu_usage=0,
                memory_usage=(total - free) * MIB_IN_GIB,
                pinned_cpus=cpus - set(cell["allotted"]),
                siblings=[set(core) for core in cell["cores"]],
                mempages=[
                    objects.NUMAPagesTopology(size_kb=4, total=0, used=0),
                    objects.NUMAPagesTopology(size_kb=GIB_IN_KIB, total=total, used=total - free),
                ],
                network_metadata=objects.NetworkMetadata(physnets=set(), tunneled=False),
                socket=cell["id"],
            )
        )
    return objects.NUMATopology(cells=made)


def below(element: Element, *path: str) -> list[Element]:
    """The elements at a path of tags below one."""
    found = [element]
    for tag in path:
        found = [child for one in found for child in one[3] if child[0] == tag]
    return found


def attributes(element: Element, *path: str) -> dict[str, str]:
    """Those of the first element at a path, or none."""
    found = below(element, *path)
    return found[0][1] if found else {}


def text(element: Element, *path: str) -> str | None:
    found = below(element, *path)
    return found[0][2] if found else None


def guest_values(root: Element) -> dict[str, Any]:
    """A guest's values as a driver has them at hand, by subject: taken apart before anything is timed."""
    devices = below(root, "devices")[0]
    return {
        "type": root[1]["type"],
        **{name: text(root, name) for name in ("name", "uuid", "iothreads")},
        "memory": int(text(root, "memory") or 0) // KIB,
        "max_memory": (text(root, "maxMemory"), attributes(root, "maxMemory").get("slots")),
        "vcpus": text(root, "vcpu"),
        "page": attributes(root, "memoryBacking", "hugepages", "page").get("size"),
        "pins": [(one[1]["vcpu"], int(one[1]["cpuset"])) for one in below(root, "cputune", "vcpupin")],
        "emulator": attributes(root, "cputune", "emulatorpin").get("cpuset"),
        "iothread_pins": [(one[1]["iothread"], int(one[1]["cpuset"])) for one in below(root, "cputune", "iothreadpin")],
        "memnodes": [(int(one[1]["cellid"]), int(one[1]["nodeset"])) for one in below(root, "numatune", "memnode")],
        "sysinfo": {one[1]["name"]: one[2] for one in below(root, "sysinfo", "system", "entry")},
        "machine": attributes(root, "os", "type"),
        "loader": (text(root, "os", "loader"), text(root, "os", "nvram"), attributes(root, "os", "nvram")),
        "smm": bool(below(root, "features", "smm")),
        "cpu_mode": attributes(root, "cpu")["mode"],
        "topology": attributes(root, "cpu", "topology"),
        "cpu_features": [one[1] for one in below(root, "cpu", "feature")],
        "cells": [
            {**one[1], "cpus": hardware.parse_cpu_spec(one[1]["cpus"]), "memory": int(one[1]["memory"]) // KIB}
            for one in below(root, "cpu", "numa", "cell")
        ],
        "clock": attributes(root, "clock"),
        "timers": [one[1] for one in below(root, "clock", "timer")],
        "disks": [disk_values(one) for one in below(devices, "disk")],
        "controllers": [one[1] for one in below(devices, "controller")],
        "interfaces": [interface_values(one) for one in below(devices, "interface")],
        "serials": [(one[1]["type"], attributes(one, "source")["path"]) for one in below(devices, "serial")],
        "channels": [
            (one[1]["type"], attributes(one, "source")["path"], attributes(one, "target")["name"])
            for one in below(devices, "channel")
        ],
        "video": attributes(devices, "video", "model"),
        "balloon": attributes(devices, "memballoon").get("model"),
        "rng": (attributes(devices, "rng").get("model"), text(devices, "rng", "backend")),
    }


def disk_values(disk: Element) -> dict[str, Any]:
    source = attributes(disk, "source")
    return {
        **disk[1],
        "driver": attributes(disk, "driver"),
        "source": source.get("file") or source.get("dev"),
        "target": attributes(disk, "target"),
        "boot": attributes(disk, "boot").get("order"),
        "serial": text(disk, "serial"),
        "alias": attributes(disk, "alias").get("name"),
        "readonly": bool(below(disk, "readonly")),
    }


def interface_values(interface: Element) -> dict[str, Any]:
    return {
        **interface[1],
        "mac": attributes(interface, "mac")["address"],
        "target": attributes(interface, "target"),
        "model": attributes(interface, "model")["type"],
        "queues": attributes(interface, "driver").get("queues"),
        "mtu": attributes(interface, "mtu").get("size"),
        "alias": attributes(interface, "alias").get("name"),
    }


def domain(values: dict[str, Any]) -> config.LibvirtConfigGuest:
    """The guest as nova's objects."""
    guest = config.LibvirtConfigGuest()
    guest.virt_type = values["type"]
    guest.name, guest.uuid = values["name"], values["uuid"]
    guest.memory, guest.vcpus, guest.iothreads = values["memory"], values["vcpus"], values["iothreads"]
    guest.max_memory_size, guest.max_memory_slots = values["max_memory"]
    guest.os_type = "hvm"
    guest.os_arch, guest.os_mach_type = values["machine"]["arch"], values["machine"]["machine"]
    guest.os_smbios = config.LibvirtConfigGuestSMBIOS()
    if values["loader"][0]:
        guest.os_loader, guest.os_nvram, template = values["loader"]
        guest.os_loader_type, guest.os_loader_readonly = "pflash", True
        guest.os_nvram_template = template["template"]
    guest.sysinfo = sysinfo(values["sysinfo"])
    guest.features = [config.LibvirtConfigGuestFeatureACPI()]
    if values["smm"]:
        guest.features.append(config.LibvirtConfigGuestFeatureSMM())
    if values["pins"]:
        guest.cputune = cputune(values)
    if values["page"]:
        guest.membacking = memory_backing(values)
        guest.numatune = numatune(values)
    guest.cpu = cpu(values)
    guest.clock = clock(values)
    guest.devices = [
        *map(disk, values["disks"]),
        *map(controller, values["controllers"]),
        *map(interface, values["interfaces"]),
        *(serial(*one) for one in values["serials"]),
        *(channel(*one) for one in values["channels"]),
        config.LibvirtConfigGuestGraphics(),
        video(values["video"]),
        balloon(values["balloon"]),
    ]
    if values["rng"][0]:
        guest.devices.append(rng(*values["rng"]))
    return guest


def sysinfo(entries: dict[str, str]) -> config.LibvirtConfigGuestSysinfo:
    made = config.LibvirtConfigGuestSysinfo()
    for name, value in entries.items():
        setattr(made, f"system_{name}", value)
    return made


def cputune(values: dict[str, Any]) -> config.LibvirtConfigGuestCPUTune:
    made = config.LibvirtConfigGuestCPUTune()
    for vcpu, cpu in values["pins"]:
        pin = config.LibvirtConfigGuestCPUTuneVCPUPin()
        pin.id, pin.cpuset = vcpu, {cpu}
        made.vcpupin.append(pin)
    for thread, cpu in values["iothread_pins"]:
        pin = config.LibvirtConfigGuestCPUTuneIOThreadPin()
        pin.iothread, pin.cpuset = thread, {cpu}
        made.iothreadpin.append(pin)
    if values["emulator"]:
        made.emulatorpin = config.LibvirtConfigGuestCPUTuneEmulatorPin()
        made.emulatorpin.cpuset = {int(values["emulator"])}
    return made


def memory_backing(values: dict[str, Any]) -> config.LibvirtConfigGuestMemoryBacking:
    made = config.LibvirtConfigGuestMemoryBacking()
    page = config.LibvirtConfigGuestMemoryBackingPage()
    page.size_kb, page.nodeset = int(values["page"]) // KIB, set(range(len(values["cells"])))
    made.hugepages = [page]
    return made


def numatune(values: dict[str, Any]) -> config.LibvirtConfigGuestNUMATune:
    made = config.LibvirtConfigGuestNUMATune()
    made.memory = config.LibvirtConfigGuestNUMATuneMemory()
    made.memory.nodeset = {cell for _, cell in values["memnodes"]}
    for guest_cell, cell in values["memnodes"]:
        node = config.LibvirtConfigGuestNUMATuneMemNode()
        node.cellid, node.nodeset = guest_cell, {cell}
        made.memnodes.append(node)
    return made


def cpu(values: dict[str, Any]) -> config.LibvirtConfigGuestCPU:
    made = config.LibvirtConfigGuestCPU()
    made.mode = values["cpu_mode"]
    topology = values["topology"]
    made.sockets, made.cores, made.threads = topology["sockets"], topology["cores"], topology["threads"]
    for feature in values["cpu_features"]:
        made.add_feature(config.LibvirtConfigGuestCPUFeature(feature["name"], feature["policy"]))
    if values["cells"]:
        made.numa = config.LibvirtConfigGuestCPUNUMA()
        for one in values["cells"]:
            cell = config.LibvirtConfigGuestCPUNUMACell()
            cell.id, cell.cpus, cell.memory = one["id"], one["cpus"], one["memory"]
            made.numa.cells.append(cell)
    return made


def clock(values: dict[str, Any]) -> config.LibvirtConfigGuestClock:
    made = config.LibvirtConfigGuestClock()
    made.offset, made.adjustment = values["clock"]["offset"], values["clock"].get("adjustment")
    for one in values["timers"]:
        timer = config.LibvirtConfigGuestTimer()
        timer.name, timer.tickpolicy = one["name"], one.get("tickpolicy")
        timer.present = one["present"] == "yes" if "present" in one else None
        made.add_timer(timer)
    return made


def disk(values: dict[str, Any]) -> config.LibvirtConfigGuestDisk:
    made = config.LibvirtConfigGuestDisk()
    driver = values["driver"]
    made.source_type, made.source_device = values["type"], values["device"]
    made.driver_name, made.driver_format = driver["name"], driver["type"]
    made.driver_cache, made.driver_discard = driver.get("cache"), driver.get("discard")
    made.driver_io, made.source_path = driver.get("io"), values["source"]
    made.target_dev, made.target_bus = values["target"]["dev"], values["target"]["bus"]
    made.serial, made.alias, made.boot_order = values["serial"], values["alias"], values["boot"]
    made.readonly = values["readonly"]
    return made


def controller(values: dict[str, str]) -> config.LibvirtConfigGuestController:
    made = config.LibvirtConfigGuestController()
    made.type, made.index, made.model = values["type"], values["index"], values.get("model")
    return made


def interface(values: dict[str, Any]) -> config.LibvirtConfigGuestInterface:
    made = config.LibvirtConfigGuestInterface()
    made.net_type, made.mac_addr, made.model = values["type"], values["mac"], values["model"]
    made.target_dev, made.managed = values["target"]["dev"], values["target"].get("managed")
    made.mtu, made.alias = values["mtu"], values["alias"]
    if values["queues"]:
        made.driver_name, made.vhost_queues = "vhost", values["queues"]
    return made


def serial(kind: str, path: str) -> config.LibvirtConfigGuestSerial:
    made = config.LibvirtConfigGuestSerial()
    made.type, made.source_path, made.target_port = kind, path, 0
    return made


def channel(kind: str, path: str, name: str) -> config.LibvirtConfigGuestChannel:
    made = config.LibvirtConfigGuestChannel()
    made.type, made.source_path, made.target_name = kind, path, name
    return made


def video(values: dict[str, str]) -> config.LibvirtConfigGuestVideo:
    made = config.LibvirtConfigGuestVideo()
    made.type, made.vram, made.heads = values["type"], values.get("vram"), values.get("heads")
    return made


def balloon(model: str | None) -> config.LibvirtConfigMemoryBalloon:
    made = config.LibvirtConfigMemoryBalloon()
    made.model, made.period = model, 10
    return made


def rng(model: str, backend: str) -> config.LibvirtConfigGuestRng:
    made = config.LibvirtConfigGuestRng()
    made.device_model, made.backend = model, backend
    return made


if __name__ == "__main__":
    main()
