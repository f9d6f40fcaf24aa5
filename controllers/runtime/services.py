"""A daemon's parts, run together, and its gentle end.

All parts run until one fails or the daemon is told to stop by SIGTERM or SIGINT. Then they are cancelled, the last one
first: what others need while they end, such as whoever writes events, is named before them. Each has its own way of
ending (a controller lets a reconcile finish, an election gives its Lease back), and what hasn't ended after the grace
is left behind. A second signal doesn't wait. The client is what the caller opens around all of this.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NoReturn

from controllers.runtime.faults import in_words
from kvnode.errors import KvnodeError

# Less than the 30 s after which a kubelet kills.
STOP_GRACE_S = 20.0

log = logging.getLogger(__name__)


async def run_services(*services: Coroutine[Any, Any, None], grace_s: float = STOP_GRACE_S) -> None:
    """Run until a signal asks for the end, and return then; or until a part fails, and raise what it failed with.

    A part that simply returns counts as failed too, as its work is no longer done.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    signals = (signal.SIGTERM, signal.SIGINT)

    def asked(number: signal.Signals) -> None:
        if stop.is_set():
            log.warning("%s again: ending at once", number.name)
            # 128 + n is how a shell says that a signal ended a program.
            _exit_now(128 + number)
        log.info("%s: stopping", number.name)
        stop.set()

    for number in signals:
        loop.add_signal_handler(number, asked, number)
    tasks = [asyncio.create_task(service, name=getattr(service, "__qualname__", "service")) for service in services]
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        failed = None if stop.is_set() else next(task for task in tasks if task.done())
    finally:
        stopping.cancel()
        await _end(tasks, grace_s)
        for number in signals:
            loop.remove_signal_handler(number)
    if failed is not None:
        failed.result()
        raise KvnodeError(f"{failed.get_name()} ended though nobody asked it to")


async def _end(tasks: list[asyncio.Task[None]], grace_s: float) -> None:
    """End the last one first, as what is named later may need what is named before; each has half of what is left."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + grace_s
    for task in reversed(tasks):
        task.cancel()
        await asyncio.wait((task,), timeout=(deadline - loop.time()) / 2)
    _, late = await asyncio.wait(tasks, timeout=max(0.0, deadline - loop.time()))
    for task in late:
        log.warning("%s did not end in %.0f s and is left behind", task.get_name(), grace_s)


def main(daemon: Callable[[], Awaitable[None]]) -> int:
    """Run a daemon to its end; its exit status: 0 where it was asked to stop, otherwise as `kvnode` has it.

    Where a part of it is still at work then, the process ends here and now: it may be one that has lost its lease.
    """
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")

    async def run() -> int:
        status = 0
        try:
            await daemon()
        except KvnodeError as error:
            log.error("%s", in_words(error))
            status = error.exit_status
        except Exception:  # a bug: told with its traceback, where whoever looks for it looks
            log.exception("the daemon failed")
            status = 1
        if asyncio.all_tasks() - {asyncio.current_task()}:
            _exit_now(status)
        return status

    return asyncio.run(run())


def _exit_now(status: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
