"""The command as a user calls it, and the guest image that tests boot, for every layer that wants them."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

KVNODE = Path(sys.executable).with_name("kvnode")

Kvnode = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def kvnode() -> Kvnode:
    """Call ``kvnode`` with these arguments below the suite's KVNODE_ROOT.

    ``status`` is the exit status it must end with, None for any; ``stdin`` what it reads; ``timeout`` in seconds.
    """

    def call(
        *arguments: str | Path, status: int | None = 0, stdin: str = "", timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [KVNODE, *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=timeout
        )
        said = f"kvnode {' '.join(map(str, arguments))}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, said
        assert status is None or done.returncode == status, said
        return done

    return call


@pytest.fixture(scope="session")
def tiny_image(kvnode: Kvnode) -> str:
    """The reference of the tiny guest image, in the suite's store; the first run ever builds it."""
    kvnode("image", "build", "tiny", timeout=600)
    return "localhost/kvnode/tiny"


@pytest.fixture(scope="session")
def tiny_full_image(kvnode: Kvnode) -> str:
    """The same with Debian's full kernel, which has drivers for what is emulated."""
    kvnode("image", "build", "tiny-full", timeout=600)
    return "localhost/kvnode/tiny-full"
