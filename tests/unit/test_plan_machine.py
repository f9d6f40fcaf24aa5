"""Machine, firmware, features, clock, devices and interfaces in a plan."""

import re

import pytest

import kvnode
from kvnode import InvalidManifest
from kvnode.errors import HostError, NoFit
from kvnode.facts import HostFacts
from tests.plans import EMULATING, HOST, guest, manifest, plan_of

EFI = {"plain": {"code": "/fw/code.fd", "vars": "/fw/vars.fd"}, "secure_boot": {"code": "/fw/sb.fd", "vars": "/fw/sbv"}}


def fields(error):
    return [fault.field for fault in error.value.errors]


def test_who_a_guest_is():
    plan = plan_of({"spec.terminationGracePeriodSeconds": 7, "spec.hostname": "web"})
    assert (plan.name, plan.namespace, plan.guest, plan.hostname) == ("tests_guest", "tests", "guest", "web")
    assert plan.grace_period_s == 7
    assert plan_of().grace_period_s == 30


def test_a_name_that_libvirt_can_not_carry_is_cut_and_stays_its_own():
    names = [plan_of({"metadata.name": "a" * 240 + end}).name for end in ("", "b", "c")]
    assert names[0] == "tests_" + "a" * 240
    assert len(set(names)) == 3
    assert [len(name) for name in names] == [246] * 3
    # A name of the usual form has one underscore: none that was cut can be another guest's.
    assert [name.count("_") for name in names] == [1, 2, 2]


def test_the_uuid_is_the_manifests_or_derives():
    given = "5D307CA9-B3EF-428C-8861-06E72D69F223"
    assert plan_of({"firmware": {"uuid": given}}).uuid == given.lower()
    assert plan_of({"firmware": {"uuid": given.replace("-", "")}}).uuid == given.lower()
    bare = [kvnode.load(manifest(change)) for change in ({}, {"metadata.uid": "another"}, {"metadata.uid": None})]
    uuids = [kvnode.plan(vmi, HostFacts()).uuid for vmi in bare]
    assert len(set(uuids)) == 3
    assert uuids[0] == plan_of().uuid
    with pytest.raises(InvalidManifest) as error:
        plan_of({"firmware": {"uuid": "../../x"}})
    assert fields(error) == ["spec.domain.firmware.uuid"]


def test_smbios_says_what_tools_in_guests_look_for():
    changes = {"firmware": {"uuid": "5d307ca9-b3ef-428c-8861-06e72d69f223", "serial": "s<1>"}}
    plan = plan_of({**changes, "chassis": {"manufacturer": "m", "asset": "a & b"}})
    assert dict(plan.sysinfo.system) == {
        "manufacturer": "KubeVirt", "product": "None", "family": "KubeVirt", "serial": "s<1>",
        "uuid": "5d307ca9-b3ef-428c-8861-06e72d69f223",
    }  # fmt: skip
    assert plan.sysinfo.chassis == (("manufacturer", "m"), ("asset", "a & b"))
    xml = kvnode.render(plan)
    assert '<entry name="serial">s&lt;1&gt;</entry>' in xml
    assert '<entry name="asset">a &amp; b</entry>' in xml
    config = {"smbios": {"manufacturer": "Us", "version": "2"}}
    assert dict(plan_of(config=config).sysinfo.system)["manufacturer"] == "Us"


def test_another_architecture_takes_another_host():
    with pytest.raises(HostError, match="the guest is arm64, and the node is x86_64"):
        plan_of({"spec.architecture": "arm64"})
    with pytest.raises(InvalidManifest) as error:
        kvnode.plan(kvnode.load(manifest({"spec.architecture": "pdp11"})), HostFacts())
    assert fields(error) == ["spec.architecture"]
    with pytest.raises(HostError, match="riscv64"):
        kvnode.plan(kvnode.load(manifest()), HostFacts(arch="riscv64"))


