"""No test is skipped, and nothing that isn't run goes unsaid.

Three ways remain not to run a test, each of them printed at the end of a run:
- ``@pytest.mark.needs("fact")``: the machine lacks the fact (facts.py). The test must stand in cases.toml with exactly
  these facts, and every line of that list must have its test.
- ``@pytest.mark.full("what it covers")``: only ``--full`` runs it.
- ``@pytest.mark.partial("what the full run adds")``: it runs, at a lower count; the fixture ``full_run`` says which.

Whatever pytest itself would call skipped or expected to fail makes the run fail, in whatever way it came about.
"""

from collections.abc import Iterable

import pytest

from tests.environment.cases import LIST, listed_cases
from tests.environment.facts import FACTS, present
from tests.environment.layers import LANES, in_lane


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("kvnode")
    group.addoption("--full", action="store_true", help="run what the default run leaves out, at full counts")
    group.addoption("--suite", action="store_true", help="this run is the whole suite: hold its list against it")
    group.addoption("--lane", choices=LANES, help="run this lane's layers alone")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*facts): run only where the machine has these (tests/environment)")
    config.addinivalue_line("markers", "full(what): run only by `make test-full`; `what` is printed by `make test`")
    config.addinivalue_line("markers", "partial(what): run at a lower count by `make test`; `what` the full one adds")
    config.pluginmanager.register(Promises(config), "kvnode-promises")


@pytest.fixture(scope="session")
def full_run(request: pytest.FixtureRequest) -> bool:
    """Whether this run is asked for full counts."""
    return bool(request.config.getoption("--full"))


def _case_id(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _needs(item: pytest.Item) -> frozenset[str]:
    return frozenset(fact for mark in item.iter_markers("needs") for fact in mark.args)


class Promises:
    """One run's account of what was not run, and of what broke a promise."""

    def __init__(self, config: pytest.Config) -> None:
        self.full = bool(config.getoption("--full"))
        self.suite = bool(config.getoption("--suite"))
        self.lane = config.getoption("--lane")
        self.not_here: dict[str, list[str]] = {}
        self.only_full: dict[str, list[str]] = {}
        self.broken: list[str] = []
        self.ran: set[str] = set()

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        self._compare_with_list(items)
        kept, dropped = [], []
        for item in items:
            # The list was held against all tests; what is run, and said of what isn't, is one lane's.
            (kept if in_lane(item.nodeid, self.lane) and self._runs(item) else dropped).append(item)
        items[:] = kept
        if dropped:
            config.hook.pytest_deselected(items=dropped)

    def _runs(self, item: pytest.Item) -> bool:
        """Whether the item is run; what it is not run for is written down."""
        missing = [fact for fact in sorted(_needs(item)) if fact in FACTS and not present(fact)]
        if missing:
            self.not_here[_case_id(item)] = missing
            return False
        for mark in (*item.iter_markers("full"), *item.iter_markers("partial")):
            if not mark.args or not str(mark.args[0]).strip():
                self.broken.append(f"{_case_id(item)}: the mark `{mark.name}` says nothing of what it covers")
                continue
            tests = self.only_full.setdefault(str(mark.args[0]), [])
            if not self.full and _case_id(item) not in tests:
                tests.append(_case_id(item))
        return self.full or item.get_closest_marker("full") is None

    def _compare_with_list(self, items: Iterable[pytest.Item]) -> None:
        listed = listed_cases()
        marked = {_case_id(item): _needs(item) for item in items if item.get_closest_marker("needs")}
        for facts in (*listed.values(), *marked.values()):
            self.broken += [
                f"{fact!r} is no fact that tests/environment/facts.py probes" for fact in facts - FACTS.keys()
            ]
        for test, facts in marked.items():
            if listed.get(test) != facts:
                self.broken.append(f"{test} needs {', '.join(sorted(facts))}, and {LIST.name} doesn't say so")
        if self.suite:
            self.broken += [
                f"{LIST.name} lists {test}, which is no test with a need" for test in listed.keys() - marked.keys()
            ]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.broken.append(f"{report.nodeid} was skipped while it was read: {_reason(report)}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped or hasattr(report, "wasxfail"):
            self.broken.append(f"{report.nodeid} was skipped or marked to fail: {_reason(report)}")
        elif report.when == "call":
            self.ran.add(report.nodeid.partition("[")[0])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.suite and not session.config.option.collectonly and not session.shouldfail and not session.shouldstop:
            for test, facts in listed_cases().items():
                here = all(fact in FACTS and present(fact) for fact in facts)
                if not in_lane(test, self.lane):
                    continue
                if here and test not in self.ran and not any(test in tests for tests in self.only_full.values()):
                    self.broken.append(f"{test} did not run, though this machine has {', '.join(sorted(facts))}")
        if self.broken and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        out = terminalreporter
        if self.not_here:
            out.section("not run here")
            for test, facts in sorted(self.not_here.items()):
                lacking = ", ".join(f"{fact} (this machine has no {FACTS[fact].meaning})" for fact in facts)
                out.write_line(f"{test} — {lacking}")
        if any(self.only_full.values()):
            out.section("only `make test-full` covers")
            for what, tests in self.only_full.items():
                named = tests if len(tests) <= 3 else [f"{len(tests)} tests, from {tests[0]} to {tests[-1]}"]
                out.write_line(f"{what}: {', '.join(named)}")
        if self.broken:
            out.section("the suite's promises are broken", red=True, bold=True)
            for line in dict.fromkeys(self.broken):
                out.write_line(line, red=True)


def _reason(report: pytest.CollectReport | pytest.TestReport) -> str:
    marked = getattr(report, "wasxfail", None)
    if marked is not None:
        return f"xfail {marked}"
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
