"""Which hypervisor a guest of this machine gets, and that its user is told."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.guest.conftest import EXAMPLE, Guests, wait_for, web_page


def accelerators(listed: dict[str, Any]) -> list[str]:
    """What QEMU was started with behind ``-accel`` or in ``-machine accel=``."""
    processes = listed["processes"]
    assert isinstance(processes, dict)
    words = Path(f"/proc/{processes['qemu'][0]}/cmdline").read_bytes().decode().split("\0")
    named = [words[at + 1].split(",")[0] for at, word in enumerate(words) if word == "-accel"]
    return named + [
        part.removeprefix("accel=") for word in words for part in word.split(",") if part.startswith("accel=")
    ]


@pytest.mark.needs("root", "kvm_works")
def test_a_guest_runs_on_kvm(guests: Guests) -> None:
    said = guests.kvnode("run", str(EXAMPLE), "--name", "fast", "--detach").stderr
    begun = time.monotonic()
    listed = guests.listed("fast")
    assert accelerators(listed) == ["kvm"]
    assert "emulated" not in said
    wait_for("its page", lambda: web_page(str(listed["addresses"][0])), 20)
    assert time.monotonic() - begun < 20


@pytest.mark.needs("root", "kvm_broken")
def test_a_guest_is_emulated_where_kvm_is_broken_and_its_user_told_why_in_one_line(guests: Guests) -> None:
    said = guests.kvnode("run", str(EXAMPLE), "--name", "slow", "--detach").stderr
    (line,) = [line for line in said.splitlines() if "emulated" in line]
    assert "interprets every instruction" in line
    assert accelerators(guests.listed("slow")) == ["tcg"]