@pytest.mark.parametrize(
    ("arch", "host", "machine", "keyboards"),
    [("amd64", "x86_64", "q35", 0), ("arm64", "aarch64", "virt", 1), ("s390x", "s390x", "s390-ccw-virtio", 1)],
)
def test_architectures(arch, host, machine, keyboards):
    plan = plan_of({"spec.architecture": arch}, HOST | {"arch": host, "efi": EFI})
    assert (plan.os.arch, plan.os.machine) == (host, machine)
    assert sum(one.type == "keyboard" for one in plan.devices.inputs) == keyboards
    assert (plan.sysinfo is None) == (arch == "s390x")


def test_only_machines_that_admission_takes_are_advised():
    host = {**HOST, "machine_types": ["pc", "isapc", "pc-q35-7.2", "microvm", "q35"]}
    with pytest.raises(HostError, match="no machine 'pc-q35-99.0'; it has pc-q35-7.2, q35$"):
        plan_of({"machine": {"type": "pc-q35-99.0"}}, host)


def test_a_machine_that_qemu_lacks():
    with pytest.raises(HostError, match="no machine 'pc-q35-99.0'; it has q35"):
        plan_of({"machine": {"type": "pc-q35-99.0"}}, HOST | {"machine_types": ["q35"]})


def test_uefi_comes_from_the_host():
    changes = {"firmware": {"bootloader": {"efi": {"secureBoot": False}}}}
    loader = plan_of(changes, HOST | {"efi": EFI}).os.loader
    assert (loader.path, loader.template, loader.secure) == ("/fw/code.fd", "/fw/vars.fd", False)
    secure = {"firmware": {"bootloader": {"efi": {}}}, "features": {"smm": {}}}
    assert plan_of(secure, HOST | {"efi": EFI}).os.loader.secure
    xml = kvnode.render(plan_of(secure, HOST | {"efi": EFI}))
    assert '<loader readonly="yes" secure="yes" type="pflash">/fw/sb.fd</loader><nvram template="/fw/sbv">' in xml
    with pytest.raises(HostError, match="ovmf"):
        plan_of(changes)
    xml = kvnode.render(plan_of(changes, HOST | {"efi": {"plain": {"code": "/fw/one.fd"}}}))
    assert '<loader type="rom">/fw/one.fd</loader>' in xml


def test_kernel_boot_and_tables():
    boot = {"kernelArgs": "console=ttyS0 a<b", "container": {"image": "i", "kernelPath": "/k", "initrdPath": "/i"}}
    xml = kvnode.render(plan_of({"firmware": {"kernelBoot": boot}}))
    assert "<cmdline>console=ttyS0 a&lt;b</cmdline>" in xml
    assert "<kernel>/var/run/kubevirt-private/kernel-boot/kernel</kernel><initrd>/var/run" in xml
    with pytest.raises(InvalidManifest):
        plan_of({"firmware": {"kernelBoot": {"kernelArgs": "x"}}})
    volumes = [*manifest()["spec"]["volumes"], {"name": "t", "secret": {"secretName": "t"}}]
    faces = [*manifest()["spec"]["domain"]["devices"]["disks"], {"name": "t", "disk": {"bus": "sata"}}]
    changes = {"firmware": {"acpi": {"slicNameRef": "t"}}, "spec.volumes": volumes, "devices.disks": faces}
    assert plan_of(changes).os.acpi_tables == (("slic", "/var/run/kubevirt-private/disks/1/slic.bin"),)
    assert '<acpi><table type="slic">' in kvnode.render(plan_of(changes))
    with pytest.raises(InvalidManifest) as error:
        plan_of({"firmware": {"acpi": {"msdmNameRef": "system"}}})
    assert fields(error) == ["spec.domain.firmware.acpi.msdmNameRef"]
    changes["firmware"] = {"acpi": {"msdmNameRef": "t"}}
    with pytest.raises(HostError, match="ACPI table"):
        plan_of(changes, HOST | {"libvirt": 9_000_000})


