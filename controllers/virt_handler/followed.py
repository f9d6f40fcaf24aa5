"""Launchers that are followed: one open connection for each guest, read when something comes.

A launcher says each change of its guest by itself, so nothing is polled and a guest that runs quietly costs a socket.
What was said last is kept; whoever is told that something came reads it there.

A launcher may be in the hands of its guest.  One that talks without end is read a few times a second and no more: it
waits for us then, and neither the other guests nor the API server notice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from kvnode.runtime.pod_node import PodGuest, PodPlace, PodRecord
from kvnode.runtime.protocol import Connection, ProtocolError, Status

READS_AT_ONCE = 20
"""A launcher says a handful of things in its life; so many reads are its own at any time."""
READS_PER_S = 2.0


class FollowedGuest:
    """One guest and what its launcher said last; ``lost`` is why nothing more will come by this connection.

    asked_s  -- how many seconds the guest was given when it was asked to stop, None where it wasn't asked by us
    """

    def __init__(self, place: PodPlace, guest: PodGuest, changed: Callable[[], None]) -> None:
        self.place = place
        self.record: PodRecord | None = guest.record
        self.status: Status = guest.status
        self.lost: str | None = None
        self.asked_s: float | None = None
        self._connection: Connection | None = guest.connection
        self._changed = changed
        self._reads = float(READS_AT_ONCE)
        self._read_at = time.monotonic()
        self._later: asyncio.TimerHandle | None = None
        guest.connection.socket.setblocking(False)
        self._listen()
        # What came together with the answer that made this guest a followed one is in memory and wakes nobody.
        asyncio.get_running_loop().call_soon(self._read)

    def _listen(self) -> None:
        self._later = None
        if self._connection is not None:
            asyncio.get_running_loop().add_reader(self._connection.socket.fileno(), self._read)

    def _read(self) -> None:
        if self._connection is None or self._later is not None:
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
        self._mind_the_pace()

    def _mind_the_pace(self) -> None:
        """Stops listening for a while where the launcher has used up its reads."""
        now = time.monotonic()
        self._reads = min(float(READS_AT_ONCE), self._reads + (now - self._read_at) * READS_PER_S) - 1
        self._read_at = now
        if self._reads < 0 and self._connection is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._connection.socket.fileno())
            self._later = loop.call_later(1 / READS_PER_S, self._listen)

    def close(self) -> None:
        """Lets go of the launcher, which goes on."""
        if self._later is not None:
            self._later.cancel()
        if self._connection is not None:
            asyncio.get_running_loop().remove_reader(self._connection.socket.fileno())
            self._connection.close()
            self._connection = None
