"""libvirt's XML back into values."""

import pytest

import kvnode
from kvnode.domain import domain_state
from kvnode.domain.state import ChannelState, DiskState, InterfaceState, UnreadableDomain
from tests.plans import GIB, MIB, plan_of

LIVE = """
<domain type='qemu' id='3'>
  <name>tests_guest</name><uuid>ec6b1bc8-7f55-55b7-8565-f5ea3250be0f</uuid>
  <maxMemory slots='16' unit='GiB'>4</maxMemory>
  <memory unit='KiB'>1048576</memory><currentMemory>524288</currentMemory>
  <vcpu placement='static' current='1'>4</vcpu>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/><source file='/o.qcow2' index='1'/>
      <backingStore type='file' index='2'><format type='qcow2'/><source file='/base'/></backingStore>
      <target dev='vda' bus='virtio'/><serial>S</serial><alias name='ua-system'/>
    </disk>
    <disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/><alias name='sata0-0-0'/></disk>
    <interface type='ethernet'>
      <mac address='0a:58:0a:f4:01:11'/><target dev='tap0' managed='no'/><model type='virtio-non-transitional'/>
      <driver queues='2'/><mtu size='1450'/><link state='down'/><alias name='ua-default'/>
    </interface>
    <serial type='unix'><source mode='bind' path='/s.sock'/><target type='isa-serial' port='0'/></serial>
    <channel type='unix'><source mode='bind' path='/a.sock'/>
      <target type='virtio' name='org.qemu.guest_agent.0' state='connected'/></channel>
    <channel type='spicevmc'><target type='virtio'/></channel>
    <graphics type='vnc' socket='/v.sock'><listen type='socket' socket='/v.sock'/></graphics>
  </devices>
</domain>
"""


def test_a_live_domain():
    state = domain_state(LIVE)
    assert (state.name, state.uuid, state.hypervisor, state.id) == (
        "tests_guest",
        "ec6b1bc8-7f55-55b7-8565-f5ea3250be0f",
        "qemu",
        3,
    )
    assert state.machine == "pc-q35-7.2"
    assert (state.memory_bytes, state.current_memory_bytes, state.max_memory_bytes) == (GIB, 512 * MIB, 4 * GIB)
    assert (state.vcpus, state.vcpus_maximum) == (1, 4)
    assert state.disks == (
        DiskState("system", "disk", "vda", "virtio", "/o.qcow2", "qcow2", "S"),
        DiskState(None, "cdrom", "sda", "sata", readonly=True),
    )
    assert state.interfaces == (
        InterfaceState("default", "0a:58:0a:f4:01:11", "virtio-non-transitional", "tap0", 1450, 2, False),
    )
    assert state.channels == (ChannelState("org.qemu.guest_agent.0", "/a.sock", True),)
    assert (state.serial_sockets, state.vnc_socket) == (("/s.sock",), "/v.sock")


def test_what_was_rendered_reads_back():
    plan = plan_of({"memory": {"guest": "1Gi", "maxGuest": "4Gi"}, "cpu": {"sockets": 1, "maxSockets": 4}})
    state = domain_state(kvnode.render(plan))
    assert (state.name, state.uuid, state.hypervisor, state.id) == (plan.name, plan.uuid, "kvm", None)
    assert (state.memory_bytes, state.max_memory_bytes) == (plan.memory.bytes, plan.memory.max_bytes)
    assert (state.vcpus, state.vcpus_maximum) == (plan.vcpu.enabled, plan.vcpu.maximum)
    assert [disk.volume for disk in state.disks] == [disk.volume for disk in plan.devices.disks]
    assert [card.mac for card in state.interfaces] == [card.mac for card in plan.devices.interfaces]
    assert state.serial_sockets == (plan.devices.serials[0].path,)
    assert state.vnc_socket == plan.devices.graphics.socket
    assert state.channels[0].connected is None


def test_little_is_enough():
    state = domain_state("<domain><name>a</name><memory unit='parsec'>1</memory><vcpu>many</vcpu></domain>")
    assert (state.name, state.memory_bytes, state.vcpus, state.disks, state.vnc_socket) == ("a", None, None, (), None)


def test_a_number_that_is_none_is_left_out():
    for number in ("9" * 5000, "-1", "²", "1.5", ""):
        state = domain_state(f"<domain id='{number}'><name>a</name><memory unit='b'>{number}</memory></domain>")
        assert (state.id, state.memory_bytes) == (None, None)


@pytest.mark.parametrize("xml", ["", "<domain>", "<network/>", b"\xff\xfe<", "no xml"])
def test_what_is_no_domain(xml):
    with pytest.raises(UnreadableDomain):
        domain_state(xml)
