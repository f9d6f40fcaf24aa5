"""``kvnode run``: boots the guests of a manifest, and stays with them or leaves them to themselves.

The command is a client: the guest is its launcher's.  Ctrl-C asks the guests to shut down, a second one ends them by
force; a client that is killed takes nothing with it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import time
from typing import TYPE_CHECKING, Any

import click

from kvnode.cli.sources import Guest, config_option, machine_faults, read_config, read_guests
from kvnode.cli.terminal import in_guest, say
from kvnode.errors import VALUE_DUPLICATE, FieldError, GuestCrashed, InvalidManifest, KvnodeError, UsageError

if TYPE_CHECKING:
    from kvnode.api.instance import VirtualMachineInstance
    from kvnode.paths import NodePaths
    from kvnode.runtime.protocol import Status
    from kvnode.runtime.starting import Started

INTERRUPTED = 130


@click.command("run", help="Boot the guests of FILE and stay with them until they have ended.")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--name", metavar="NAME", help="Call the guest NAME instead; one manifest can serve many guests.")
@click.option("-n", "--namespace", metavar="NAMESPACE", help="Put the guests into NAMESPACE instead.")
@click.option("-d", "--detach", is_flag=True, help="Return once the guests run.")
@click.option("--console", is_flag=True, help="Attach to the guest's serial console once it runs.")
@config_option
def run_command(
    file: str, name: str | None, namespace: str | None, detach: bool, console: bool, config: str | None
) -> int:
    """See the module."""
    from kvnode.cli.console import no_console
    from kvnode.paths import NodePaths
    from kvnode.planning.devices import has_serial_console

    if detach and console:
        raise UsageError("--console stays with the guest and --detach doesn't: choose one of them")
    settings = read_config(config)
    guests = accepted_guests(file, name, namespace, settings)
    if console and len(guests) > 1:
        raise UsageError(f"--console is for one guest, and {file!r} has {len(guests)}")
    if console and not has_serial_console(guests[0]):
        raise no_console(guests[0].metadata.name or "")
    node = NodePaths.here()
    with CtrlC() as ctrl_c:
        started = start_all(guests, node, ctrl_c, attached=not detach, config=settings)
        if detach:
            for guest in started:
                guest.connection.close()
            return 0
        if console:
            _talk_first(node, started[0])
        return _stay(node, started, ctrl_c)


def _talk_first(node: NodePaths, guest: Started) -> None:
    """The console before all else; a guest that was started for a console that can't be had is taken back."""
    from kvnode.cli.console import talk

    try:
        talk(guest.paths, guest.record)
    except KvnodeError:
        _stop_quietly(node, guest)
        raise


def accepted_guests(
    file: str, name: str | None, namespace: str | None, config: Any = None
) -> list[VirtualMachineInstance]:
    """The guests of a file: named, defaulted, valid, and such as this mode can run; InvalidManifest otherwise.

    config -- ``spec.configuration`` of the KubeVirt resource that counts, None for its defaults
    """
    read = read_guests(file)
    if name is not None and len(read) > 1:
        raise UsageError(f"--name names one guest, and {file!r} has {len(read)}")
    guests, faults = [], []
    for guest in read:
        try:
            guests.append(_accepted(guest, name, namespace, config))
        except InvalidManifest as error:
            faults += (error if len(read) == 1 else in_guest(error, guest.label)).errors
    faults += _repeated(guests)
    if faults:
        raise InvalidManifest(faults)
    return guests


def _repeated(guests: list[VirtualMachineInstance]) -> list[FieldError]:
    """Guests of one file that have the name of one before them."""
    faults, seen = [], set()
    for vmi in guests:
        label = (vmi.metadata.namespace or "default", vmi.metadata.name)
        if label in seen:
            message = f"the file has two guests {label[1]!r} in namespace {label[0]!r}: a guest is called once"
            faults.append(FieldError("metadata.name", VALUE_DUPLICATE, message))
        seen.add(label)
    return faults


