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
from kvnode.domain import domain_state
from kvnode.errors import HostError
from tests.golden.folders import FOLDERS, golden_plan
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


@pytest.fixture(scope="module")
def answers():
    """What the QEMU driver says of every shape: {name: (error, live XML)}."""
    asked = [[name, kvnode.render(shape_plan(name)), True] for name in SHAPES]
    # The shell is the namespace's init: it reaps the QEMUs, which libvirt has made orphans of.
    init = ("sh", "-c", '"$0" "$1"; exit $?', sys.executable, EMBEDDED)
    done = subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", *init],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {name: (error, live) for name, error, live in json.loads(done.stdout)}


@pytest.mark.parametrize("name", SHAPES)
def test_qemu_starts_with_a_shape_as_an_ordinary_user(answers, name):
    error, live = answers[name]
    assert error is None
    plan, state = shape_plan(name), domain_state(live)
    assert (state.name, state.uuid, state.hypervisor) == (plan.name, plan.uuid, plan.hypervisor)
    assert state.id is not None
    assert (state.vcpus, state.vcpus_maximum) == (plan.vcpu.enabled, plan.vcpu.maximum)
    # libvirt counts in KiB, and gives a guest that has NUMA cells whole MiB.
    assert 0 <= state.memory_bytes - plan.memory.bytes < 1 << 20
    assert [(disk.volume, disk.target, disk.bus, disk.path) for disk in state.disks] == [
        (disk.volume, disk.target, disk.bus, disk.path) for disk in plan.devices.disks
    ]
    assert [(card.network, card.mac, card.tap, card.mtu) for card in state.interfaces] == [
        (card.network, card.mac, card.tap, card.mtu) for card in plan.devices.interfaces
    ]
    assert {(one.name, one.path) for one in state.channels} == {(one.name, one.path) for one in plan.devices.channels}
    assert state.serial_sockets == tuple(one.path for one in plan.devices.serials)


def given_places(xml):
    """What lies where on PCI: kind of element, its alias or index, and the numbers of its place."""
    return {
        (device.tag, device.get("type"), device.get("index") or device.find("target[@dev]").get("dev"), *place)
        for device in ET.fromstring(xml).find("devices")
        if device.tag in ("disk", "controller", "interface")
        for address in device.iterfind("address[@type='pci']")
        for place in [[int(address.get(name), 0) for name in ("domain", "bus", "slot", "function")]]
    }


@pytest.mark.parametrize("name", sorted(SHAPES.keys() - {"older virtio"}))
def test_libvirt_moves_nothing_and_adds_only_what_the_chipset_has(answers, name):
    wanted, (_, live) = given_places(kvnode.render(shape_plan(name))), answers[name]
    there = given_places(live)
    assert wanted <= there
    assert {place[1] for place in there - wanted} <= {"sata"}
