"""The frame of the command line: which subcommands there are, and what becomes of errors.

Subcommands stand in a table with the line that ``--help`` shows for them; their modules are imported when they are
called. Packages add theirs by the entry-point group ``kvnode.commands`` (a click command under its name); ours win
over a name that is taken.

No traceback reaches a user. Each KvnodeError is written as its sentences and ends with its own exit status; whatever
else escapes is a fault of ours: one line and status 3, and the traceback only under ``KVNODE_TRACEBACK=1``.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

import kvnode
from kvnode.cli.terminal import report, say
from kvnode.errors import HostError, KvnodeError

# name: (module, command's name in it, line of help)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "run": ("kvnode.cli.run", "run_command", "Boot the guests of a manifest and stay with them."),
    "ps": ("kvnode.cli.guests", "ps_command", "List the guests that run here."),
    "stop": ("kvnode.cli.guests", "stop_command", "Stop a guest and remove what was made for it."),
    "console": ("kvnode.cli.guests", "console_command", "Talk to a guest's serial console."),
    "logs": ("kvnode.cli.guests", "logs_command", "Show what a guest wrote to its serial console."),
    "render": ("kvnode.cli.manifests", "render_command", "Print the domain XML of a manifest's guests."),
    "plan": ("kvnode.cli.manifests", "plan_command", "Print everything that is decided about a guest."),
    "explain": ("kvnode.cli.explain", "explain_command", "Tell in words what a guest gets, and what it costs."),
    "default": ("kvnode.cli.manifests", "default_command", "Print a guest with every default filled in."),
    "validate": ("kvnode.cli.manifests", "validate_command", "List what is wrong with a manifest."),
    "doctor": ("kvnode.cli.doctor", "doctor_command", "Say what this node can do, and what is missing."),
    "image": ("kvnode.cli.image", "image_group", "Build, add, list, pull and remove images of disks."),
}

ENTRY_POINTS = "kvnode.commands"

COMPLETION = "_KVNODE_COMPLETE"
"""Set by the shell's completion, which click answers: ``eval "$(_KVNODE_COMPLETE=bash_source kvnode)"``."""

# What the wheel's `node` extra installs, by the name that is imported: the core does without.
NODE_PACKAGES = {"libvirt": "libvirt-python", "pyroute2": "pyroute2", "psutil": "psutil", "pycdlib": "pycdlib"}

# Of a group that was called without a subcommand; its sentence is the whole help. Click before 8.2 only prints it.
_NO_WORDS: tuple[type[Exception], ...] = tuple(filter(None, [getattr(click.exceptions, "NoArgsIsHelpError", None)]))

INTERNAL_STATUS = 3
INTERRUPTED_STATUS = 130


class LazyGroup(click.Group):
    """A group that imports a subcommand when it is called, and lists them without importing any."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *sorted(_added_commands())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            module, name, _ = COMMANDS[cmd_name]
            command: click.Command = getattr(import_module(module), name)
            return command
        entry = _added_commands().get(cmd_name)
        if entry is None:
            return None
        try:
            loaded = entry.load()
        except Exception as error:  # whatever a foreign package does while it is imported
            raise HostError(f"the command {cmd_name!r} ({entry.value}) can't be loaded: {error}") from error
        if not isinstance(loaded, click.Command):
            raise HostError(
                f"the command {cmd_name!r} ({entry.value}) is a {type(loaded).__name__}, not a click command"
            )
        return loaded

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, line) for name, (_, _, line) in COMMANDS.items()]
        rows += [(name, f"(from {entry.value.partition(':')[0]})") for name, entry in sorted(_added_commands().items())]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(kvnode.__version__, message="kvnode %(version)s")
def command() -> None:
    """Virtual machines from kubevirt.io/v1 manifests, on one machine.

    FILE is a manifest in YAML or JSON with any number of documents; - is standard input. Exit status: 0 done, 1 the
    input is at fault or there is no such guest, 2 the usage is, 3 the host can't or nothing fits, 4 the guest crashed,
    130 interrupted.
    """


def run_command(argv: Sequence[str] | None = None) -> int:
    """Runs a command line to its end and returns the exit status; what went wrong has been said on standard error."""
    _prepare_streams()
    try:
        status = _invoke(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
        return status
    except KvnodeError as error:
        _with_traceback()
        report(error)
        return error.exit_status
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED_STATUS
    except OutputLost as error:
        return _output_failed(error)
    except OSError as error:
        return _system_failed(error)
    except ModuleNotFoundError as error:
        return _package_missing(error)
    except Exception as error:
        return _internal(error)


class OutputLost(OSError):
    """Standard output can't be written: its reader has gone, or has no room. Told apart from all other files."""


