"""The ``kvnode`` command.

Click makes the frame; each subcommand is a module of its own that is imported when it is called (kvnode.cli.frame has
the table), so that ``kvnode --help`` is quick and ``kvnode render`` never touches libvirt. What people see on a
terminal goes through kvnode.cli.terminal, which lets no control character of a hostile name through.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command with the given words (the process's own by default) and returns its exit status.

    0 done; 1 the input is at fault or there is no such guest; 2 the usage is; 3 the host can't or nothing fits;
    4 the guest crashed; 130 interrupted.
    """
    try:
        from kvnode.cli.frame import run_command
    except KeyboardInterrupt:
        return 130
    return run_command(argv)
