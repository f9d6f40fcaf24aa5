"""What the handler remembers of one guest between two looks at it; all of it may be lost at any moment.

Nothing here decides whether a guest lives: a handler without memory finds its guests by their Pods' folders.  What is
remembered saves saying things twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from controllers.runtime.backoff import Backoff
from controllers.runtime.resources import Request
from controllers.virt_handler.followed import FollowedGuest
from kvnode.runtime.pod_node import PodGuest, PodPlace

Work = asyncio.Future[PodGuest]

CALM_S = 60.0
"""A launcher that was followed for so long without a break has nothing to be slowed down for."""
INFORMED_S = 60.0
"""Until when an informer has certainly heard of what was written."""


@dataclass
class GuestMemory:
    """One guest's, by its uid.

    request   -- its name
    work      -- what is done with its launcher on a thread, for the Pod at ``place``; there until its outcome was told
    followed  -- its launcher, while that is followed
    reported  -- the report that was applied last, at ``said_at`` on the monotonic clock
    told      -- reasons of the events that were told: each is news once
    breaks    -- how often in a row its launcher was silent or hung up
    faults    -- how often in a row what was done with its launcher failed
    ended_at  -- when its end was written, on the monotonic clock
    """

    request: Request
    work: Work | None = None
    place: PodPlace | None = None
    followed: FollowedGuest | None = None
    reported: dict[str, Any] | None = None
    said_at: float = 0.0
    told: set[str] = field(default_factory=set)
    breaks: int = 0
    faults: int = 0
    ended_at: float | None = None
    _followed_at: float = 0.0
    _rests_until: float = 0.0
    _again: asyncio.TimerHandle | None = None

    def follow(self, followed: FollowedGuest) -> None:
        """Its launcher from now on."""
        self.unfollow()
        self.followed, self._followed_at = followed, time.monotonic()

    def unfollow(self) -> None:
        """Lets go of the launcher, which goes on."""
        if self.followed is not None:
            self.followed.close()
            self.followed = None

    def broke_off(self, pause: Backoff) -> float:
        """The launcher was silent or hung up; seconds until it is tried again, more each time in a row."""
        if self.followed is not None and time.monotonic() - self._followed_at > CALM_S:
            self.breaks = 0
        self.breaks += 1
        return pause.delay_s(self.breaks)

    def failed(self, pause: Backoff) -> None:
        """What was done with its launcher failed; it is left alone for a while, longer each time in a row.

        By a count of its own: each try is more than one reconcile, and all but the last of them go well.
        """
        self.drop_work()
        self.faults += 1
        self._rests_until = time.monotonic() + pause.delay_s(self.faults)

    def rest_s(self) -> float:
        """For how long it is left alone yet."""
        return max(0.0, self._rests_until - time.monotonic())

    def went_well(self) -> None:
        """What comes next is no further try."""
        self.work, self.faults, self._rests_until = None, 0, 0.0

    def say_again(self, every_s: float, wake: Callable[[Request], None]) -> bool:
        """Whether what was said may be said again now; otherwise there is a call when it may."""
        wait_s = self.said_at + every_s - time.monotonic()
        if wait_s <= 0:
            return True
        if self._again is None:
            self._again = asyncio.get_running_loop().call_later(wait_s, self._due, wake)
        return False

    def _due(self, wake: Callable[[Request], None]) -> None:
        self._again = None
        wake(self.request)

    @property
    def has_ended(self) -> bool:
        """Whether its end was written a moment ago, whatever an informer that lags behind still says."""
        return self.ended_at is not None and time.monotonic() - self.ended_at < INFORMED_S

    def drop_work(self) -> None:
        """Forgets work, done or not: a connection that comes of it is closed, and no failure of it is missed."""
        if self.work is not None:
            self.work.add_done_callback(_let_go)
            self.work = None

    def close(self) -> None:
        """Lets go of everything."""
        if self._again is not None:
            self._again.cancel()
            self._again = None
        self.unfollow()
        self.drop_work()


def _let_go(work: Work) -> None:
    if not work.cancelled() and work.exception() is None:
        work.result().connection.close()
