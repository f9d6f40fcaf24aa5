"""The launcher's side of libvirt: open the embedded driver, start one domain, press its button, end it.

Calls into libvirt block, so all but the cheap ones run on one worker thread; what comes of them, and libvirt's own
events, are handed to the launcher's loop as values.  libvirt's errors become ours in ``start_failure``, nowhere else.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import threading
import time
from collections.abc import Callable

import libvirt
import msgspec

QEMU_CONF = """\
# Written by kvnode's launcher: there is no other user, no security module and no virtlogd in here.
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
stdio_handler = "file"
"""
HUGEPAGES_FOLDER = "/dev/hugepages"
"""Where the sandbox has a folder for each size of huge pages that the guest needs."""

_REASONS = {
    libvirt.VIR_ERR_NO_MEMORY: "NotEnoughMemory",
    libvirt.VIR_ERR_XML_ERROR: "DomainRefused",
    libvirt.VIR_ERR_XML_DETAIL: "DomainRefused",
    libvirt.VIR_ERR_CONFIG_UNSUPPORTED: "DomainRefused",
    libvirt.VIR_ERR_OPERATION_TIMEOUT: "Timeout",
}
_MEMORY_WORDS = ("cannot allocate memory", "cannot set up guest memory", "unable to map backing store")
_SPACE_WORDS = ("no space left on device",)
_FEATURES, _MODEL = "spec.domain.cpu.features", "spec.domain.cpu.model"
_CPU_FAULTS = (
    (re.compile(r"unknown CPU feature:? '?([\w.+-]+)", re.I), _FEATURES, "libvirt knows no CPU feature {!r}"),
    (
        re.compile(r"(?:not provide required|missing) features: ([\w.+, -]+)", re.I),
        _FEATURES,
        "this node gives a guest no {!r}; the policy optional takes what there is",
    ),
    (
        re.compile(r"(?:unknown CPU model|CPU model):? '?([\w.+-]+)'?(?: is)?(?: not supported.*)?$", re.I),
        _MODEL,
        "this node can't give a guest the CPU {!r}; host-model always works",
    ),
)
"""What libvirt alone finds out about the CPU, as it words it, with the manifest's field and our sentence."""


class Failure(msgspec.Struct, frozen=True):
    """Why a domain could not be started."""

    reason: str
    message: str


class Stopped(msgspec.Struct, frozen=True):
    """The domain has ended; ``crashed`` where it did not end by itself or as asked."""

    crashed: bool
    detail: str


class Paused(msgspec.Struct, frozen=True):
    """QEMU stopped the guest since a disk failed; ``no_space`` where that is for lack of room on the node."""

    no_space: bool


def start_failure(error: libvirt.libvirtError) -> Failure:
    """libvirt's error as a reason and a sentence."""
    message = (error.get_error_message() or str(error)).strip()
    lower = message.lower()
    if any(words in lower for words in _MEMORY_WORDS):
        return Failure("NotEnoughMemory", f"QEMU got no memory for the guest: {message}")
    if any(words in lower for words in _SPACE_WORDS):
        return Failure("NoSpaceLeft", f"the disk that holds the guest's files is full: {message}")
    if "swtpm" in lower and "unable to find" in lower:
        packages = "install the packages swtpm and swtpm-tools"
        return Failure("DomainRefused", f"spec.domain.devices.tpm: nothing here emulates a TPM: {packages} ({message})")
    for pattern, field, sentence in _CPU_FAULTS:
        if match := pattern.search(message):
            return Failure("DomainRefused", f"{field}: {sentence.format(match[1].strip())} (libvirt: {message})")
    reason = _REASONS.get(error.get_error_code(), "StartFailed")
    return Failure(reason, f"libvirt could not start the guest: {message}")


def _silence(_context: object, _error: object) -> None:
    """libvirt's own printing of errors; ours go into the Status."""


def _hugepages_conf(folder: str) -> str:
    """What tells libvirt of huge pages; without any it must not look for them, for the default is the host's place."""
    try:
        mounts = sorted(entry.path for entry in os.scandir(folder) if entry.name.isdecimal())
    except FileNotFoundError:
        mounts = []
    quoted = ", ".join(f'"{mount}"' for mount in mounts)
    return f"hugetlbfs_mount = [{quoted}]\n"


