"""KVM, tried and timed; verdicts on what a trial may say."""

import errno
import os
import stat

import pytest

from kvnode.host.kvm import BROKEN_NS, GOOD_NS, try_kvm, verdict_of
from kvnode.host.tree import Tree


@pytest.mark.parametrize(
    ("line", "state", "said"),
    [
        ("ns 0.93", "works", None),
        ("ns 50.00", "works", None),
        ("ns 50.01", "works", "slow"),
        ("ns 200.00", "works", "slow"),
        ("ns 200.50", "broken", "interprets every instruction"),
        ("ns 1250.00", "broken", "1250 ns"),
        ("untimed", "works", "only tried on x86_64"),
        (f"failed {errno.ENOENT} open", "absent", "there is no /dev/kvm"),
        (f"failed {errno.ENODEV} open", "absent", "no driver"),
        (f"failed {errno.EACCES} open", "absent", "may not be opened"),
        (f"failed {errno.EBUSY} open", "absent", "can't be opened"),
        (f"failed {errno.EINVAL} KVM_CREATE_VM", "broken", "KVM_CREATE_VM (Invalid argument)"),
        ("failed 0 KVM_RUN left with reason 17 at 0x1000", "broken", "reason 17"),
        ("failed", "broken", "no answer"),
        ("", "broken", "no answer"),
        ("\x1b]0;x", "broken", "no answer"),
        ("ns", "broken", "no answer"),
        ("ns -1.00", "broken", "no answer"),
    ],
)
def test_a_trial_is_judged(line, state, said):
    verdict = verdict_of(line)
    assert verdict.state == state
    assert verdict.note is None if said is None else said in (verdict.note or "")
    assert "\n" not in (verdict.note or "")


def test_the_cause_is_hinted_at():
    assert "kvm_pvm" in (verdict_of("ns 400.00", "; this kernel has kvm_pvm").note or "")


def test_a_missing_device_is_absent(tmp_path):
    assert try_kvm(Tree(tmp_path)).state == "absent"


def test_a_device_that_is_no_kvm_is_broken(tmp_path):
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/kvm").write_text("")
    verdict = try_kvm(Tree(tmp_path))
    assert verdict.state == "broken"
    assert "KVM_GET_API_VERSION" in (verdict.note or "")


def test_a_trial_that_takes_too_long_is_ended():
    verdict = try_kvm(timeout_s=0.0001)
    assert verdict.state == "broken"
    assert "within 0.0001 s" in (verdict.note or "")


def test_this_machines_kvm_is_timed():
    verdict = try_kvm()
    opens = os.path.exists("/dev/kvm") and stat.S_ISCHR(os.stat("/dev/kvm").st_mode) and os.access("/dev/kvm", os.W_OK)
    if verdict.ns_per_instruction is None:
        assert not opens or verdict.note
        assert verdict.state != "works" or os.uname().machine != "x86_64"
        return
    assert opens
    assert (verdict.state == "broken") == (verdict.ns_per_instruction > BROKEN_NS)
    assert (verdict.note is None) == (verdict.ns_per_instruction <= GOOD_NS)
