"""``python3 -m controllers.virt_launcher``, the Pod's first process."""

import os
import sys

from controllers.virt_launcher import main

status = main()
sys.stderr.flush()
# The interpreter's own tear-down would join libvirt's threads; the end of process 1 does all that it would do.
os._exit(status)
