"""ps and console where there is nothing to list or to talk to."""

import json

import pytest

from kvnode.cli import main
from kvnode.cli.console import talk
from kvnode.errors import NotFound
from kvnode.paths import GuestPaths, NodePaths
from kvnode.runtime.guests import GuestRecord, write_record
from tests.manifests import DEVICES, manifest


@pytest.fixture
def node(tmp_path, monkeypatch):
    monkeypatch.setenv("KVNODE_ROOT", str(tmp_path / "root"))
    return NodePaths.here()


@pytest.mark.parametrize(
    ("words", "where"), [((), "no guests here: "), (("-n", "works"), "no guests here in namespace 'works'")]
)
def test_a_list_of_nothing_is_a_sentence(node, capsys, words, where):
    assert main(["ps", *words]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert where in captured.err
    assert "kvnode run FILE" in captured.err


def test_a_program_gets_an_empty_list(node, capsys):
    assert main(["ps", "-o", "json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == []
    assert captured.err == ""


def test_a_guest_that_has_ended_is_listed(node, capsys):
    paths = GuestPaths.of("works", "mill", node)
    paths.state.mkdir(parents=True)
    write_record(paths, GuestRecord("works", "mill", 1.0, phase="Succeeded"))
    assert main(["ps"]) == 0
    assert "Succeeded" in capsys.readouterr().out


def test_a_guest_without_a_console_is_told_before_anything_is_connected(node):
    record = GuestRecord("works", "mill", 1.0, phase="Running", console=False)
    with pytest.raises(NotFound, match="no serial console: its manifest sets .*autoattachSerialConsole to false"):
        talk(GuestPaths.of("works", "mill", node), record)


def test_a_guest_that_would_have_none_is_not_started_for_it(node, tmp_path, capsys):
    file = tmp_path / "guest.json"
    file.write_text(json.dumps(manifest({f"{DEVICES}.autoattachSerialConsole": False})))
    assert main(["run", "--console", str(file)]) == 1
    captured = capsys.readouterr().err
    assert captured.startswith("error: ")
    assert "autoattachSerialConsole" in captured
    assert not node.guests.exists()