def test_a_paused_guest_shows_its_boot_menu():
    plan = plan_of({"spec.startStrategy": "Paused"})
    assert plan.start_paused
    assert '<bootmenu enable="yes" timeout="10000"/>' in kvnode.render(plan)
    assert not plan_of().start_paused


def test_bios_on_the_serial_console():
    assert '<bios useserial="yes"/>' in kvnode.render(
        plan_of({"firmware": {"bootloader": {"bios": {"useSerial": True}}}})
    )


def test_rebooting_may_end_a_guest():
    assert plan_of().on_reboot == "restart"
    assert plan_of({"rebootPolicy": "Terminate"}).on_reboot == "destroy"


HYPERV = {
    "relaxed": {}, "vapic": {"enabled": False}, "spinlocks": {}, "vpindex": {}, "runtime": {}, "synic": {},
    "synictimer": {"direct": {}}, "reset": {}, "vendorid": {"vendorid": "a\"b"}, "frequencies": {},
    "reenlightenment": {}, "tlbflush": {"extended": {"enabled": True}, "direct": {"enabled": False}}, "ipi": {},
}  # fmt: skip


def test_enlightenments():
    plan = plan_of({"features": {"hyperv": HYPERV}})
    assert [one.name for one in plan.features.hyperv] == [
        "relaxed", "spinlocks", "vpindex", "runtime", "synic", "stimer", "reset", "vendor_id", "frequencies",
        "reenlightenment", "tlbflush", "ipi",
    ]  # fmt: skip
    xml = kvnode.render(plan)
    for piece in (
        '<hyperv mode="custom"><relaxed state="on"/><spinlocks state="on" retries="',
        '<stimer state="on"><direct state="on"/></stimer>',
        '<vendor_id state="on" value="a&quot;b"/>',
        '<tlbflush state="on"><extended state="on"/></tlbflush>',
    ):
        assert piece in xml
    assert '<hyperv mode="passthrough"/>' in kvnode.render(plan_of({"features": {"hypervPassthrough": {}}}))


@pytest.mark.parametrize(
    ("features", "field"),
    [
        ({"hyperv": {"relaxed": {}}}, "features.hyperv:"),
        ({"hypervPassthrough": {}}, "features.hypervPassthrough:"),
        ({"pvspinlock": {}}, "features.pvspinlock:"),
    ],
)
def test_what_only_kvm_does_is_refused_in_emulation(features, field):
    with pytest.raises(HostError) as error:
        plan_of({"features": features}, EMULATING)
    assert field in str(error.value)
    assert plan_of({"features": {"pvspinlock": {"enabled": False}}}, EMULATING).features.pvspinlock is False


def test_newer_enlightenments_take_a_newer_libvirt():
    with pytest.raises(HostError, match="TLB flush takes libvirt"):
        plan_of({"features": {"hyperv": HYPERV}}, HOST | {"libvirt": 9_000_000})


def test_features():
    features = {"acpi": {}, "apic": {"endOfInterrupt": False}, "smm": {}, "kvm": {"hidden": True}}
    xml = kvnode.render(plan_of({"features": features}))
    assert (
        '<features><acpi/><apic eoi="off"/><kvm><hidden state="on"/></kvm><vmport state="off"/><smm state="on"/>' in xml
    )
    assert "<acpi/>" not in kvnode.render(plan_of({"features": {"acpi": {"enabled": False}}}))
    assert '<tcg><tb-cache unit="MiB">32</tb-cache></tcg></features>' in kvnode.render(plan_of(facts=EMULATING))