class _Output(io.FileIO):
    def write(self, data: Any, /) -> Any:
        try:
            return super().write(data)
        except OSError as error:
            raise OutputLost(error.errno, error.strerror) from error


class _Remarks(io.FileIO):
    """Standard error: what nobody listens to any more, or has room for, stops no work and changes no exit status."""

    def write(self, data: Any, /) -> Any:
        try:
            written = super().write(data)
        except OSError:
            written = None
        return len(data) if written is None else written


def _prepare_streams() -> None:
    """XML and manifests are UTF-8 whatever the locale says; streams that were closed lead nowhere."""
    if sys.stdout is None or sys.stdout is sys.__stdout__:
        sys.stdout = _stream(
            _Output(1 if sys.stdout is not None else os.open(os.devnull, os.O_WRONLY), "w", closefd=False)
        )
    if sys.stderr is None or sys.stderr is sys.__stderr__:
        sys.stderr = _stream(
            _Remarks(2 if sys.stderr is not None else os.open(os.devnull, os.O_WRONLY), "w", closefd=False)
        )


def _stream(output: io.FileIO) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(output), encoding="utf-8", errors="backslashreplace", line_buffering=output.isatty()
    )


def _invoke(words: list[str]) -> int:
    """Click's own ``main``, less its handling of errors; a command returns its exit status, or None for 0."""
    if COMPLETION in os.environ:
        command.main(args=words, prog_name="kvnode")
    try:
        with command.make_context("kvnode", words) as context:
            result = command.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.UsageError as error:
        if isinstance(error, _NO_WORDS):
            _say_lines(error.format_message().splitlines())
            return error.exit_code
        usage = error.ctx.get_usage().splitlines() if error.ctx is not None else []
        _say_lines([*usage, *f"error: {error.format_message()}".splitlines()])
        return error.exit_code
    except click.ClickException as error:
        _say_lines(f"error: {error.format_message()}".splitlines())
        return error.exit_code
    return result if isinstance(result, int) else 0


def _output_failed(error: OutputLost) -> int:
    """Nothing more is written, at the interpreter's end either. A reader that has seen enough isn't told."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno == errno.EPIPE:
        return 1
    say(f"error: the output can't be written: {error.strerror}")
    return INTERNAL_STATUS


def _system_failed(error: OSError) -> int:
    """What the system refused and no code of ours had expected: the host's trouble rather than a fault of ours."""
    _with_traceback()
    where = f"{error.filename!r}: " if error.filename is not None else ""
    say(f"error: {where}{error.strerror or error} (KVNODE_TRACEBACK=1 shows where it was)")
    return HostError.exit_status


def _package_missing(error: ModuleNotFoundError) -> int:
    package = NODE_PACKAGES.get((error.name or "").partition(".")[0])
    if package is None:
        return _internal(error)
    _with_traceback()
    missing = HostError(
        f"the Python package {package} isn't installed, and no guest runs without it: pip install 'kvnode[node]'"
    )
    report(missing)
    return missing.exit_status


def _internal(error: Exception) -> int:
    _with_traceback()
    what = "out of memory" if isinstance(error, MemoryError) else f"{type(error).__name__}: {error}"
    say(f"kvnode: internal error: {what}; please report this. KVNODE_TRACEBACK=1 shows where it was")
    return INTERNAL_STATUS


def _with_traceback() -> None:
    """The traceback of the error that is being handled, for whoever asked for it."""
    if os.environ.get("KVNODE_TRACEBACK") == "1":
        import traceback

        _say_lines(traceback.format_exc().splitlines())


def _say_lines(lines: list[str]) -> None:
    for line in lines:
        say(line)


def _added_commands() -> dict[str, Any]:
    """Entry points of other packages by name."""
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=ENTRY_POINTS) if entry.name not in COMMANDS}
