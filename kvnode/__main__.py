"""``python -m kvnode`` is the ``kvnode`` command."""

import sys

from kvnode.cli import main

sys.exit(main())
