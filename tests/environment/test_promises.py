"""The suite's promises about itself, each broken on purpose in a pytest run of its own."""

from pathlib import Path

import pytest

from tests.environment import leftovers
from tests.environment.facts import FACTS, present

TREE = Path(__file__).resolve().parents[2]

# The inner run has a list and facts of its own: `here` is a fact that every machine has, `absent` one that none has.
CONFTEST = """
from pathlib import Path
from tests.environment import cases, facts

cases.LIST = Path(__file__).with_name("cases.toml")
facts.FACTS.update(here=facts.Fact("presence", lambda: True), absent=facts.Fact("absence", lambda: False))
"""

# Only what is tried: loading the others' plugins is most of an inner run's time.
PLUGINS = ("-p", "tests.environment.promises", "-p", "no:hypothesispytest", "-p", "no:benchmark", "-p", "no:timeout")


@pytest.fixture
def inner(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", str(TREE))

    def run(test: str, listed: str = "", *arguments: str) -> pytest.RunResult:
        pytester.makeconftest(CONFTEST)
        pytester.makefile(".toml", cases=listed)
        pytester.makepyfile(test_inner="import pytest\n" + test)
        return pytester.runpytest_subprocess(*PLUGINS, *arguments)

    return run


def case(test: str, *needs: str) -> str:
    return f'[[case]]\ntest = "test_inner.py::{test}"\nneeds = {list(needs)}\n'


@pytest.mark.parametrize(
    "test",
    [
        "def test_a():\n    pytest.skip('not today')",
        "@pytest.mark.skip(reason='not today')\ndef test_a(): pass",
        "@pytest.mark.skipif(True, reason='not today')\ndef test_a(): pass",
        "@pytest.mark.xfail\ndef test_a(): assert False",
        "@pytest.mark.xfail\ndef test_a(): pass",
        "@pytest.fixture\ndef thing():\n    pytest.skip('not today')\ndef test_a(thing): pass",
        "pytest.importorskip('no_such_module')\ndef test_a(): pass",
        "import unittest\nclass TestA(unittest.TestCase):\n    @unittest.skip('not today')\n    def test_a(self): pass",
    ],
)
def test_a_skipped_test_fails_the_run(inner, test):
    result = inner(test + "\ndef test_b(): pass")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*promises are broken*"])


def test_a_plain_run_keeps_its_promises(inner):
    result = inner("def test_a(): pass")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*promises are broken*")


def test_what_the_machine_lacks_is_not_run_and_is_said(inner):
    test = "@pytest.mark.needs('absent')\ndef test_a(): assert False\ndef test_b(): pass"
    result = inner(test, case("test_a", "absent"), "--suite")
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=1, deselected=1)
    result.stdout.fnmatch_lines(["*not run here*", "test_inner.py::test_a*absent*no absence*"])


def test_what_the_machine_has_is_run(inner):
    result = inner("@pytest.mark.needs('here')\ndef test_a(): pass", case("test_a", "here"), "--suite")
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("test", "listed", "said"),
    [
        ("@pytest.mark.needs('here')\ndef test_a(): pass", "", "doesn't say so"),
        ("@pytest.mark.needs('here')\ndef test_a(): pass", case("test_a", "absent"), "doesn't say so"),
        ("def test_a(): pass", case("test_a", "here"), "no test with a need"),
        ("@pytest.mark.needs('no_fact')\ndef test_a(): pass", case("test_a", "no_fact"), "is no fact"),
        ("@pytest.mark.full('')\ndef test_a(): pass\ndef test_b(): pass", "", "says nothing"),
    ],
)
def test_list_and_tests_that_disagree_fail_the_run(inner, test, listed, said):
    result = inner(test, listed, "--suite")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"*{said}*"])


def test_a_listed_test_that_was_deselected_fails_the_suite(inner):
    test = "@pytest.mark.needs('here')\ndef test_a(): pass\ndef test_b(): pass"
    result = inner(test, case("test_a", "here"), "--suite", "--deselect", "test_inner.py::test_a")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*did not run*"])


def test_only_the_full_run_runs_full_tests_and_the_default_run_says_so(inner):
    test = "@pytest.mark.full('ten guests')\ndef test_a(): assert False\ndef test_b(): pass"
    result = inner(test)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*only `make test-full` covers*", "ten guests: *test_a"])
    assert inner(test, "", "--full").ret == pytest.ExitCode.TESTS_FAILED


def test_every_fact_can_be_probed():
    assert {name: present(name) for name in FACTS}.keys() == FACTS.keys()


def test_a_leftover_is_seen(tmp_path, monkeypatch):
    monkeypatch.setenv("KVNODE_ROOT", str(tmp_path))
    before = leftovers.snapshot()
    (tmp_path / "run/kvnode/guests/0123456789ab").mkdir(parents=True)
    found = leftovers.differences(before, leftovers.snapshot())
    assert ("file", f"file left behind: {tmp_path}/run/kvnode/guests/0123456789ab") in found
