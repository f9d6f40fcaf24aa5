"""The list of tests that need something of the machine, as data: tests/environment/cases.toml."""

import tomllib
from pathlib import Path

LIST = Path(__file__).with_name("cases.toml")


def listed_cases() -> dict[str, frozenset[str]]:
    """Each listed test (its id without parameters) with the facts that it needs."""
    document = tomllib.loads(LIST.read_text())
    cases: dict[str, frozenset[str]] = {}
    for case in document.get("case", []):
        if case["test"] in cases:
            raise ValueError(f"{LIST.name} lists {case['test']} twice")
        cases[case["test"]] = frozenset(case["needs"])
    return cases
