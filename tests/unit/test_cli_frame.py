"""The frame: which status a command line ends with, and that no traceback is seen."""

import os
import resource
import subprocess
import sys

import click
import pytest

from kvnode.cli import frame, main
from kvnode.errors import (
    AlreadyExists,
    FieldError,
    GuestCrashed,
    HostError,
    InvalidManifest,
    NoFit,
    NotFound,
    UsageError,
)


def kvnode(*words, **kwargs):
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "kvnode", *words], capture_output=True, text=True, timeout=60, **{"input": "", **kwargs}
    )


@pytest.fixture
def failing(monkeypatch):
    """Puts a command ``fail`` into the frame that raises what it is given."""

    def put(error):
        @click.command()
        def fail():
            raise error

        get_command = frame.LazyGroup.get_command
        monkeypatch.setattr(
            frame.LazyGroup,
            "get_command",
            lambda self, ctx, name: fail if name == "fail" else get_command(self, ctx, name),
        )

    return put


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (InvalidManifest([FieldError("spec.x", "FieldValueInvalid", "is off")]), 1, "error: spec.x: is off"),
        (NotFound("there is no guest default/a"), 1, "error: there is no guest default/a"),
        (AlreadyExists("a runs already"), 1, "error: a runs already"),
        (UsageError("that is no name"), 2, "error: that is no name"),
        (HostError("dnsmasq is missing"), 3, "error: dnsmasq is missing"),
        (NoFit("NotEnoughMemory", 2, 1, unit="bytes"), 3, "error: the host has 1 bytes, 2 wanted (NotEnoughMemory)"),
        (GuestCrashed("qemu ended with signal 11"), 4, "error: qemu ended with signal 11"),
        (KeyboardInterrupt(), 130, ""),
        (RuntimeError("x\x1b[2J"), 3, "kvnode: internal error: RuntimeError: x\\x1b[2J; please report this"),
        (MemoryError(), 3, "kvnode: internal error: out of memory"),
        (PermissionError(13, "Permission denied", "/var/lib/x"), 3, "error: '/var/lib/x': Permission denied"),
        (BrokenPipeError(32, "Broken pipe"), 3, "error: Broken pipe"),
        (click.BadParameter("7 is odd"), 2, "error: Invalid value: 7 is odd"),
    ],
)
def test_every_error_has_its_status_and_its_sentence(failing, capsys, error, status, said):
    failing(error)
    assert main(["fail"]) == status
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err


def test_a_traceback_is_there_for_who_asks(failing, capsys, monkeypatch):
    monkeypatch.setenv("KVNODE_TRACEBACK", "1")
    failing(RuntimeError("deep"))
    assert main(["fail"]) == 3
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["nonsense"], ["render"], ["render", "--colour", "x"], ["validate", "x", "-o", "xml"]]
)
def test_wrong_usage_is_two(words, capsys):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert "error: " in captured.err
    assert captured.out == ""


def test_help_lists_every_command_and_imports_none():
    code = "import sys; from kvnode.cli import main; main(['--help']); print(*sys.modules, sep='\\n', file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert all(f"  {name} " in done.stdout for name in frame.COMMANDS)
    loaded = set(done.stderr.split())
    assert loaded.isdisjoint({"libvirt", "pyroute2", "yaml", "rich", "psutil", "kvnode.api.instance"})
    assert not any(name.startswith(("kvnode.runtime", "kvnode.storage", "kvnode.network")) for name in loaded)


def test_every_command_can_be_had_and_has_help(capsys):
    context = click.Context(frame.command)
    for name in frame.COMMANDS:
        command = frame.command.get_command(context, name)
        assert isinstance(command, click.Command), name
        assert command.help, name
        assert main([name, "--help"]) == 0
        assert "Usage: kvnode" in capsys.readouterr().out


def test_help_is_quick():
    times = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert kvnode("--help").returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    # CPU time, since others share the machine: 100 ms on a slow core. Importing rich or the models costs as much again.
    assert min(times) < 0.2


def test_a_reader_that_goes_away_is_no_error():
    process = subprocess.Popen(
        [sys.executable, "-m", "kvnode", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 1
    process.stderr.close()


def test_nobody_to_tell_changes_no_status():
    for closed in ("exec >&-", "exec 2>&-", "exec >&- 2>&-"):
        done = subprocess.run(
            ["sh", "-c", f'{closed}; exec "$@"', "sh", sys.executable, "-m", "kvnode", "render", "/no/such"], timeout=60
        )
        assert done.returncode == 1, closed


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&1 | true"])
def test_what_is_said_and_not_heard_changes_no_status(redirection, tmp_path):
    shell = f'set -o pipefail; {{ "$@"; echo $? >{tmp_path}/status; }} {redirection}'
    words = [sys.executable, "-m", "kvnode", "render", "/no/such"]
    subprocess.run(["bash", "-c", shell, "bash", *words], timeout=60)
    assert (tmp_path / "status").read_text() == "1\n"


def test_the_shell_completes_commands():
    environment = {**os.environ, "_KVNODE_COMPLETE": "bash_complete", "COMP_WORDS": "kvnode re", "COMP_CWORD": "1"}
    done = kvnode(env=environment)
    assert "render" in done.stdout
    assert done.returncode == 0


def test_a_full_disk_under_the_output_is_said():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "kvnode", "--help"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert done.returncode == 3
    assert done.stderr == "error: the output can't be written: No space left on device\n"


def test_the_version_is_the_packages(capsys):
    import kvnode

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"kvnode {kvnode.__version__}\n"


class Entry:
    """An entry point as importlib.metadata hands it out."""

    def __init__(self, name, value, load):
        self.name, self.value, self.load = name, value, load


def test_packages_add_commands_and_ours_win(monkeypatch, capsys):
    @click.command()
    def hello():
        click.echo("hello from a package")

    def broken():
        raise ImportError("no module named moon")

    entries = [Entry("hello", "cluster.cli:hello", lambda: hello), Entry("render", "evil:x", broken)]
    entries += [Entry("moon", "moon.cli:x", broken), Entry("odd", "odd:x", lambda: 3)]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: entries if group == "kvnode.commands" else [])
    assert main(["hello"]) == 0
    assert capsys.readouterr().out == "hello from a package\n"
    assert main(["moon"]) == 3
    assert "the command 'moon' (moon.cli:x) can't be loaded: no module named moon" in capsys.readouterr().err
    assert main(["odd"]) == 3
    assert "is a int, not a click command" in capsys.readouterr().err
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert "(from cluster.cli)" in out
    assert "evil" not in out


@pytest.mark.parametrize("words", [[], ["image"]])
def test_a_group_without_a_subcommand_shows_its_help_once(words):
    done = kvnode(*words)
    assert done.returncode == 2
    assert done.stderr.count("Usage:") == 1
    assert "error:" not in done.stderr
    assert "Commands:" in done.stderr