@pytest.mark.parametrize(
    ("clock", "xml"),
    [
        (None, '<clock offset="utc"/>'),
        ({"utc": {}}, '<clock offset="utc" adjustment="reset"/>'),
        ({"utc": {"offsetSeconds": -60}}, '<clock offset="variable" adjustment="-60"/>'),
        ({"timezone": "Europe/Berlin"}, '<clock offset="timezone" timezone="Europe/Berlin"/>'),
        (
            {"utc": {}, "timer": {"hpet": {"present": False}, "kvm": {}, "hyperv": {"present": True}}},
            '<clock offset="utc" adjustment="reset"><timer name="kvmclock" present="yes"/>'
            '<timer name="hpet" present="no"/><timer name="hypervclock" present="yes"/></clock>',
        ),
        (
            {"timer": {"rtc": {"tickPolicy": "catchup", "track": "wall"}, "pit": {"tickPolicy": "delay"}}},
            '<timer name="rtc" present="yes" tickpolicy="catchup" track="wall"/>'
            '<timer name="pit" present="yes" tickpolicy="delay"/></clock>',
        ),
    ],
)
def test_clocks(clock, xml):
    assert xml in kvnode.render(plan_of({"clock": clock}))


def test_a_tick_policy_that_is_none():
    with pytest.raises(InvalidManifest) as error:
        plan_of({"clock": {"timer": {"rtc": {"tickPolicy": "late"}}}})
    assert fields(error) == ["spec.domain.clock.timer.rtc.tickPolicy"]


def test_what_a_guest_has_without_asking():
    devices = plan_of().devices
    assert [(one.type, one.model) for one in devices.controllers if one.type != "pci"] == [
        ("usb", "none"), ("scsi", "virtio-non-transitional"), ("virtio-serial", "virtio-non-transitional"),
    ]  # fmt: skip
    assert devices.serials[0].path == "/var/run/kubevirt/serial0.sock"
    assert devices.serials[0].logged
    assert [one.name for one in devices.channels] == ["org.qemu.guest_agent.0"]
    assert (devices.video.type, devices.video.vram_kib, devices.graphics.socket) == (
        "vga", 16384, "/var/run/kubevirt/vnc.sock",
    )  # fmt: skip
    assert (devices.balloon.stats_period_s, devices.balloon.free_page_reporting) == (10, True)
    assert (devices.rng, devices.tpm, devices.vsock, devices.sounds, devices.watchdogs) == (None, None, None, (), ())


def test_what_a_guest_may_do_without():
    devices = plan_of(
        {
            "devices.autoattachSerialConsole": False,
            "devices.autoattachGraphicsDevice": False,
            "devices.autoattachMemBalloon": False,
            "devices.disableHotplug": True,
        }
    ).devices
    assert (devices.serials, devices.graphics, devices.video, devices.balloon.model) == ((), None, None, "none")
    assert [one.type for one in devices.controllers if one.type != "pci"] == ["usb", "virtio-serial"]


def test_the_serial_log_is_the_administrators_or_the_guests_choice():
    config = {"virtualMachineOptions": {"disableSerialConsoleLog": {}, "disableFreePageReporting": {}}}
    devices = plan_of(config=config).devices
    assert (devices.serials[0].logged, devices.balloon.free_page_reporting) == (False, False)
    assert plan_of({"devices.logSerialConsole": True}, config=config).devices.serials[0].logged
    assert not plan_of({"devices.logSerialConsole": False}).devices.serials[0].logged
    with pytest.raises(InvalidManifest):
        plan_of(config={"virtualMachineOptions": 1})


def test_devices_that_are_asked_for():
    plan = plan_of(
        {
            "devices.rng": {},
            "devices.watchdog": {"name": "w", "i6300esb": {"action": "poweroff"}},
            "devices.sound": {"name": "s", "model": "ac97"},
            "devices.tpm": {"persistent": True},
            "devices.inputs": [{"name": "t", "type": "tablet", "bus": "usb"}],
            "devices.panicDevices": [{"model": "hyperv"}],
            "devices.downwardMetrics": {},
            "devices.autoattachVSOCK": True,
            "status.VSOCKCID": 77,
            "devices.video": {"type": "virtio"},
        }
    )
    xml = re.sub('<address type="pci"[^>]*/>', "", kvnode.render(plan))
    for piece in (
        '<rng model="virtio-non-transitional"><backend model="random">/dev/urandom</backend></rng>',
        '<watchdog model="i6300esb" action="poweroff"><alias name="ua-w"/></watchdog>',
        '<sound model="ac97"><alias name="ua-s"/></sound>',
        '<tpm model="tpm-crb"><backend type="emulator" version="2.0" persistent_state="yes"/></tpm>',
        '<input type="tablet" bus="usb"><alias name="ua-t"/></input>',
        '<controller type="usb" index="0" model="qemu-xhci">',
        '<panic model="hyperv"/>',
        'name="org.github.vhostmd.1"',
        '<vsock model="virtio-non-transitional"><cid auto="no" address="77"/></vsock>',
        '<video><model type="virtio" heads="1"/></video>',
    ):
        assert piece in xml


