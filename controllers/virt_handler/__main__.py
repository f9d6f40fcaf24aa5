"""``python3 -m controllers.virt_handler``."""

import sys

from controllers.runtime.services import main
from controllers.virt_handler import daemon


async def handler() -> None:
    """The daemon with the command line's settings."""
    await daemon.run(daemon.parse())


if __name__ == "__main__":
    sys.exit(main(handler))
