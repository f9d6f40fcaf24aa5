"""Runs the host's and the packages' programs for an image build.

Each runs with an environment of its own making (``LC_ALL=C``, ``TZ=UTC``, the build's ``SOURCE_DATE_EPOCH``), so
that neither a locale nor a clock reaches the bytes of an image, with a deadline, and without a terminal.  One that
is missing, fails or hangs is a GuestImageError with its last words.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from kvnode.storage.guest_image.fault import GuestImageError

MAKE_ROOM = "make room in the file system of the cache, and try again"

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Proxies are the host's way out, and apt heeds them.
_KEPT = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "APT_CONFIG")


def require_room(folder: Path, wanted_bytes: int, what: str) -> None:
    """Refuse to begin what would fill the disk: apt, for one, hangs on a full one.

    Raises GuestImageError when the file system of ``folder`` has less than ``wanted_bytes`` free.
    """
    free = shutil.disk_usage(folder).free
    if free < wanted_bytes:
        raise GuestImageError(
            f"{what} takes {wanted_bytes / 1e6:.0f} MB, {folder} has {free / 1e6:.0f} MB free: {MAKE_ROOM}"
        )


def run_tool(
    arguments: Sequence[str | Path],
    *,
    would_do: str,
    timeout_s: float = 120,
    cwd: Path | None = None,
    stdout: int | None = None,
    environment: Mapping[str, str] | None = None,
    expected: Sequence[int] = (0,),
) -> subprocess.CompletedProcess[bytes]:
    """Run one program to its end and give back what it printed.

    arguments   -- the program and its words; never a shell's line
    would_do    -- closes the sentence of an error: what a person can do about it
    stdout      -- a file descriptor for the output, which then is not kept
    environment -- what comes on top of the fixed one
    expected    -- exit statuses that are no failure

    Raises GuestImageError when it can't be started, takes longer than ``timeout_s`` or ends otherwise.
    """
    words = [os.fspath(word) for word in arguments]
    name = os.path.basename(words[0])
    fixed = {"PATH": _PATH, "LC_ALL": "C", "TZ": "UTC", "DEBIAN_FRONTEND": "noninteractive"}
    kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
    try:
        ended = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=subprocess.PIPE,
            env={**kept, **fixed, **(environment or {})},
            cwd=cwd,
            timeout=timeout_s,
            check=False,
        )
    except FileNotFoundError as error:
        missing = error.filename or words[0]
        raise GuestImageError(f"{name} can't be run, there is no {missing}: {would_do}") from error
    except OSError as error:
        raise GuestImageError(f"{name} can't be run, {error.strerror}: {would_do}") from error
    except subprocess.TimeoutExpired as error:
        raise GuestImageError(f"{name} did not end within {timeout_s:g} s: {would_do}") from error
    if ended.returncode and os.strerror(errno.ENOSPC).encode() in ended.stderr:
        raise GuestImageError(f"{name} found no space left on the device ({last_words(ended.stderr)}): {MAKE_ROOM}")
    if ended.returncode not in expected:
        said = last_words(ended.stderr or ended.stdout or b"") or "it printed nothing"
        raise GuestImageError(f"{name} ended with status {ended.returncode} ({said}): {would_do}")
    return ended


def last_words(printed: bytes) -> str:
    """The last lines of what a program printed, on one line; empty when it printed nothing.

    apt marks its errors by ``E:`` and explains them at length: where there are such lines, they are the ones.
    """
    lines = [line.strip() for line in printed.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("E:")]
    return "; ".join((errors or lines)[-3:])
