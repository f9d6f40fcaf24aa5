"""The program beside each guest: libvirt in its own process, and nothing that it doesn't need.

Pid 1 of the guest's sandbox or Pod, an ordinary user without capabilities.  It waits on a unix socket for the node
half's order, starts the domain, follows libvirt's events, keeps the serial console, and ends when the guest has
ended.  It knows neither manifests nor Kubernetes: what it imports is paid for once for every guest on the node.

Its argument is one JSON object (``LauncherConfig``).  Exit status: 0 the guest ended as asked or by itself, 3 it
could not be started, 4 it crashed.
"""

from __future__ import annotations

import sys


def main(argv: list[str] | None = None) -> int:
    """Runs one guest's life; returns the exit status."""
    from kvnode.runtime.launcher.config import decode_config
    from kvnode.runtime.launcher.life import Life

    arguments = sys.argv[1:] if argv is None else argv
    return Life(decode_config(arguments[0])).run()
