"""``--regenerate``: write the golden files anew instead of comparing with them; the change is then read in a diff."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("kvnode").addoption("--regenerate", action="store_true", help="write the golden files anew")


@pytest.fixture(scope="session")
def regenerate(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written."""
    return bool(request.config.getoption("--regenerate"))
