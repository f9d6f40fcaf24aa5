"""The layers of the suite, in the order in which a fault is cheapest to find, and the time that each one takes.

A layer is a folder of tests/. Those above need less of the machine than those below: a broken escape rule is seen in
the first second and not after the first boot. The benchmarks are run once each, to see that they still run.

The layers go in two lanes, which run side by side (tests/suite.py) and take about as long: what needs a Kubernetes API
waits most of its time, for kubelets and back-offs, while guests of the other lane compute.
"""

import time

import pytest

LAYERS = (
    "environment",
    "architecture",
    "unit",
    "golden",
    "property",
    "fuzz",
    "packaging",
    "controllers",
    "netns",
    "libvirt",
    "guest",
    "cluster",
    "budgets",
    "benchmarks",
)

_CLUSTERS = ("property", "fuzz", "packaging", "controllers", "cluster", "budgets", "benchmarks")
LANES = {"guests": tuple(layer for layer in LAYERS if layer not in _CLUSTERS), "clusters": _CLUSTERS}

# Seconds that one test may take before it is taken for hung; emulation is some thirty times slower than a processor.
# The first test of the cluster's waits for the cluster.
TIMEOUTS_S = {"packaging": 900, "controllers": 120, "libvirt": 120, "guest": 300, "cluster": 600, "budgets": 300}


def layer_of(nodeid: str) -> str:
    """The folder below tests/ that a test lies in, or ``benchmarks``."""
    parts = nodeid.split("/")
    return parts[1] if parts[0] == "tests" and len(parts) > 2 else parts[0]


def _place(item: pytest.Item) -> int:
    layer = layer_of(item.nodeid)
    return LAYERS.index(layer) if layer in LAYERS else len(LAYERS)


def in_lane(nodeid: str, lane: str | None) -> bool:
    """Whether a test is of this lane; all are of none. A folder that isn't listed is of the first."""
    if lane is None:
        return True
    layer = layer_of(nodeid)
    return layer in LANES[lane] or (layer not in LAYERS and lane == next(iter(LANES)))


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Clock(), "kvnode-layers")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_place)
    for item in items:
        limit = TIMEOUTS_S.get(layer_of(item.nodeid))
        if limit is not None and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(limit))


class Clock:
    """Tests and seconds by layer, from the first test's set-up to the last one's tear-down."""

    def __init__(self) -> None:
        self.tests: dict[str, int] = {}
        self.seconds: dict[str, float] = {}
        self.current = ""
        self.mark = 0.0

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        layer = layer_of(nodeid)
        if layer != self.current:
            self._close()
            self.current = layer
        self.tests[layer] = self.tests.get(layer, 0) + 1

    def _close(self) -> None:
        now = time.monotonic()
        if self.current:
            self.seconds[self.current] = self.seconds.get(self.current, 0.0) + now - self.mark
        self.mark = now

    def pytest_sessionfinish(self) -> None:
        self._close()
        self.current = ""

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if len(self.tests) < 2:
            return
        terminalreporter.section("layers")
        for layer, count in self.tests.items():
            terminalreporter.write_line(f"{layer:<14}{count:>6} tests {self.seconds[layer]:>8.1f} s")
