"""Every domain that the suite makes is accepted: by libvirt's schema, by its parser, by its QEMU driver, by QEMU."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import libvirt
import msgspec
import pytest
import yaml

import kvnode
from kvnode import HostFacts
from kvnode.domain import DomainState, domain_state
from kvnode.domain.state import ChannelState, DiskState, InterfaceState
from kvnode.errors import HostError
from tests.environment.domains import ask
from tests.golden.folders import FOLDERS, golden_plan
from tests.libvirt.newer import with_newer_libvirt
from tests.libvirt.shapes import SHAPES, shape_plan

EMBEDDED = Path(__file__).with_name("embedded.py")


@pytest.fixture(scope="module")
def test_driver():
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    connection = libvirt.open("test:///default")
    yield connection
    connection.close()


def define(connection, xml):
    connection.defineXMLFlags(xml, libvirt.VIR_DOMAIN_DEFINE_VALIDATE).undefine()


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_valid(test_driver, name):
    define(test_driver, kvnode.render(shape_plan(name)))


def planned_for(folder, version):
    """The golden plan on a host with this libvirt, or the refusal."""
    facts = HostFacts.from_json(yaml.safe_load((folder / "facts.yaml").read_text()))
    vmi = kvnode.default(kvnode.load(folder / "manifest.yaml"))
    return kvnode.plan(vmi, msgspec.structs.replace(facts, libvirt=version))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_golden_domain_is_valid_or_known_to_need_a_newer_libvirt(test_driver, folder):
    version = test_driver.getLibVersion()
    try:
        plan = planned_for(folder, version)
    except HostError as refusal:
        sentence = str(refusal)
    else:
        define(test_driver, kvnode.render(plan))
        return
    assert "takes libvirt" in sentence
    # The refusal is true: this libvirt doesn't take what the newest one does.
    with pytest.raises(libvirt.libvirtError):
        define(test_driver, kvnode.render(golden_plan(folder)))


@pytest.mark.parametrize("name", [*SHAPES, *(folder.name for folder in FOLDERS)])
def test_the_newer_libvirt_takes_every_shape_and_golden_domain(newer_answers, name):
    assert newer_answers[name] is None


@pytest.fixture(scope="module")
def newer_answers():
    """What the newest libvirt that the suite has says against each: {name: its words or None}."""
    xmls = {name: kvnode.render(shape_plan(name)) for name in SHAPES}
    xmls |= {folder.name: kvnode.render(golden_plan(folder)) for folder in FOLDERS}
    assert len(xmls) == len(SHAPES) + len(FOLDERS)
    _, said = ask(list(xmls.values()))
    return dict(zip(xmls, said, strict=True))


def started(names, newer=False):
    """What the QEMU driver of a libvirt says of shapes that it is to start: {name: (error, live XML)}."""
    return tried([[name, kvnode.render(shape_plan(name)), True] for name in names], newer)


def tried(asked, newer=False):
    """What it says of what ``embedded`` is asked."""
    # The shell is the namespace's init: it reaps the QEMUs, which libvirt has made orphans of.
    init = ("sh", "-c", '"$0" "$1"; exit $?', sys.executable, EMBEDDED)
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", *init]
    done = subprocess.run(
        with_newer_libvirt(*command) if newer else command,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {name: (error, live) for name, error, live in json.loads(done.stdout)}


@pytest.fixture(scope="module")
def answers():
    """Of every shape, from the machine's libvirt."""
    return started(SHAPES)


@pytest.fixture(scope="module")
def newer_starts(full_run):
    """Of some shapes, or of all, from a newer libvirt on the machine's QEMU."""
    return started(SHAPES if full_run else FEW, newer=True)


@pytest.mark.parametrize("name", SHAPES)
def test_qemu_starts_with_a_shape_as_an_ordinary_user(answers, name):
    error, live = answers[name]
    assert error is None
    assert domain_state(live) == promised(shape_plan(name), domain_state(live))


