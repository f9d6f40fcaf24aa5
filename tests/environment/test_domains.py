"""What the suite renders is put to a newer libvirt: each rule of that, in a pytest run of its own."""

from pathlib import Path

import pytest

from tests.environment.domains import ask, shape_of
from tests.libvirt.newer import newer_version

TREE = Path(__file__).resolve().parents[2]
PLUGINS = ("-p", "tests.environment.domains", "-p", "no:hypothesispytest", "-p", "no:benchmark", "-p", "no:timeout")

BEGIN = """
import msgspec
import pytest
import kvnode
from tests.plans import EMULATING, guest, plan_of

def with_serial(plan, serial):
    disk = msgspec.structs.replace(plan.devices.disks[0], serial=serial)
    return msgspec.structs.replace(plan, devices=msgspec.structs.replace(plan.devices, disks=(disk,)))
"""


@pytest.fixture
def inner(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", str(TREE))

    def run(test: str) -> pytest.RunResult:
        pytester.makepyfile(test_inner=BEGIN + test)
        return pytester.runpytest_subprocess(*PLUGINS)

    return run


def test_what_libvirt_takes_says_nothing(inner):
    result = inner("def test_a(): kvnode.render(plan_of())")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*domains*")


@pytest.mark.parametrize("test", ["kvnode.render(with_serial(plan_of(), '<>'))", "kvnode.render(twice())"])
def test_what_libvirt_refuses_fails_the_run_and_names_the_test(inner, test):
    twice = """
def twice():
    plan = plan_of({"devices.panicDevices": [{"model": "isa"}]})
    return msgspec.structs.replace(plan, devices=msgspec.structs.replace(plan.devices, panics=plan.devices.panics * 2))
"""
    result = inner(f"{twice}\ndef test_a(): {test}")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["refused by libvirt *: test_inner.py::test_a: *"])


def test_a_second_domain_of_a_refused_shape_is_seen_where_its_manifest_is_sound(inner):
    result = inner("""
def test_a(): kvnode.render(plan_of({"devices.disks": [{"name": "system", "disk": {"bus": "virtio"}, "serial": "?a"}]}))
def test_b(): kvnode.render(with_serial(plan_of(), "?b"))
""")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["refused by libvirt *: test_inner.py::test_b: *"])


def test_a_domain_of_a_program_is_seen(inner):
    result = inner("""
import subprocess, sys

def test_a():
    code = "import kvnode, test_inner as it; kvnode.render(it.with_serial(it.plan_of(), '<>'))"
    subprocess.run([sys.executable, "-c", code], check=True)
""")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["refused by libvirt *: test_inner.py::test_a: *"])


def test_nothing_is_promised_of_a_manifest_that_is_refused(inner):
    disk = {"name": "system", "disk": {"bus": "virtio"}, "serial": "<>"}
    result = inner(f"def test_a(): kvnode.render(plan_of({{'devices.disks': [{disk}]}}))")
    assert result.ret == pytest.ExitCode.OK


def test_what_takes_a_libvirt_newer_still_is_listed_with_the_plans_own_reason(inner):
    result = inner("""
from tests.plans import HOST

def test_a():
    firmware = {"bootloader": {"efi": {"secureBoot": False}}}
    gate = {"developerConfiguration": {"featureGates": ["WorkloadEncryptionTDX"]}}
    host = {**HOST, "efi": {"tdx": {"code": "/usr/share/OVMF/OVMF.inteltdx.fd"}}}
    kvnode.render(plan_of({"launchSecurity": {"tdx": {}}, "firmware": firmware}, host, gate))
""")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["newer than libvirt *: test_inner.py::test_a: *TDX takes libvirt 11.6.0*"])


def test_a_plan_that_is_made_up_says_why(inner):
    body = "def test_a(): kvnode.render(with_serial(plan_of(), '<>'))"
    assert inner(f"@pytest.mark.made_up('to try it')\n{body}").ret == pytest.ExitCode.OK
    result = inner(f"@pytest.mark.made_up('')\n{body}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*says nothing of why*"])


def test_the_newer_libvirt_is_the_one_that_answers():
    version, answers = ask(["<domain type='test'><name>a</name></domain>", "<domain><nothing/></domain>"])
    assert version == newer_version() >= 11_000_000
    assert all(answers)


def test_a_shape_has_words_and_what_a_text_is_made_of():
    guest = b'<domain type="kvm"><name>a/1</name><memory unit="b">%s</memory></domain>'
    assert shape_of(guest % b"1000") == shape_of(guest % b"1023").replace(b"a/1", b"b/2")
    for other in (b"10000000", b"-1000", b"many", b"1000.0", "١٠٠٠".encode()):
        assert shape_of(guest % b"1000") != shape_of(guest % other)
    assert shape_of(guest) != shape_of(guest.replace(b"kvm", b"qemu"))
    assert shape_of(guest) != shape_of(guest.replace(b"unit", b"size"))
