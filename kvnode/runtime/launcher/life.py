"""One guest's life, as a loop over what happens to it.

Everything that happens arrives here, in one thread: connections, what the serial console prints, signals, the end of
children, and what libvirt's threads report.  The phase goes Scheduled, Running, then Succeeded or Failed, and only
``_become`` changes it.
"""

from __future__ import annotations

import contextlib
import os
import queue
import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable

import msgspec

from kvnode.runtime.launcher.clients import Client, accept, listen
from kvnode.runtime.launcher.config import LauncherConfig
from kvnode.runtime.launcher.domain import Domain, Failure, Paused, Stopped
from kvnode.runtime.launcher.reaper import Reaper, ending
from kvnode.runtime.launcher.serial import Serial, Terminal
from kvnode.runtime.protocol import Attach, ProtocolError, Refused, Request, Start, Status, Stop

PRESS_AGAIN_S = 5.0
TRY_AGAIN_S = 5.0
CALM_S = 2.0
"""A guest that was let go on and has not been paused again for so long has got over its disk's fault."""
FORCE_S = 12.0
"""How long libvirt may take over ending a guest by force: it gives QEMU 10 s for SIGTERM. Below the node's patience."""
SILENT_S = 10.0
FAREWELL_S = 2.0
EXIT_STATUS = {"Succeeded": 0, "Failed": 4}
EXIT_NOT_STARTED = 3
_EVENTS = selectors.EVENT_READ | selectors.EVENT_WRITE


