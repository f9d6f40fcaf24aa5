"""``python -m deploy.images``: make what is missing, and print the archives, one a line."""

import sys

from deploy.images.build import guest_archive, kvnode_archive
from kvnode.errors import KvnodeError


def main() -> int:
    def told(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    try:
        for archive in (kvnode_archive(told), guest_archive(told)):
            print(archive)
    except KvnodeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


sys.exit(main())