def _accepted(guest: Guest, name: str | None, namespace: str | None, config: Any) -> VirtualMachineInstance:
    """One guest, ready to start. InvalidManifest has the paths of its document."""
    from kvnode.api.defaults import default
    from kvnode.api.unsupported import unsupported
    from kvnode.api.validation import validate
    from kvnode.planning.references import resolve_references

    own = machine_faults(guest.machine, config, "standalone")
    try:
        vmi = default(_renamed(guest.vmi, name, namespace), config)
        errors = [*validate(vmi, config), *unsupported(vmi, "standalone")]
        if own or errors:
            raise InvalidManifest(errors)
        resolved = resolve_references(vmi, _in_namespace(guest.objects, namespace))
    except InvalidManifest as error:
        raise InvalidManifest([*own, *guest.located(error.errors)]) from None
    for note in _notes(guest):
        say(f"note: {note}")
    return resolved


def _notes(guest: Guest) -> list[FieldError]:
    """What of a guest and its VirtualMachine only a cluster would follow."""
    from kvnode.api.unsupported import without_effect
    from kvnode.api.unsupported_machine import machine_without_effect

    own = machine_without_effect(guest.machine) if guest.machine is not None else []
    return [*own, *guest.located(without_effect(guest.vmi))]


def _renamed(vmi: VirtualMachineInstance, name: str | None, namespace: str | None) -> VirtualMachineInstance:
    """The same guest under another name, and so another object: what derives from identity is its own."""
    import msgspec

    if name is None and not vmi.metadata.name and vmi.metadata.generate_name:
        name = _generated(vmi.metadata.generate_name)
    changes = {key: value for key, value in (("name", name), ("namespace", namespace)) if value is not None}
    if not changes:
        return vmi
    return msgspec.structs.replace(vmi, metadata=msgspec.structs.replace(vmi.metadata, uid=None, **changes))


def _generated(prefix: str) -> str:
    """A name as an API server makes it of ``metadata.generateName``: at most 58 of its characters, and five more."""
    return prefix[:58] + "".join(secrets.choice("bcdfghjklmnpqrstvwxz2456789") for _ in range(5))


def _in_namespace(objects: tuple[Any, ...], namespace: str | None) -> tuple[Any, ...]:
    """A file that is put into another namespace takes its Secrets along."""
    import msgspec

    from kvnode.api.core import Secret

    if namespace is None:
        return objects
    return tuple(
        msgspec.structs.replace(item, metadata=msgspec.structs.replace(item.metadata, namespace=namespace))
        if isinstance(item, Secret)
        else item
        for item in objects
    )


def start_all(
    guests: list[VirtualMachineInstance], node: NodePaths, ctrl_c: CtrlC, *, attached: bool, config: Any = None
) -> list[Started]:
    """Starts every guest, or none: what was started before one that fails is taken back.

    Until they run, an end of the command (``kvnode stop``, a closed terminal) is an interruption as Ctrl-C is; from
    then on, without a gap, Ctrl-C is ``ctrl_c``'s.
    """
    from kvnode.runtime.interrupts import interrupts_deferred

    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    started: list[Started] = []
    try:
        for vmi in guests:
            _start(vmi, node, started, attached=attached, config=config)
        if attached:
            ctrl_c.guests = started
    except BaseException:
        with interrupts_deferred():
            for guest in started:
                _stop_quietly(node, guest)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return started


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _start(
    vmi: VirtualMachineInstance, node: NodePaths, started: list[Started], *, attached: bool, config: Any
) -> None:
    """Starts one guest and puts it to those that are."""
    from kvnode.cli.step_lines import StepLines
    from kvnode.runtime.starting import start_guest

    label = f"{vmi.metadata.namespace or 'default'}/{vmi.metadata.name}"
    say(f"starting {label}")
    began = time.monotonic()
    record = start_guest(
        vmi, node, StepLines(), attached=attached, interruptible=True, config=config, taken=started.append
    ).record
    where = f", address {', '.join(record.addresses)}" if record.addresses else ""
    say(f"{label} runs after {time.monotonic() - began:.2f} s{where}")


