"""Guests that boot by UEFI: what they see of it and of a TPM, and that secure boot keeps an unsigned system out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.guest.conftest import Guests, wait_for
from tests.guest.test_lifecycle import variant

SEED = """\
#!/bin/sh
{
dmesg | sed -n 's/.*\\(secureboot: .*\\)/seen: \\1/p'
echo "seen: firmware $(ls -d /sys/firmware/efi)"
echo "seen: tpm $(cat /sys/class/tpm/tpm0/tpm_version_major)"
echo "seen: all"
} >/dev/ttyS0 2>&1
"""


def by_uefi(tmp_path: Path, efi: dict[str, Any], **changes: object) -> Path:
    """The example, booted by UEFI, with the script above in its seed."""
    volumes = [
        {"name": "system", "containerDisk": {"image": "localhost/kvnode/tiny"}},
        {"name": "seed", "cloudInitNoCloud": {"userData": SEED}},
    ]
    firmware = {"bootloader": {"efi": efi}}
    memory = {"guest": "256Mi"}
    return variant(tmp_path, domain__firmware=firmware, domain__memory=memory, volumes=volumes, **changes)


@pytest.mark.needs("ovmf", "swtpm")
def test_a_guest_boots_by_uefi_and_has_a_tpm(guests: Guests, tmp_path: Path) -> None:
    guests.detach(by_uefi(tmp_path, {"secureBoot": False}, domain__devices__tpm={}), "uefi")
    wait_for("the guest's script", lambda: "seen: all" in guests.kvnode("logs", "uefi").stdout)
    printed = guests.kvnode("logs", "uefi").stdout
    assert "seen: secureboot: Secure boot disabled" in printed
    assert "seen: firmware /sys/firmware/efi" in printed
    assert "seen: tpm 2" in printed
    guests.kvnode("stop", "uefi", "--force")


@pytest.mark.needs("ovmf")
def test_secure_boot_refuses_what_nobody_signed(guests: Guests, tmp_path: Path) -> None:
    guests.detach(by_uefi(tmp_path, {"secureBoot": True}, domain__features={"smm": {"enabled": True}}), "sealed")
    wait_for("the firmware's refusal", lambda: "Access Denied" in guests.kvnode("logs", "sealed").stdout)
    assert "kvnode-tiny" not in guests.kvnode("logs", "sealed").stdout
    guests.kvnode("stop", "sealed", "--force")