def test_older_guests_get_the_older_virtio():
    xml = kvnode.render(plan_of({"devices.useVirtioTransitional": True, "devices.rng": {}}))
    assert "non-transitional" not in xml
    assert xml.count('"virtio-transitional"') == 6


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"devices.inputs": [{"name": "k", "type": "keyboard"}]}, "devices.inputs[0].type"),
        ({"devices.inputs": [{"name": "k", "type": "tablet", "bus": "ps2"}]}, "devices.inputs[0].bus"),
        ({"devices.watchdog": {"name": "w", "i6300esb": {"action": "bark"}}}, "devices.watchdog.i6300esb.action"),
        ({"devices.sound": {"name": "s", "model": "sb16"}}, "devices.sound.model"),
        ({"devices.video": {"type": "voodoo"}}, "devices.video.type"),
        ({"devices.panicDevices": [{"model": "calm"}]}, "devices.panicDevices[0].model"),
        ({"devices.panicDevices": [{}, {"model": "isa"}]}, "devices.panicDevices[1].model"),
        ({"cpu": {"features": [{"name": "a", "policy": "perhaps"}]}}, "cpu.features[0].policy"),
        (
            {"cpu": {"dedicatedCpuPlacement": True, "numa": {"guestMappingPassthrough": {}}}},
            "cpu.numa.guestMappingPassthrough",
        ),
        ({"cpu": {"dedicatedCpuPlacement": True, "realtime": {"mask": "1"}}}, "cpu.realtime.mask"),
        ({"cpu": {"dedicatedCpuPlacement": True, "realtime": {"mask": "a-b"}}}, "cpu.realtime.mask"),
        ({"cpu": {"numa": {"guestMappingPassthrough": {}}}}, "cpu.numa.guestMappingPassthrough"),
        ({"cpu": {"realtime": {}}}, "cpu.realtime"),
        ({"cpu": {"isolateEmulatorThread": True}}, "cpu.isolateEmulatorThread"),
        ({"memory.reservedOverhead": {"memLock": "Perhaps"}}, "memory.reservedOverhead.memLock"),
        (
            {"devices.disks": [{"name": "system", "disk": {"bus": "virtio"}, "changedBlockTracking": True}]},
            "devices.disks[0].changedBlockTracking",
        ),
        ({"devices.filesystems": [{"name": "f", "virtiofs": {}}]}, "devices.filesystems[0].name"),
        ({"devices.gpus": [{"name": "g"}]}, "devices.gpus[0]"),
        ({"devices.hostDevices": [{"name": "g"}]}, "devices.hostDevices[0]"),
        ({"devices.interfaces": [{"name": "default", "bridge": {}, "model": "ne1"}]}, "devices.interfaces[0].model"),
        (
            {"devices.interfaces": [{"name": "default", "bridge": {}, "pciAddress": "1"}]},
            "devices.interfaces[0].pciAddress",
        ),
        ({"devices.interfaces": [{"name": "default", "passtBinding": {}}]}, "devices.interfaces[0]"),
        ({"features": {"hyperv": {"vendorid": {}}}}, "features.hyperv.vendorid.vendorid"),
    ],
)
def test_refusals_name_their_field(changes, field):
    with pytest.raises(InvalidManifest) as error:
        plan_of(changes)
    assert fields(error) == [f"spec.domain.{field}"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (
            {"spec.networks": [{"name": "default", "pod": {"vmIPv6NetworkCIDR": "fd10::/120"}}]},
            "spec.networks[0].pod.vmIPv6NetworkCIDR",
        ),
        ({"spec.utilityVolumes": [{"name": "u", "claimName": "c"}]}, "spec.utilityVolumes[0]"),
    ],
)
def test_what_comes_from_outside_the_machine_and_has_no_plan_is_refused(changes, field):
    with pytest.raises(InvalidManifest) as error:
        plan_of(changes)
    assert fields(error) == [field]


