"""What a guest's keeper runs when the launcher has ended: ``python -m kvnode.runtime.reap ID STATUS``.

The guest is called by its folder's name, which is a hash; the record in the folder knows the rest.  What it can't do
is said on the launcher's log, and ``kvnode stop`` tries again.
"""

from __future__ import annotations

import re
import sys

from kvnode.errors import KvnodeError
from kvnode.paths import GuestPaths, NodePaths
from kvnode.runtime.node import reap


def main(argv: list[str]) -> int:
    """Reaps one guest; exit status 0, or 3 where something of it could not be taken away."""
    ident, status = argv
    if not re.fullmatch("[0-9a-f]{12}", ident):
        return 2
    node = NodePaths.here()
    paths = GuestPaths(node.guests / ident, node.guests / ident / "pod", node.lib / "guests" / ident)
    try:
        reap(node, paths, int(status))
    except KvnodeError as error:
        with open(paths.state / "launcher.log", "a", encoding="utf-8") as log:
            log.write(f"kvnode: {error}\n")
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
