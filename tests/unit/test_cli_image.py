"""kvnode image: what people and programs are told of the store."""

import json
import os
import pty
import select
import subprocess
import sys

import pytest

from kvnode.cli import main
from kvnode.cli.progress import progress_lines
from tests.images.packed import SECTORS, layout, tar


@pytest.fixture
def said(capsys, monkeypatch, tmp_path):
    """Runs ``kvnode image`` on a store of its own: (exit status, standard output, standard error)."""
    monkeypatch.setenv("KVNODE_ROOT", str(tmp_path / "root"))

    def run(*words):
        status = main(["image", *words])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_an_image_comes_and_goes(said, tmp_path):
    folder = layout(tmp_path / "layout", tar(("disk/disk.img", SECTORS)))
    assert said("list", "-o", "json")[:2] == (0, "[]\n")
    assert "kvnode image build tiny" in said("list")[2]
    status, out, err = said("add", str(folder), "--as", "localhost/demo/a")
    assert (status, out) == (0, "")
    assert "added localhost/demo/a:latest (sha256:" in err
    (image,) = json.loads(said("list", "-o", "json")[1])
    assert image["reference"] == "localhost/demo/a:latest"
    assert image["digest"].startswith("sha256:")
    assert image["bytes"] > 0
    assert "localhost/demo/a:latest" in said("list")[1]
    assert said("rm", "localhost/demo/a")[0] == 0
    assert said("list", "-o", "json")[1] == "[]\n"


def test_what_is_not_there_is_one_and_what_would_do(said):
    status, _, err = said("rm", "localhost/demo/a")
    assert status == 1
    assert err.startswith("error: there is no image localhost/demo/a:latest")
    status, _, err = said("add", "/no/such/layout", "--as", "localhost/demo/a")
    assert status == 1
    assert "/no/such/layout" in err
    status, _, err = said("pull", "localhost/demo/a")
    assert status == 1
    assert "no registry" in err


def test_no_path_at_all_is_a_matter_of_usage(said, tmp_path, monkeypatch):
    monkeypatch.chdir(layout(tmp_path / "layout", tar(("disk/disk.img", SECTORS))))
    status, out, err = said("add", "", "--as", "localhost/demo/a")
    assert (status, out) == (2, "")
    assert "PATH is empty" in err


def test_an_unknown_recipe_is_a_matter_of_usage(said):
    status, _, err = said("build", "huge")
    assert status == 2
    assert "'huge' is no image that kvnode builds: tiny and tiny-full are" in err


@pytest.mark.parametrize("reference", ["a\nb", "../x", "A B", "\x1b[1m", "x" * 5000, ""])
def test_a_hostile_reference_is_refused_and_shown_harmless(said, tmp_path, reference):
    folder = layout(tmp_path / "layout", tar(("disk/disk.img", SECTORS)))
    status, out, err = said("add", str(folder), "--as", reference)
    assert (status, out) == (1, "")
    assert all(character.isprintable() or character == "\n" for character in err)
    assert len(err) < 4000


def test_progress_is_lines_where_nobody_watches(capsys):
    with progress_lines() as progress:
        progress("fetching a\x1b[31m")
        progress("fetching b")
    assert capsys.readouterr().err == "fetching a\\x1b[31m\nfetching b\n"


def test_progress_is_one_line_on_a_terminal_and_gone_after():
    code = """
import time
from kvnode.cli.progress import progress_lines
with progress_lines() as progress:
    progress("fetching [bold]a[/bold] \\x1b]0;owned\\x07")
    time.sleep(0.3)
"""
    shown = on_a_terminal([sys.executable, "-c", code])
    assert "fetching [bold]a[/bold] \\x1b]0;owned\\x07" in shown
    assert "\x1b]0;" not in shown
    assert "\x1b[2K" in shown


def on_a_terminal(words):
    """What a program writes to a terminal of its own."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    seen = b""
    while select.select([ours], [], [], 30)[0]:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other side has closed
            break
        seen += piece
    os.close(ours)
    assert process.wait(30) == 0
    return seen.decode()
