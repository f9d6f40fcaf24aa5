"""Benchmarks share the suite's state folder, its command and its guest image; nothing here is timed twice."""

pytest_plugins = ["tests.environment.root", "tests.environment.command"]
