"""Launchers that are followed: one open connection for each guest, read when something comes.

A launcher says each change of its guest by itself, so nothing is polled and a guest that runs quietly costs a socket.
What was said last is kept; whoever is told that something came reads it there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from kvnode.runtime.pod_node import PodGuest, PodPlace, PodRecord
from kvnode.runtime.protocol import Connection, ProtocolError, Status

log = logging.getLogger(__name__)


class FollowedGuest:
    """One guest and what its launcher said last; ``lost`` is why nothing more will come by this connection."""

    def __init__(self, place: PodPlace, guest: PodGuest, changed: Callable[[], None]) -> None:
        self.place = place
        self.record: PodRecord = guest.record
        self.status: Status = guest.status
        self.lost: str | None = None
        self._connection: Connection | None = guest.connection
        self._changed = changed
        guest.connection.socket.setblocking(False)
        asyncio.get_running_loop().add_reader(guest.connection.socket.fileno(), self._read)

    def _read(self) -> None:
        if self._connection is None:
            return
        before = self.status
        try:
            for reply in self._connection.arrived():
                if isinstance(reply, Status):
                    self.status = reply
        except ProtocolError as error:
            self.lost = str(error)
            self.close()
        if self.lost is not None or self.status != before:
            self._changed()

    def close(self) -> None:
        """Lets go of the launcher, which goes on."""
        if self._connection is not None:
            asyncio.get_running_loop().remove_reader(self._connection.socket.fileno())
            self._connection.close()
            self._connection = None