def _stop_quietly(node: NodePaths, guest: Started) -> None:
    """One guest of a file could not be started: those before it are taken back."""
    from kvnode.runtime.node import stop_guest

    guest.connection.close()
    try:
        stop_guest(node, guest.record.namespace, guest.record.name, 0, lambda _text: None)
    except KvnodeError as error:
        say(f"warning: {guest.record.name} could not be taken back: {error}")


def _stay(node: NodePaths, started: list[Started], ctrl_c: CtrlC) -> int:
    """Follows every guest to its end; the exit status of the whole."""
    hint = f"kvnode console {started[0].record.name}" if len(started) == 1 else "kvnode ps"
    say(f"Ctrl-C shuts down; in another terminal: {hint}")
    failures = [failure for guest in started if (failure := _finish(node, guest))]
    if failures and not ctrl_c.pressed:
        raise GuestCrashed("; ".join(failures))
    return INTERRUPTED if ctrl_c.pressed else 0


class CtrlC:
    """While it holds, Ctrl-C is an interruption as ever, until it is told ``guests``: from then on it asks those to
    shut down, and from the second time on ends them by force.

    The handler does the asking itself, on connections of its own, so that no wait that it interrupts loses a word.
    """

    def __init__(self) -> None:
        self.pressed = 0
        self.guests: list[Started] | None = None
        self._before: Any = None

    def __enter__(self) -> CtrlC:
        self._before = signal.signal(signal.SIGINT, self._on_interrupt)
        return self

    def __exit__(self, *exc: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _on_interrupt(self, _number: int, _frame: object) -> None:
        if self.guests is None:
            raise KeyboardInterrupt
        self.pressed += 1
        words = b"asked to shut down; Ctrl-C again ends by force\n" if self.pressed == 1 else b"ending by force\n"
        # Past the stream's buffer: what is interrupted may be in the middle of it, and a stream can't be entered twice.
        with contextlib.suppress(OSError):
            os.write(2, words)
        for guest in self.guests:
            _ask_to_stop(guest, force=self.pressed > 1)


def _ask_to_stop(guest: Started, *, force: bool) -> None:
    """Through the launcher; one that doesn't answer is ended itself where force is wanted."""
    from kvnode.runtime.launcher_client import connect_launcher
    from kvnode.runtime.node import ANSWER_S, end_processes
    from kvnode.runtime.protocol import ProtocolError, Stop
    from kvnode.runtime.sandbox import STANDALONE_UID

    try:
        with connect_launcher(guest.paths.pod, STANDALONE_UID, ANSWER_S) as connection:
            connection.status(Stop(0 if force else None))
    except ProtocolError:
        # It has ended, or it is hung; in the first case there is nothing to end.
        if force:
            end_processes(guest.paths)


def _finish(node: NodePaths, guest: Started) -> str | None:
    """Waits until a guest has ended and everything of it is gone; a sentence where it crashed."""
    from kvnode.runtime.node import finish_guest, follow_to_end

    label = f"{guest.record.namespace}/{guest.record.name}"
    told = ""

    def tell(status: Status) -> None:
        nonlocal told
        if status.phase == "Running" and status.message != told:
            told = status.message
            say(f"{label}: {told or 'it runs again'}")

    end = follow_to_end(guest.connection, guest.status, tell)
    guest.connection.close()
    record = finish_guest(node, guest.paths, guest.record)
    phase, message = (end.phase, end.message) if end is not None else (record.phase, record.message)
    if phase == "Succeeded":
        say(f"{label} has ended: {message}")
        return None
    return f"{label} crashed: {message}"