class Life:
    """See the module; ``run`` returns the exit status."""

    def __init__(self, config: LauncherConfig) -> None:
        self._config = config
        self._status = Status("Scheduled")
        self._selector = selectors.DefaultSelector()
        self._clients: set[Client] = set()
        self._reaper = Reaper()
        self._reap_again = False
        self._happened: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._wake_read, self._wake_write = socket.socketpair()
        self._domain = Domain(config.libvirt_root, config.capabilities, self._notify)
        self._serial = Serial(config.console_log)
        self._order: Start | None = None
        self._stop_at: float | None = None
        self._press_at = 0.0
        self._resume_at: float | None = None
        self._calm_at: float | None = None
        self._forced = False
        self._give_up_at: float | None = None
        self._started = False
        self._qemu_ended_at: float | None = None

    # -- threads beside the loop

    def _notify(self, what: object) -> None:
        """Hands a value to the loop, from any thread."""
        self._happened.put(what)
        with contextlib.suppress(BlockingIOError):
            self._wake_write.send(b"\0")

    def _worker(self) -> None:
        if not self._config.opens_late:
            self._domain.open()
        while True:
            self._work.get()()

    # -- the loop

    def run(self) -> int:
        """Lives until the guest has ended; returns the exit status."""
        server = listen(self._config.socket)
        server_key = self._selector.register(server, selectors.EVENT_READ, self._on_connection)
        for end in (self._wake_read, self._wake_write):
            end.setblocking(False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, self._on_wake)
        self._catch_signals()
        threading.Thread(target=self._worker, daemon=True, name="libvirt-calls").start()
        while self._status.phase not in EXIT_STATUS:
            for key, mask in self._selector.select(self._timeout_s()):
                key.data(key.fileobj, mask)
            self._tick()
        self._selector.unregister(server_key.fileobj)
        self._say_farewell()
        return (
            EXIT_NOT_STARTED
            if not self._started and self._status.phase == "Failed"
            else EXIT_STATUS[self._status.phase]
        )

    def _catch_signals(self) -> None:
        signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, lambda *_: self._happened.put(Stop()))
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _timeout_s(self) -> float | None:
        stops = (self._stop_at, self._press_at) if self._stop_at is not None else ()
        silent_at = self._qemu_ended_at + SILENT_S if self._qemu_ended_at is not None else None
        due = [at for at in (self._resume_at, self._calm_at, self._give_up_at, silent_at, *stops) if at is not None]
        wait_s = max(0.0, min(due) - time.monotonic()) if due else None
        if self._reap_again:
            return min(0.5, wait_s) if wait_s is not None else 0.5
        return wait_s

    def _tick(self) -> None:
        """What is due: children to take in, a button to press again, a grace period that is over."""
        self._reap_again = self._reaper.reap()
        now = time.monotonic()
        if self._resume_at is not None and now >= self._resume_at:
            self._resume_at, self._calm_at = None, now + CALM_S
            self._work.put(self._domain.resume)
        if self._calm_at is not None and now >= self._calm_at:
            self._calm_at = None
            self._become("Running")
        self._mind_silent_libvirt(now)
        if self._give_up_at is not None and now >= self._give_up_at:
            # The worker hangs in libvirt, as with a QEMU that answers nothing; with pid 1 the kernel ends all of it.
            self._become("Succeeded", "Forced", "the guest was ended by force, with its sandbox: libvirt could not")
        if self._stop_at is None or self._forced:
            return
        if now >= self._stop_at:
            self._forced = True
            self._stop_at, self._give_up_at = None, now + FORCE_S
            self._work.put(self._domain.destroy)
        elif now >= self._press_at:
            self._press_at = now + PRESS_AGAIN_S
            self._work.put(self._domain.press_power_button)

    def _mind_silent_libvirt(self, now: float) -> None:
        """QEMU has ended and was taken in: libvirt says so within moments, or it will never say it."""
        if self._reaper.qemu_status is None or not self._started:
            return
        if self._qemu_ended_at is None:
            self._qemu_ended_at = now
        elif now - self._qemu_ended_at >= SILENT_S:
            self._on_stopped(Stopped(True, "QEMU ended, and libvirt did not notice"))

    def _on_wake(self, _sock: object, _mask: int) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_read.recv(4096)
        while True:
            try:
                what = self._happened.get_nowait()
            except queue.Empty:
                return
            self._take(what)

    def _take(self, what: object) -> None:
        """Something that a thread or a signal handed over."""
        match what:
            case "running":
                self._become("Running", qemu_pid=self._domain.qemu_pid(), timings_ms=dict(self._domain.timings_ms))
                self._started = True
            case socket.socket():
                self._serial.guest = what
                self._selector.register(what, selectors.EVENT_READ, self._on_guest)
            case Failure():
                self._become("Failed", what.reason, what.message)
            case Paused():
                self._on_paused(what)
            case Stopped():
                self._on_stopped(what)
            case Stop():
                self._stop(what)

    def _on_paused(self, paused: Paused) -> None:
        """A disk failed and QEMU stopped the guest before it could notice; it is let go on as long as it takes."""
        self._resume_at, self._calm_at = time.monotonic() + TRY_AGAIN_S, None
        if self._status.reason == "PausedIOError":
            return
        why = "the disk that holds its files is full" if paused.no_space else "a disk of its gave an I/O error"
        again = f"it is tried again every {TRY_AGAIN_S:.0f} s"
        self._become("Running", "PausedIOError", f"the guest is paused since {why}; free space there, {again}")

    def _on_stopped(self, stopped: Stopped) -> None:
        self._reaper.reap()
        if not stopped.crashed:
            self._become("Succeeded", "Forced" if self._forced else "Shutdown", stopped.detail)
        elif self._forced:
            self._become("Succeeded", "Forced", "the guest was ended by force")
        else:
            detail = stopped.detail
            if self._reaper.qemu_status is not None:
                detail = f"{detail} ({ending(self._reaper.qemu_status)})"
            self._become("Failed", "GuestCrashed", detail)

    def _become(self, phase: str, reason: str = "", message: str = "", **more: object) -> None:
        if self._status.phase in EXIT_STATUS:
            return
        self._status = msgspec.structs.replace(self._status, phase=phase, reason=reason, message=message, **more)
        self._tell_followers()

    def _tell_followers(self) -> None:
        for client in list(self._clients):
            if client.following:
                client.send(self._status)
                self._settle(client)

    # -- requests

    def _on_connection(self, server: object, _mask: int) -> None:
        assert isinstance(server, socket.socket)
        client = accept(server)
        if client is not None:
            self._clients.add(client)
            self._selector.register(client.socket, _EVENTS, lambda _sock, mask: self._on_client(client, mask))

    def _on_client(self, client: Client, mask: int) -> None:
        if mask & selectors.EVENT_READ:
            alive = client.read()
            try:
                while (request := client.next_request()) is not None:
                    if isinstance(request, Attach):
                        self._attach(client, request)
                        return
                    self._answer(client, request)
            except ProtocolError as error:
                client.send(Refused(error.reason, str(error)))
                client.write()
                alive = False
            if not alive:
                self._drop(client)
                return
        self._settle(client)

    def _settle(self, client: Client) -> None:
        """Writes what can be written, and asks to be told of room only while something is left."""
        if not client.write():
            self._drop(client)
        else:
            self._selector.modify(
                client.socket,
                _EVENTS if client.pending else selectors.EVENT_READ,
                self._selector.get_key(client.socket).data,
            )

    def _drop(self, client: Client) -> None:
        if client in self._clients:
            self._clients.discard(client)
            self._selector.unregister(client.socket)
            client.socket.close()

    def _answer(self, client: Client, request: Request) -> None:
        match request:
            case Start() if self._order is not None:
                client.send(Refused("AlreadyStarted", "this launcher has its guest already"))
            case Start():
                self._order = request
                self._work.put(lambda: self._domain.start(request.xml, lambda: self._connect_serial(request)))
                client.send(self._status)
            case Stop():
                self._stop(request)
                client.send(self._status)
            case _:
                client.send(self._status)

    def _stop(self, request: Stop) -> None:
        """Starts the guest's grace period; a later, shorter one counts, a longer one doesn't."""
        if self._order is None:
            self._become("Succeeded", "NeverStarted", "stopped before a guest was started")
            return
        grace_s = self._order.grace_period_s if request.grace_period_s is None else request.grace_period_s
        stop_at = time.monotonic() + grace_s
        self._stop_at = stop_at if self._stop_at is None else min(stop_at, self._stop_at)
        if not self._status.stopping:
            self._status = msgspec.structs.replace(self._status, stopping=True)
            self._tell_followers()

    # -- the serial console

    def _connect_serial(self, order: Start) -> None:
        """Runs on the worker, between creation and the first instruction: nothing printed is missed.

        The loop alone puts the socket into use: a terminal may attach at any moment.
        """
        if order.serial_socket is not None:
            self._notify(self._serial.connect(order.serial_socket, logged=order.serial_log))

    def _on_guest(self, _sock: object, mask: int) -> None:
        guest = self._serial.guest
        assert guest is not None
        if mask & selectors.EVENT_READ and not self._serial.read_guest():
            self._selector.unregister(guest)
        if mask & selectors.EVENT_WRITE:
            self._serial.write_guest()
        self._settle_terminals()
        self._settle_guest()

    def _settle_guest(self) -> None:
        if self._serial.guest is not None:
            events = _EVENTS if self._serial.to_guest else selectors.EVENT_READ
            self._selector.modify(self._serial.guest, events, self._on_guest)

    def _attach(self, client: Client, request: Attach) -> None:
        """Turns a connection into a terminal; without a console it is told so."""
        if self._serial.guest is None:
            client.send(Refused("NoConsole", "the guest has no serial console, or does not run"))
            self._settle(client)
            return
        client.send(self._status)
        self._clients.discard(client)
        terminal = self._serial.attach(client.socket, request.backlog_bytes, client.raw_rest())
        terminal.pending[:0] = client.pending
        self._selector.modify(client.socket, _EVENTS, lambda _sock, mask: self._on_terminal(terminal, mask))

    def _on_terminal(self, terminal: Terminal, mask: int) -> None:
        if terminal.socket.fileno() not in self._serial.terminals:
            return  # dropped by an event before it in the same round
        if mask & selectors.EVENT_READ and not self._serial.read_terminal(terminal):
            self._drop_terminal(terminal)
        self._serial.write_guest()
        self._settle_terminals()
        self._settle_guest()

    def _settle_terminals(self) -> None:
        for terminal in list(self._serial.terminals.values()):
            self._settle_terminal(terminal)

    def _settle_terminal(self, terminal: Terminal) -> None:
        if not self._serial.write_terminal(terminal):
            self._drop_terminal(terminal)
            return
        wanted = (selectors.EVENT_WRITE if terminal.pending else 0) | (
            selectors.EVENT_READ if self._serial.takes_input else 0
        )
        self._watch_terminal(terminal, wanted)

    def _watch_terminal(self, terminal: Terminal, wanted: int) -> None:
        """A terminal of which nothing is wanted leaves the selector: it would be ready all the time."""
        watched = terminal.socket in self._selector.get_map()
        if watched and wanted:
            self._selector.modify(terminal.socket, wanted, self._selector.get_key(terminal.socket).data)
        elif wanted:
            self._selector.register(terminal.socket, wanted, lambda _sock, mask: self._on_terminal(terminal, mask))
        elif watched:
            self._selector.unregister(terminal.socket)

    def _drop_terminal(self, terminal: Terminal) -> None:
        self._serial.terminals.pop(terminal.socket.fileno(), None)
        self._watch_terminal(terminal, 0)
        terminal.socket.close()

    # -- the end

    def _say_farewell(self) -> None:
        """Leaves the last Status for whoever comes after, and gives those who are here a moment to read it."""
        with contextlib.suppress(OSError):
            _write_whole(self._config.end_file, msgspec.json.encode(self._status))
        deadline = time.monotonic() + FAREWELL_S
        for client in list(self._clients):
            client.socket.setblocking(True)
            client.socket.settimeout(max(0.01, deadline - time.monotonic()))
            with contextlib.suppress(OSError):
                client.socket.sendall(client.pending)
        for terminal in self._serial.terminals.values():
            with contextlib.suppress(OSError):
                terminal.socket.send(terminal.pending)
                terminal.socket.close()
        closing = threading.Thread(target=self._domain.close, daemon=True)
        closing.start()
        closing.join(FAREWELL_S)


def _write_whole(path: str, data: bytes) -> None:
    """Writes a file so that it is there whole or not at all."""
    with open(path + ".new", "wb") as file:
        file.write(data)
    os.replace(path + ".new", path)