def test_a_no_is_no_wish():
    changes = {"cpu": {"isolateEmulatorThread": False}, "resources": {"overcommitGuestOverhead": False}}
    assert plan_of(changes) == plan_of()


def test_a_vsock_takes_an_id():
    with pytest.raises(InvalidManifest) as error:
        plan_of({"devices.autoattachVSOCK": True})
    assert fields(error) == ["status.VSOCKCID"]


LINK = {"default": {"ifname": "eth0", "mac": "0a:58:0a:f4:01:11", "mtu": 1450, "addresses": ["10.244.1.17/32"]}}


def test_a_card_is_on_the_links_that_the_network_plan_makes():
    face = {
        "name": "default", "bridge": {}, "model": "e1000e", "bootOrder": 2, "acpiIndex": 5, "state": "down",
        "pciAddress": "0000:02:00.0",
    }  # fmt: skip
    plan = plan_of({"devices.interfaces": [face]}, HOST | {"links": LINK})
    (card,) = plan.devices.interfaces
    assert (card.tap, card.mac, card.mtu) == ("tap0", "0a:58:0a:f4:01:11", 1450)
    assert plan.network.interfaces[0].tap == "tap0"
    assert (
        '<interface type="ethernet"><mac address="0a:58:0a:f4:01:11"/><target dev="tap0" managed="no"/>'
        '<model type="e1000e"/><link state="down"/><mtu size="1450"/><boot order="2"/>'
        '<acpi index="5"/><alias name="ua-default"/><address type="pci" bus="2" slot="0" function="0"/>'
        "</interface>"
    ) in kvnode.render(plan)


def test_a_card_has_its_boot_program_where_the_guest_may_boot_from_it():
    card = {"name": "default", "masquerade": {}}
    assert '<rom enabled="no"/>' in kvnode.render(plan_of({"devices.interfaces": [card]}))
    assert "<rom" not in kvnode.render(plan_of({"devices.interfaces": [{**card, "bootOrder": 1}]}))


def test_queues_are_for_virtio_and_for_more_than_one_vcpu():
    changes = {"devices.networkInterfaceMultiqueue": True, "cpu": {"cores": 4}}
    assert plan_of(changes).devices.interfaces[0].queues == 4
    assert '<driver queues="4"/>' in kvnode.render(plan_of(changes))
    assert plan_of({**changes, "cpu": {"cores": 1}}).devices.interfaces[0].queues is None
    changes["devices.interfaces"] = [{"name": "default", "bridge": {}, "model": "e1000"}]
    assert plan_of(changes).devices.interfaces[0].queues is None
    # libvirt opens the tap without queues then, and the kernel refuses that where the tap has some.
    assert plan_of(changes).network.interfaces[0].queues == 1


def test_a_plugin_may_bring_a_tap():
    changes = {"devices.interfaces": [{"name": "default", "binding": {"name": "p"}, "macAddress": "02-00-00-00-00-0A"}]}
    assert plan_of(changes).devices.interfaces == ()
    config = {"network": {"binding": {"p": {"domainAttachmentType": "tap"}}}}
    assert plan_of(changes, config=config).devices.interfaces[0].mac == "02:00:00:00:00:0a"


def test_an_absent_interface_has_no_card():
    assert (
        plan_of({"devices.interfaces": [{"name": "default", "bridge": {}, "state": "absent"}]}).devices.interfaces == ()
    )


