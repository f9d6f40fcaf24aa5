"""Benchmarks share the suite's state folder, its command and its guest image; nothing here is timed twice.

Where they run without the suite, as `make bench` has them, nobody else knows the mark `needs`: a test of what the
machine lacks is left out then, without the account that the suite gives of it.
"""

import pytest

from tests.environment.facts import present

pytest_plugins = ["tests.environment.root", "tests.environment.command"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*facts): run only where the machine has these (tests/environment)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.pluginmanager.has_plugin("kvnode-promises"):
        return
    left_out = [
        item for item in items if not all(present(fact) for mark in item.iter_markers("needs") for fact in mark.args)
    ]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
