"""The guest's serial console: read always, kept bounded, handed to whoever attaches.

The launcher is the only client of QEMU's socket, so that nothing the guest prints is lost while nobody looks and a
guest never blocks on a console that nobody reads.  What it prints goes to a log of two generations of at most 1 MiB
(guest output is hostile: it may not fill the node), and to every terminal that is attached.  A terminal that doesn't
keep up loses its connection, never the guest its speed; what terminals type is taken only as fast as QEMU takes it.
"""

from __future__ import annotations

import contextlib
import os
import socket

LOG_BYTES = 1 << 20
CLIENT_BYTES = 256 << 10
GUEST_BYTES = 64 << 10


class SerialLog:
    """The bounded log: ``path`` and one older generation beside it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._fd = self._open()
        self._size = os.fstat(self._fd).st_size

    def _open(self) -> int:
        return os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)

    def append(self, data: bytes) -> None:
        """Writes what the guest printed; a full disk costs the log, not the console."""
        with contextlib.suppress(OSError):
            if self._size >= LOG_BYTES:
                os.replace(self._path, self._path + ".1")
                older, self._fd = self._fd, self._open()
                os.close(older)
                self._size = 0
            self._size += os.write(self._fd, data)

    def tail(self, size: int) -> bytes:
        """The last ``size`` bytes of what was printed, from the younger generation alone."""
        size = min(size, CLIENT_BYTES // 2)
        return os.pread(self._fd, size, max(0, self._size - size)) if size > 0 else b""


class Terminal:
    """One attached connection and what has yet to be written to it."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.pending = bytearray()


class Serial:
    """The broker between QEMU's socket and the terminals; all sockets are non-blocking."""

    def __init__(self, log_path: str) -> None:
        self._log_path = log_path
        self.log: SerialLog | None = None
        self.guest: socket.socket | None = None
        self.to_guest = bytearray()
        self.terminals: dict[int, Terminal] = {}

    def connect(self, path: str, *, logged: bool = True) -> socket.socket:
        """A connection to QEMU's end, to become ``guest``; what comes by it is kept where ``logged``."""
        if logged:
            self.log = SerialLog(self._log_path)
        guest = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        guest.connect(path)
        guest.setblocking(False)
        return guest

    def attach(self, sock: socket.socket, backlog_bytes: int, first: bytes) -> Terminal:
        """Takes a connection over as a terminal; ``first`` came with its request already."""
        terminal = self.terminals[sock.fileno()] = Terminal(sock)
        if self.log is not None:
            terminal.pending += self.log.tail(backlog_bytes)
        self.to_guest += first
        return terminal

    def read_guest(self) -> bool:
        """Passes on what the guest prints; False once QEMU has closed."""
        assert self.guest is not None
        try:
            data = self.guest.recv(65536)
        except BlockingIOError:
            return True
        except OSError:
            data = b""
        if not data:
            self.guest.close()
            self.guest = None
            return False
        if self.log is not None:
            self.log.append(data)
        for terminal in self.terminals.values():
            terminal.pending += data
        return True

    def write_guest(self) -> None:
        """Passes on what was typed, as much as QEMU takes."""
        if self.guest is not None and self.to_guest:
            with contextlib.suppress(OSError):
                del self.to_guest[: self.guest.send(self.to_guest)]

    def read_terminal(self, terminal: Terminal) -> bool:
        """Takes what was typed; False once the terminal has gone."""
        try:
            data = terminal.socket.recv(4096)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.to_guest += data
        return bool(data)

    def write_terminal(self, terminal: Terminal) -> bool:
        """Writes what is pending; False where the terminal has gone or is too far behind."""
        try:
            del terminal.pending[: terminal.socket.send(terminal.pending)]
        except BlockingIOError:
            pass
        except OSError:
            return False
        return len(terminal.pending) <= CLIENT_BYTES

    @property
    def takes_input(self) -> bool:
        """Whether more may be read from terminals."""
        return len(self.to_guest) < GUEST_BYTES