ALLOTTED = HOST | {
    "pci": {"v/gpu": ["0000:65:00.0", "0000:66:00.0"]},
    "mdev": {"v/vgpu": ["53764d0e-85a0-42b4-af5c-2046b460b1dc", "53764d0e-85a0-42b4-af5c-2046b460b1dd"]},
    "usb": {"v/stick": ["3:12"]},
    "links": {"fast": {"kind": "sriov", "pci": "0000:04:02.5"}},
}


def test_devices_of_the_host_are_taken_in_turn():
    changes = {
        "devices.gpus": [{"name": "g", "deviceName": "v/gpu"}],
        "devices.hostDevices": [{"name": "h", "deviceName": "v/gpu"}, {"name": "s", "deviceName": "v/stick"}],
    }
    plan = plan_of(changes, ALLOTTED)
    taken = [(one.kind, one.alias, one.source.bus if one.source else None) for one in plan.devices.host_devices]
    assert taken == [("pci", "ua-hostdevice-h", 0x65), ("usb", "ua-hostdevice-s", None), ("pci", "ua-gpu-g", 0x66)]
    assert plan.devices.controllers[0].model == "qemu-xhci"
    xml = kvnode.render(plan)
    assert '<source><address bus="101" slot="0" function="0"/></source><alias name="ua-hostdevice-h"/>' in xml
    assert '<hostdev mode="subsystem" type="usb" managed="no"><source><address bus="3" device="12"/></source>' in xml
    changes["devices.gpus"] *= 2
    with pytest.raises(HostError, match=r"gpus\[1\].deviceName: the node has allotted no \(further\) device 'v/gpu'"):
        plan_of(changes, ALLOTTED)


def test_the_first_virtual_gpu_draws_the_screen():
    gpus = [{"name": name, "deviceName": "v/vgpu"} for name in "ab"]

    def shown(changes):
        plan = plan_of({"devices.gpus": gpus, **changes}, ALLOTTED)
        return [(one.display, one.ramfb) for one in plan.devices.host_devices]

    assert shown({}) == [(True, True), (False, False)]
    assert shown({"devices.autoattachGraphicsDevice": False}) == [(False, False)] * 2
    gpus[0]["virtualGPUOptions"] = {"display": {"ramFB": {"enabled": False}}}
    assert shown({}) == [(True, False), (False, False)]
    gpus[0]["virtualGPUOptions"] = {"display": {"enabled": False}}
    assert shown({})[0] == (False, False)


def test_a_function_of_a_card_is_its_interface():
    networks = [{"name": "default", "pod": {}}, {"name": "fast", "multus": {"networkName": "fast"}}]
    cards = [
        {"name": "default", "bridge": {}},
        {"name": "fast", "sriov": {}, "bootOrder": 1, "pciAddress": "0000:81:00.1"},
    ]
    changes = {"devices.interfaces": cards, "spec.networks": networks}
    plan = plan_of(changes, ALLOTTED)
    assert [card.network for card in plan.devices.interfaces] == ["default"]
    assert (
        '<source><address bus="4" slot="2" function="5"/></source><boot order="1"/>'
        '<alias name="ua-sriov-fast"/><address type="pci" bus="129" slot="0" function="1"/></hostdev>'
    ) in kvnode.render(plan)
    with pytest.raises(HostError, match=r"interfaces\[1\].sriov: no function"):
        plan_of(changes)


def test_a_folder_is_shared_by_memory_and_a_socket():
    volumes = [*manifest()["spec"]["volumes"], {"name": "f", "configMap": {"name": "f"}}]
    plan = plan_of({"devices.filesystems": [{"name": "f", "virtiofs": {}}], "spec.volumes": volumes})
    assert (plan.memory.source, plan.memory.shared) == ("memfd", True)
    assert (
        '<driver type="virtiofs" queue="1024"/><source socket="/var/run/kubevirt/virtiofs/1.sock"/><target dir="f"/>'
    ) in kvnode.render(plan)


