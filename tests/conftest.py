"""What holds for every test: the plugins of tests/environment, and how hard properties are tried.

In the default run Hypothesis draws the same examples each time, so a red run speaks of the change and not of luck;
the full run draws others each time, and twenty times as many.
"""

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = [
    "pytester",
    "tests.environment.layers",
    "tests.environment.promises",
    "tests.environment.root",
    "tests.environment.command",
    "tests.environment.leftovers",
    "tests.environment.domains",
    "tests.golden.regenerate",
]

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("default", max_examples=100, deadline=None, derandomize=True, suppress_health_check=_SLOW)
settings.register_profile("full", max_examples=2000, deadline=None, print_blob=True, suppress_health_check=_SLOW)


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("full" if config.getoption("--full") else "default")


# First, as tests.environment.promises reads the marks.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        function = getattr(item, "function", None)
        if getattr(function, "is_hypothesis_test", False):
            item.add_marker(pytest.mark.partial("2000 random examples instead of 100 fixed ones"))