class Domain:
    """One domain on libvirt's embedded driver.

    ``notify`` is called from other threads with Failure, Stopped, Paused or ``"running"``; it has to do no more
    than hand the value to the loop.
    """

    def __init__(self, root: str, capabilities: str, notify: Callable[[object], None]) -> None:
        self._root = root
        self._capabilities = capabilities
        self._notify = notify
        self._connection: libvirt.virConnect | None = None
        self._domain: libvirt.virDomain | None = None
        self._opened = False
        self._failure: Failure | None = None
        self._powered_off_by_watchdog = False
        self.timings_ms: dict[str, float] = {}

    def open(self) -> None:
        """Opens the driver, on the thread that starts the domain, while the node half is busy with the network."""
        self._opened = True
        started = time.monotonic()
        try:
            self._seed()
            libvirt.registerErrorHandler(_silence, None)
            libvirt.virEventRegisterDefaultImpl()
            threading.Thread(target=run_events, daemon=True, name="libvirt-events").start()
            self._connection = libvirt.open(f"qemu:///embed?root={self._root}")
            for event, handler in (
                (libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, self._on_lifecycle),
                (libvirt.VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON, self._on_io_error),
                (libvirt.VIR_DOMAIN_EVENT_ID_WATCHDOG, self._on_watchdog),
            ):
                self._connection.domainEventRegisterAny(None, event, handler, None)
        except libvirt.libvirtError as error:
            self._failure = start_failure(error)
        except OSError as error:
            self._failure = Failure("StartFailed", f"the launcher could not prepare libvirt's folder: {error}")
        self.timings_ms["open libvirt"] = (time.monotonic() - started) * 1000

    def _seed(self) -> None:
        """Writes the driver's configuration, and gives it what an earlier probe learned of QEMU.

        Without the cache libvirt asks QEMU anew, about 2 s; a file that doesn't fit is ignored by libvirt itself.
        """
        os.makedirs(f"{self._root}/etc", exist_ok=True)
        with open(f"{self._root}/etc/qemu.conf", "w", encoding="utf-8") as file:
            file.write(QEMU_CONF)
            file.write(_hugepages_conf(HUGEPAGES_FOLDER))
        cache = f"{self._root}/cache/qemu/capabilities"
        os.makedirs(cache, exist_ok=True)
        with contextlib.suppress(FileNotFoundError), os.scandir(self._capabilities) as entries:
            for entry in entries:
                if entry.name.endswith(".xml"):
                    shutil.copyfile(entry.path, f"{cache}/{entry.name}")

    def start(self, xml: str, before_run: Callable[[], None]) -> None:
        """Creates the domain paused, lets ``before_run`` connect to it, and runs it."""
        if not self._opened:
            self.open()
        if self._failure or self._connection is None:
            self._notify(self._failure or Failure("StartFailed", "libvirt could not be opened"))
            return
        started = time.monotonic()
        try:
            self._domain = self._connection.createXML(xml, libvirt.VIR_DOMAIN_START_PAUSED)
            self.timings_ms["create the domain"] = (time.monotonic() - started) * 1000
            before_run()
            self._domain.resume()
        except libvirt.libvirtError as error:
            self._notify(start_failure(error))
        except OSError as error:
            self.destroy()
            self._notify(Failure("StartFailed", f"the serial console could not be opened: {error}"))
        else:
            self._notify("running")

    def press_power_button(self) -> None:
        """Asks the guest to shut down; a guest that can't hear it is left to the grace period."""
        if self._domain is not None:
            with contextlib.suppress(libvirt.libvirtError):
                self._domain.shutdownFlags(libvirt.VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN)

    def resume(self) -> None:
        """Lets a paused guest try again what its disk refused."""
        if self._domain is not None:
            with contextlib.suppress(libvirt.libvirtError):
                self._domain.resume()

    def destroy(self) -> None:
        """Ends the domain by force: SIGTERM, then SIGKILL to QEMU."""
        if self._domain is not None:
            with contextlib.suppress(libvirt.libvirtError):
                self._domain.destroy()

    def close(self) -> None:
        """Lets go of libvirt."""
        if self._connection is not None:
            with contextlib.suppress(libvirt.libvirtError):
                self._connection.close()

    def qemu_pid(self) -> int | None:
        """QEMU's pid in the sandbox, from the pidfile that libvirt keeps."""
        if self._domain is None:
            return None
        try:
            with open(f"{self._root}/run/qemu/{self._domain.name()}.pid") as file:
                return int(file.read())
        except (OSError, ValueError, libvirt.libvirtError):
            return None

    def _on_lifecycle(self, _conn: object, _domain: object, event: int, detail: int, _opaque: object) -> None:
        if event == libvirt.VIR_DOMAIN_EVENT_STOPPED and self._powered_off_by_watchdog:
            self._notify(Stopped(True, "the guest's watchdog was not fed, and powered it off"))
        elif event == libvirt.VIR_DOMAIN_EVENT_STOPPED:
            self._notify(_STOPPED.get(detail, Stopped(True, "it ended for a reason libvirt does not name")))
        elif event == libvirt.VIR_DOMAIN_EVENT_CRASHED:
            self._notify(Stopped(True, "the guest's kernel panicked"))

    def _on_watchdog(self, _conn: object, _domain: object, action: int, _opaque: object) -> None:
        """QEMU ends after it without another word, which alone would read as if QEMU had failed."""
        self._powered_off_by_watchdog = action == libvirt.VIR_DOMAIN_EVENT_WATCHDOG_POWEROFF

    def _on_io_error(self, *arguments: object) -> None:
        """(connection, domain, path, alias, action, reason, opaque): the guest was stopped where the action says so."""
        action, reason = arguments[4], arguments[5]
        if action == libvirt.VIR_DOMAIN_EVENT_IO_ERROR_PAUSE:
            self._notify(Paused(reason == "enospc"))


_STOPPED = {
    libvirt.VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN: Stopped(False, "the guest shut itself down"),
    libvirt.VIR_DOMAIN_EVENT_STOPPED_DESTROYED: Stopped(False, "the guest was ended by force"),
    libvirt.VIR_DOMAIN_EVENT_STOPPED_CRASHED: Stopped(True, "the guest crashed"),
    libvirt.VIR_DOMAIN_EVENT_STOPPED_FAILED: Stopped(True, "QEMU ended without a shutdown of the guest"),
}


def run_events() -> None:
    """libvirt's event loop, for a thread of its own; it has to run before the first open."""
    while True:
        libvirt.virEventRunDefaultImpl()