FEW = ("least", "room to grow", "iothreads and queues", "block sizes")
REST = [
    pytest.param(name, marks=pytest.mark.full("every shape, started by a newer libvirt"))
    for name in sorted(SHAPES.keys() - set(FEW))
]


@pytest.mark.parametrize("name", [*FEW, *REST])
def test_a_newer_libvirt_starts_it_too_and_describes_it_alike(newer_starts, name):
    error, live = newer_starts[name]
    assert error is None
    assert domain_state(live) == promised(shape_plan(name), domain_state(live))


def promised(plan, state):
    """The state of a running domain that its plan promises; what libvirt alone knows is taken from what there is."""
    assert state.id is not None
    assert state.machine.startswith("pc-q35-")
    # libvirt counts in KiB, and gives a guest that has NUMA cells or room to grow whole MiB.
    assert 0 <= state.memory_bytes - plan.memory.bytes < 1 << 20
    assert state.current_memory_bytes == state.memory_bytes
    devices = plan.devices
    return DomainState(
        plan.name,
        plan.uuid,
        plan.hypervisor,
        state.id,
        state.machine,
        state.memory_bytes,
        state.current_memory_bytes,
        plan.memory.max_bytes,
        plan.vcpu.enabled,
        plan.vcpu.maximum,
        tuple(
            DiskState(
                disk.volume,
                disk.device,
                disk.target,
                disk.bus,
                disk.path,
                disk.format if disk.source is not None else seen.format,
                disk.serial,
                disk.readonly,
            )
            for disk, seen in zip(devices.disks, state.disks, strict=True)
        ),
        tuple(
            InterfaceState(card.network, card.mac, card.model, card.tap, card.mtu, card.queues, not card.link_down)
            for card in devices.interfaces
        ),
        # Nobody has opened them, as nothing runs in a guest that is paused from its start.
        tuple(ChannelState(channel.name, channel.path, False) for channel in devices.channels),
        tuple(port.path for port in devices.serials),
        devices.graphics.socket if devices.graphics is not None else None,
    )


def given_places(xml):
    """What lies where on PCI: kind of element, its alias or index, and the numbers of its place."""
    return {
        (device.tag, device.get("type"), device.get("index") or device.find("target[@dev]").get("dev"), *place)
        for device in ET.fromstring(xml).find("devices")
        if device.tag in ("disk", "controller", "interface")
        for address in device.iterfind("address[@type='pci']")
        for place in [[int(address.get(name, "0"), 0) for name in ("domain", "bus", "slot", "function")]]
    }


@pytest.mark.parametrize("name", sorted(SHAPES.keys() - {"older virtio"}))
def test_libvirt_moves_nothing_and_adds_only_what_the_chipset_has(answers, name):
    wanted, (_, live) = given_places(kvnode.render(shape_plan(name))), answers[name]
    there = given_places(live)
    assert wanted <= there
    assert {place[1] for place in there - wanted} <= {"sata"}


def disk_to_plug(letter):
    return (
        f'<disk type="file" device="disk"><driver name="qemu" type="raw"/><source file="/run/kubevirt/{letter}.img"/>'
        f'<target dev="vd{letter}" bus="virtio"/></disk>'
    )


def test_what_is_plugged_finds_a_free_port_until_there_is_none():
    """A guest with a disk and a card has eight ports: six disks more are taken, a seventh is not."""
    xml = kvnode.render(shape_plan("least"))
    answers = tried([[str(count), xml, [disk_to_plug(letter) for letter in "bcdefgh"[:count]]] for count in (6, 7)])
    (error, live), (refusal, _) = answers["6"], answers["7"]
    assert error is None
    before, after = given_places(xml), given_places(live)
    assert before <= after
    plugged = [place for place in after if place[0] == "disk" and place[2] != "vda"]
    assert {place[4:] for place in plugged} == {(bus, 0, 0) for bus in (2, 3, 4, 6, 7, 8)}
    assert "No more available PCI slots" in refusal
