"""The console in a real terminal: a pty of the test's own, with a person's keys."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import termios
import time

import pytest

from tests.environment.command import KVNODE
from tests.guest.conftest import EXAMPLE, Guests, wait_for


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, *words: str) -> None:
        self.master, self.slave = pty.openpty()
        self.modes = termios.tcgetattr(self.slave)
        self.command = subprocess.Popen([KVNODE, *words], stdin=self.slave, stdout=self.slave, stderr=self.slave)
        self.seen = b""

    def type(self, text: str) -> None:
        """What a person types."""
        os.write(self.master, text.encode())

    def expect(self, text: str, timeout_s: float = 60) -> None:
        """Reads until the text has been shown, and forgets all up to it."""
        deadline = time.monotonic() + timeout_s
        while text.encode() not in self.seen:
            left = deadline - time.monotonic()
            assert left > 0, f"{text!r} was not shown: {self.seen[-2000:]!r}"
            if select.select([self.master], [], [], left)[0]:
                self.seen += os.read(self.master, 65536)
        self.seen = self.seen.partition(text.encode())[2]

    def close(self) -> None:
        """Ends the command where it has not ended."""
        if self.command.poll() is None:
            self.command.kill()
        self.command.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def booted(guests: Guests) -> Guests:
    """A guest called ``talker`` that has a prompt."""
    guests.detach(EXAMPLE, "talker")
    wait_for("the console", lambda: "# " in guests.type("talker", ""))
    return guests


def test_two_terminals_and_the_escape_key(booted: Guests) -> None:
    one, two = Terminal("console", "talker"), Terminal("console", "talker")
    try:
        for terminal in (one, two):
            terminal.expect("the escape key is Ctrl-]")
        one.type("\recho $((6 * 7))-from-one\r")
        one.expect("42-from-one")
        two.expect("42-from-one")
        # It says so itself, so it has the terminal's foreground by then, and Ctrl-C is for it.
        two.type("sh -c 'echo going-$((2 + 2)); exec sleep 100'\r")
        two.expect("going-4")
        two.type("\x03")
        two.type("echo after-ctrl-$((1 + 1))\r")
        two.expect("after-ctrl-2")
        for terminal in (one, two):
            assert termios.tcgetattr(terminal.slave)[3] & termios.ECHO == 0
            terminal.type("\x1d")
            assert terminal.command.wait(10) == 0
            assert termios.tcgetattr(terminal.slave) == terminal.modes
    finally:
        one.close()
        two.close()
    assert booted.listed("talker")["phase"] == "Running"


def test_the_guests_end_closes_the_console_and_restores_the_terminal(booted: Guests) -> None:
    terminal = Terminal("console", "talker")
    try:
        terminal.expect("the escape key is Ctrl-]")
        terminal.type("\rpoweroff\r")
        terminal.expect("the guest closed the console")
        assert terminal.command.wait(10) == 0
        assert termios.tcgetattr(terminal.slave) == terminal.modes
    finally:
        terminal.close()


def test_the_log_on_a_terminal_has_nothing_that_a_terminal_obeys(booted: Guests) -> None:
    booted.type("talker", "printf '\\033]0;owned\\007\\033[2J'")
    assert "\x1b]0;owned" in booted.kvnode("logs", "talker").stdout
    terminal = Terminal("logs", "talker")
    try:
        terminal.command.wait(20)
        terminal.expect("\\x1b]0;owned")
    finally:
        terminal.close()
