"""What the guest boots by and what it reads of itself in SMBIOS: machine, firmware, kernel, boot menu."""

from __future__ import annotations

from fnmatch import fnmatchcase

from kvnode.api.firmware import ACPI, EFI, Chassis, Firmware
from kvnode.api.instance import VirtualMachineInstance
from kvnode.api.settings import DEFAULT_EMULATED_MACHINES
from kvnode.errors import HostError
from kvnode.facts import HostFacts
from kvnode.planning.disk_operations import volume_path
from kvnode.planning.domain_plan import Loader, OsPlan, SysinfoPlan
from kvnode.planning.intermediate import Architecture, PlanSettings
from kvnode.planning.launch_security import firmware_purpose
from kvnode.planning.refusal import invalid, some_of

_NO_FIRMWARE = Firmware()
_SYSTEM = (("manufacturer", "KubeVirt"), ("product", "None"), ("family", "KubeVirt"))
_PRIVATE = "/var/run/kubevirt-private"
_NVRAM = f"{_PRIVATE}/efi-vars.fd"  # libvirt makes the file, and no folder for it
_KERNEL = f"{_PRIVATE}/kernel-boot/kernel"
_INITRD = f"{_PRIVATE}/kernel-boot/initrd"
_PAUSED_MENU_MS = 10_000
"""A guest that starts paused shows its boot menu, so that whoever resumes it can choose."""


def os_plan(vmi: VirtualMachineInstance, host: HostFacts, arch: Architecture) -> OsPlan:
    """Machine and boot. Raises HostError where the node's QEMU lacks the machine, or the node the firmware."""
    spec = vmi.spec
    firmware = spec.domain.firmware or _NO_FIRMWARE
    machine = (spec.domain.machine.type if spec.domain.machine is not None else None) or arch.machine
    if host.machine_types is not None and machine not in host.machine_types:
        raise _no_machine(host.machine_types, machine, arch)
    bootloader = firmware.bootloader
    efi = bootloader.efi if bootloader is not None else None
    bios = bootloader.bios if bootloader is not None else None
    kernel, initrd, cmdline = _kernel_boot(firmware)
    return OsPlan(
        arch.libvirt,
        machine,
        _loader(efi, host, firmware_purpose(vmi)) if efi is not None else None,
        kernel,
        initrd,
        cmdline,
        _acpi_tables(vmi, firmware.acpi) if firmware.acpi is not None else (),
        _PAUSED_MENU_MS if spec.start_strategy == "Paused" else None,
        bios is not None and bool(bios.use_serial),
        arch.smbios,
    )


def _no_machine(known: tuple[str, ...], machine: str, arch: Architecture) -> HostError:
    # Admission takes only some of what QEMU has, and a name that it refuses is no advice.
    patterns = DEFAULT_EMULATED_MACHINES.get(arch.manifest, ())
    usable = tuple(name for name in known if any(fnmatchcase(name, one) for one in patterns))
    return HostError(
        f"spec.domain.machine.type: QEMU on this node has no machine {machine[:60]!r}; "
        f"it has {some_of(usable) or 'none that a guest may ask for'}"
    )


def has_efi(vmi: VirtualMachineInstance) -> bool:
    """Whether the guest boots by UEFI."""
    firmware = vmi.spec.domain.firmware
    return firmware is not None and firmware.bootloader is not None and firmware.bootloader.efi is not None


def _loader(efi: EFI, host: HostFacts, purpose: str | None) -> Loader:
    secure = efi.secure_boot is not False
    build = host.efi.get(purpose or ("secure_boot" if secure else "plain"))
    if build is None and purpose is not None:
        raise HostError(f"spec.domain.launchSecurity.{purpose}: this node has no UEFI firmware for such a guest")
    if build is None:
        field = "spec.domain.firmware.bootloader.efi"
        kind = "UEFI with secure boot" if secure else "UEFI"
        raise HostError(
            f"{field}: this node has no {kind} firmware; install the package ovmf (arm64: qemu-efi-aarch64)"
        )
    stateless = build.vars is None
    return Loader(
        build.code, secure=secure, nvram=None if stateless else _NVRAM, template=build.vars, stateless=stateless
    )


def _kernel_boot(firmware: Firmware) -> tuple[str | None, str | None, str | None]:
    boot = firmware.kernel_boot
    if boot is None:
        return None, None, None
    container = boot.container
    kernel = _KERNEL if container is not None and container.kernel_path else None
    initrd = _INITRD if container is not None and container.initrd_path else None
    if boot.kernel_args and kernel is None:
        field = "spec.domain.firmware.kernelBoot.kernelArgs"
        raise invalid(field, "arguments for a kernel, and container.kernelPath names none")
    return kernel, initrd, boot.kernel_args or None


def _acpi_tables(vmi: VirtualMachineInstance, acpi: ACPI) -> tuple[tuple[str, str], ...]:
    wanted = (("slic", "slicNameRef", acpi.slic_name_ref), ("msdm", "msdmNameRef", acpi.msdm_name_ref))
    return tuple((kind, _table_path(vmi, kind, field, name)) for kind, field, name in wanted if name)


def _table_path(vmi: VirtualMachineInstance, kind: str, field: str, name: str) -> str:
    for index, volume in enumerate(vmi.spec.volumes):
        if volume.name == name:
            if volume.secret is None:
                break
            return volume_path(index, f"{kind}.bin")
    raise invalid(f"spec.domain.firmware.acpi.{field}", f"no volume called {name[:60]!r} is a secret")


def sysinfo_plan(
    vmi: VirtualMachineInstance, arch: Architecture, uuid: str, settings: PlanSettings
) -> SysinfoPlan | None:
    """The SMBIOS strings. What the guest is made by reads as on KubeVirt, because tools in guests look for it."""
    if not arch.smbios:
        return None
    domain = vmi.spec.domain
    serial = domain.firmware.serial if domain.firmware is not None else None
    system = _named(settings.smbios) if settings.smbios else _SYSTEM
    chassis = _chassis(domain.chassis) if domain.chassis is not None else ()
    if serial:
        system += (("serial", serial),)
    return SysinfoPlan((*system, ("uuid", uuid)), chassis)


def _named(smbios: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The strings with the administrator's in place of ours."""
    system = {"manufacturer": "KubeVirt", "product": "None", **dict(smbios)}
    system.setdefault("family", "KubeVirt")
    return tuple(system.items())


def _chassis(chassis: Chassis) -> tuple[tuple[str, str], ...]:
    entries = (
        ("manufacturer", chassis.manufacturer),
        ("version", chassis.version),
        ("serial", chassis.serial),
        ("asset", chassis.asset),
        ("sku", chassis.sku),
    )
    return tuple((name, value) for name, value in entries if value)
