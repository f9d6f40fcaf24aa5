"""What a guest's keeper runs when the launcher has ended: ``python -m kvnode.runtime.reap ID STATUS``.

The guest is called by its folder's name, which is a hash; the record in the folder knows the rest.  What it can't do
is said on the launcher's log, and ``kvnode stop`` tries again.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys

from kvnode.errors import HostError, KvnodeError
from kvnode.paths import GuestPaths, NodePaths
from kvnode.runtime.guests import read_record
from kvnode.runtime.node import reap


def main(argv: list[str]) -> int:
    """Reaps one guest; exit status 0, or 3 where something of it could not be taken away."""
    ident, status = argv
    if not re.fullmatch("[0-9a-f]{12}", ident):
        return 2
    node = NodePaths.here()
    paths = GuestPaths(node.guests / ident, node.guests / ident / "pod", node.lib / "guests" / ident)
    record = read_record(paths)
    if record is not None and record.keeper is not None and record.keeper.pid != os.getpid():
        return 0  # whoever waited for us has given up, and the name is another guest's by now
    try:
        reap(node, paths, int(status))
    except (KvnodeError, OSError) as error:
        with contextlib.suppress(FileNotFoundError), open(paths.state / "launcher.log", "a", encoding="utf-8") as log:
            log.write(f"kvnode: {error}\n")
        return HostError.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
