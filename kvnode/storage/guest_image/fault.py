"""The one error of this package.

Making an image fails for the host's reasons (no network, no apt, a full disk, a tool that is missing), never for the
user's: so it is a HostError, exit status 3, and its sentence ends with what would do.
"""

from __future__ import annotations

from kvnode.errors import HostError


class GuestImageError(HostError):
    """A guest image can't be made on this host."""

    reason = "GuestImageNotBuilt"
