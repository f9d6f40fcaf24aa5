"""A terminal on a guest's serial console: raw bytes both ways until the escape key, as ``virsh console`` has it."""

from __future__ import annotations

import contextlib
import os
import selectors
import sys
import termios
import time
import tty
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kvnode.cli.terminal import say
from kvnode.errors import HostError, NotFound

if TYPE_CHECKING:
    import socket

    from kvnode.paths import GuestPaths
    from kvnode.runtime.guests import GuestRecord

ESCAPE = b"\x1d"
QUIET_S = 2.0
_UNTAKEN_BYTES = 1 << 20
ANSWER_S = 10.0


def talk(paths: GuestPaths, record: GuestRecord, backlog_bytes: int = 0) -> None:
    """Connects standard input and output to the guest's console until the escape key, or the guest's end.

    Standard input that is no terminal (a pipe, a file) is typed as it is; after its end the console is shown until
    the guest has been silent for two seconds.  Raises NotFound for a guest without a console.
    """
    from kvnode.runtime.launcher_client import connect_launcher
    from kvnode.runtime.protocol import ProtocolError
    from kvnode.runtime.sandbox import STANDALONE_UID

    if not record.console and not record.starting:  # what a start will give it isn't known before its end
        raise no_console(record.name)
    try:
        connection = connect_launcher(paths.pod, STANDALONE_UID, ANSWER_S)
        first = connection.attach(backlog_bytes)
    except ProtocolError as error:
        raise HostError(f"the console of {record.name!r} can't be opened: {error}") from None
    with connection, raw_terminal():
        # Said once the terminal is raw, so that nothing typed after it is lost or echoed twice.
        say(f"connected to the console of {record.namespace}/{record.name}; the escape key is Ctrl-]")
        if sys.stderr.isatty():
            sys.stderr.write("\r")  # a raw terminal goes down at a line's end, and not back
        ended = relay(connection.socket, first)
    say("" if sys.stderr.isatty() else "disconnected")
    if ended:
        say("the guest closed the console")


def no_console(name: str) -> NotFound:
    """What is said to whoever asks for the console of a guest that has none."""
    return NotFound(
        f"guest {name!r} has no serial console: its manifest sets spec.domain.devices.autoattachSerialConsole to false"
    )


@contextlib.contextmanager
def raw_terminal() -> Iterator[None]:
    """Standard input without echo, line editing and signals, where it is a terminal; restored whatever happens."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setraw(sys.stdin, termios.TCSADRAIN)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def relay(guest: socket.socket, first: bytes) -> bool:
    """Copies both ways; True where the guest's side closed, False where the user left."""
    terminal, out = sys.stdin.fileno(), sys.stdout.fileno()
    is_terminal = os.isatty(terminal)
    write_all(out, first)
    guest.setblocking(False)
    open_input, heard = True, time.monotonic()
    untaken = b""
    with selectors.DefaultSelector() as selector:
        selector.register(guest, selectors.EVENT_READ)
        with contextlib.suppress(PermissionError):
            selector.register(terminal, selectors.EVENT_READ)
        regular = terminal not in {key.fd for key in selector.get_map().values()}
        while True:
            # A regular file is always readable, and epoll refuses to say so.
            ready = {key.fd for key, _ in selector.select(0 if regular and open_input else 0.2)}
            if guest.fileno() in ready and (data := received(guest)) is not None:
                if not data:
                    return True
                write_all(out, data)
                heard = time.monotonic()
            # A person's keys are always read, or the escape key would be lost; a pipe as fast as the guest takes it.
            if open_input and (regular or terminal in ready) and (is_terminal or len(untaken) < _UNTAKEN_BYTES):
                typed = os.read(terminal, 4096)
                before, escape, _ = typed.partition(ESCAPE) if is_terminal else (typed, b"", b"")
                untaken = (untaken + before)[:_UNTAKEN_BYTES]
                if escape:
                    return False
                if not typed:
                    open_input, heard = False, time.monotonic()
                    if not regular:
                        selector.unregister(terminal)
            untaken = send_some(guest, untaken)
            selector.modify(guest, selectors.EVENT_READ | (selectors.EVENT_WRITE if untaken else 0))
            if not open_input and not untaken and time.monotonic() - heard > QUIET_S:
                return False


def send_some(guest: socket.socket, data: bytes) -> bytes:
    """Sends what the guest's side takes now, and returns the rest: a hung guest must not take the escape key away."""
    try:
        return data[guest.send(data) :] if data else data
    except BlockingIOError:
        return data
    except (BrokenPipeError, ConnectionResetError):  # its end is read in the next round
        return b""


def received(guest: socket.socket) -> bytes | None:
    """What the guest printed, None for nothing yet; empty once its side has closed, or was killed with words unread."""
    try:
        return guest.recv(65536)
    except BlockingIOError:
        return None
    except ConnectionResetError:
        return b""


def write_all(fd: int, data: bytes) -> None:
    """Writes everything, however little is taken at a time."""
    while data:
        data = data[os.write(fd, data) :]