def test_a_plan_is_plain_json():
    plan = plan_of(facts=EMULATING)
    document = kvnode.to_dict(plan)
    assert document["overhead"]["total_bytes"] == plan.overhead.total_bytes
    assert set(document["overhead"]["items"][0]) == {"name", "bytes", "why"}
    assert document["devices"]["disks"][0]["target"] == "vda"
    assert kvnode.to_dict(kvnode.plan(guest(), HostFacts())) == kvnode.to_dict(kvnode.plan(guest(), HostFacts()))


SEALED_EFI = {"code": "/usr/share/OVMF/OVMF_CODE.cc.fd", "vars": "/usr/share/OVMF/OVMF_VARS.fd"}
SEALED_HOST = {
    "efi": {"sev": SEALED_EFI, "snp": {"code": "/usr/share/OVMF/OVMF.amdsev.fd"}, "tdx": {"code": "/tdx.fd"}}
}


@pytest.mark.parametrize(
    ("asked", "kind", "policy"),
    [
        ({"sev": {}}, "sev", "0x1"),
        ({"sev": {"policy": {"encryptedState": True}}}, "sev", "0x5"),
        ({"snp": {}}, "sev-snp", "0x30000"),
        ({"tdx": {}}, "tdx", None),
    ],
)
def test_memory_that_the_host_can_not_read(asked, kind, policy):
    efi = {"firmware": {"bootloader": {"efi": {"secureBoot": False}}}}
    plan = plan_of({"launchSecurity": asked, **efi}, {**HOST, **SEALED_HOST})
    assert (plan.launch_security.type, plan.launch_security.policy) == (kind, policy)
    assert plan.os.loader.path == SEALED_HOST["efi"][next(iter(asked))]["code"]
    assert plan.os.loader.stateless == (kind != "sev")
    assert all(disk.iommu for disk in plan.devices.disks)
    assert all(card.iommu for card in plan.devices.interfaces)
    assert plan.devices.balloon.iommu


def test_a_host_without_the_firmware_or_without_kvm_seals_nothing():
    changes = {"launchSecurity": {"snp": {}}, "firmware": {"bootloader": {"efi": {"secureBoot": False}}}}
    with pytest.raises(HostError, match=r"launchSecurity\.snp: this node has no UEFI firmware"):
        plan_of(changes, {**HOST, "efi": {"sev": SEALED_EFI}})
    with pytest.raises(HostError, match=r"launchSecurity: memory that the host can't read is KVM's work"):
        plan_of(changes, {**EMULATING, **SEALED_HOST})


def test_an_ordinary_guests_devices_are_not_kept_from_its_memory():
    plan = plan_of({"devices.rng": {}})
    assert plan.launch_security is None
    assert not any(one.iommu for one in (*plan.devices.disks, *plan.devices.controllers, plan.devices.rng))


def test_a_viewers_devices_have_usb_ports():
    plan = plan_of({"devices.clientPassthrough": {}})
    assert plan.devices.redirections == tuple(f"/var/run/kubevirt/usbredir{number}.sock" for number in range(4))
    assert plan.devices.controllers[0].model == "qemu-xhci"
    assert kvnode.render(plan).count("<redirdev ") == 4


def test_a_manifest_adds_to_the_overhead_or_overcommits_it():
    plain = plan_of()
    added = plan_of(
        {"memory.reservedOverhead": {"addedOverhead": "64Mi"}}, config={"additionalGuestMemoryOverheadRatio": "2"}
    )
    assert added.overhead.total_bytes == 2 * plain.overhead.total_bytes + (64 << 20)
    assert added.overhead.items[-1].bytes == 64 << 20
    full = {**HOST, "memory_available_bytes": 512 << 20}
    with pytest.raises(NoFit, match="NotEnoughMemory"):
        plan_of({}, full)
    overcommitted = plan_of({"resources": {"overcommitGuestOverhead": True}}, full).overhead
    assert (overcommitted.total_bytes, overcommitted.reserved_bytes) == (plain.overhead.total_bytes, 0)
