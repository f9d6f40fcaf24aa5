"""Stretches of work that an interruption must not cut in two."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Ctrl-C and its like take effect at the end of the block, once: it does its work whole or takes it back whole.

    In another thread than the main one, where no signal is handled, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda which, _frame: came.append(which)) for number in _NUMBERS}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:  # a program's own, which was not set from Python and can't be put back from here
                signal.signal(number, handler)
        if came:
            os.kill(os.getpid(), came[0])
