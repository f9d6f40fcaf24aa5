"""One guest under plain QEMU, emulated, without libvirt and without kvnode: what an image does by itself.

The serial line is a unix socket, QMP is standard input and output.  Whatever was started ends with the ``with`` block,
by its own process and no name; every wait has a deadline, and says what the serial line printed when it was missed.
"""

from __future__ import annotations

import contextlib
import json
import queue
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

READY = r"kvnode-tiny: ready after (\d+\.\d+) s"
PROMPT = r"[\w-]+:\S*# "

BUSES = {
    "virtio": ["-device", "virtio-blk-pci,drive=disk,serial=ROOT,bootindex=1"],
    "scsi": ["-device", "virtio-scsi-pci,id=scsi", "-device", "scsi-hd,bus=scsi.0,drive=disk,serial=ROOT,bootindex=1"],
    "sata": ["-device", "ide-hd,bus=ide.0,drive=disk,serial=ROOT,bootindex=1"],
    "usb": ["-device", "qemu-xhci,id=usb", "-device", "usb-storage,bus=usb.0,drive=disk,serial=ROOT,bootindex=1"],
}


class PlainGuest:
    """A running QEMU with the disk in ``image`` (nothing is written to it)."""

    def __init__(
        self,
        image: Path,
        *options: str,
        bus: str = "virtio",
        memory_mib: int = 128,
        before: Sequence[str] = (),
    ) -> None:
        # Short, since a socket's path has room for 107 characters.
        self._folder = Path(tempfile.mkdtemp(prefix="kvnode-plain-"))
        self._command = [
            *before,
            "qemu-system-x86_64",
            *("-accel", "tcg", "-machine", "q35", "-m", str(memory_mib), "-nodefaults", "-display", "none"),
            *("-drive", f"file={image},if=none,id=disk,format=qcow2,snapshot=on", *BUSES[bus]),
            *("-serial", f"unix:{self._folder}/serial,server=on,wait=off", "-qmp", "stdio"),
            *options,
        ]
        self.printed = ""
        self._events: list[dict[str, Any]] = []
        self._monitor: queue.Queue[str | None] = queue.Queue()

    def __enter__(self) -> PlainGuest:
        self.process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            self._greet()
            self._serial = socket.socket(socket.AF_UNIX)
            self._serial.connect(f"{self._folder}/serial")
            self._serial.settimeout(0.2)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._serial.close()
        self._end()

    def _end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdin is not None
        self.process.stdin.close()
        shutil.rmtree(self._folder)

    def _greet(self) -> None:
        assert "QMP" in self._qmp_line()
        self.qmp("qmp_capabilities")

    def _listen(self) -> None:
        """Hands on what QEMU's monitor says, line by line; its end is None."""
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._monitor.put(line)
        self._monitor.put(None)

    def _qmp_line(self, timeout_s: float = 60) -> dict[str, Any]:
        line = self._monitor.get(timeout=timeout_s)
        assert line is not None, f"QEMU ended with status {self.process.wait(10)}"
        assert line.startswith("{"), line
        return dict(json.loads(line))

    def qmp(self, command: str, **arguments: object) -> Any:
        """What QEMU returns to a command of its monitor."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.process.stdin.flush()
        while "event" in (answer := self._qmp_line()):
            self._events.append(answer)
        assert "return" in answer, answer
        return answer["return"]

    def event(self, name: str, timeout_s: float = 120) -> dict[str, Any]:
        """The first event of that name, waited for."""
        deadline = time.monotonic() + timeout_s
        while True:
            for seen in self._events:
                if seen["event"] == name:
                    return seen
            assert time.monotonic() < deadline, f"no {name} within {timeout_s:g} s:\n{self.printed}"
            # A serial line that nobody reads is soon full, and a guest that prints then waits.
            self._read_serial()
            with contextlib.suppress(queue.Empty):
                self._events.append(self._qmp_line(0.05))

    def _read_serial(self) -> None:
        with contextlib.suppress(TimeoutError):
            data = self._serial.recv(65536)
            assert data, f"the serial line ended:\n{self.printed}"
            self.printed += data.decode(errors="replace")

    def wait_for(self, pattern: str, timeout_s: float = 120) -> re.Match[str]:
        """The next match of a pattern on the serial line; what came before it is done with."""
        deadline = time.monotonic() + timeout_s
        while (match := re.search(pattern, self.printed)) is None:
            assert time.monotonic() < deadline, f"no {pattern!r} within {timeout_s:g} s:\n{self.printed}"
            self._read_serial()
        self.printed = self.printed[match.end() :]
        return match

    def type(self, line: str, timeout_s: float = 60) -> str:
        """What the shell prints between a line that is typed and its end."""
        # Quoted in the middle, so that the echo of what was typed is no match.
        self._serial.sendall(f"echo st''art; {line}; echo e''nd\n".encode())
        self.wait_for(r"start\r\n", timeout_s)
        end = self.wait_for(r"(?s)(.*?)end\r\n", timeout_s)
        return end[1].replace("\r\n", "\n")

    def facts(self, *groups: str) -> dict[str, str]:
        """What the guest's own ``facts`` says."""
        lines = self.type(f"facts {' '.join(groups)}").splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)
