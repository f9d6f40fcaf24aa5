"""Waiting for what has to become so, in an event loop, with an end."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any


async def eventually(holds: Callable[[], object], timeout_s: float = 20.0) -> None:
    """Wait until ``holds()`` is true; what it gave last is in the error."""
    deadline = time.monotonic() + timeout_s
    while not (last := holds()):
        assert time.monotonic() < deadline, f"not so after {timeout_s} s: {last!r}"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def running(*coroutines: Coroutine[Any, Any, object]) -> AsyncIterator[None]:
    """Run these as tasks meanwhile; what one of them fails with fails the test."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
