"""What reaches a terminal, a pipe and a program."""

import io
import json
import unicodedata

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kvnode.cli import terminal
from kvnode.errors import FieldError, HostError, InvalidManifest

HOSTILE = "\x1b]0;owned\x07 \x9b31m \u202e\u2066 \r\x00\ud800 line\nfeed"


def test_nothing_that_a_terminal_obeys_gets_through():
    shown = terminal.printable(HOSTILE)
    assert shown == "\\x1b]0;owned\\x07 \\x9b31m \\u202e\\u2066 \\x0d\\x00\\ud800 line\\x0afeed"


@given(st.text(alphabet=st.characters()))
def test_printable_leaves_no_control_character(text):
    shown = terminal.printable(text)
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in shown)
    if text.isprintable():
        assert shown == text


def test_long_text_is_cut_and_says_so():
    shown = terminal.shortened("a" * 5000 + "z" * 5000)
    assert len(shown) < 2100
    assert "[... 8000 characters ...]" in shown
    assert shown.endswith("z")


def test_each_fault_of_a_manifest_is_a_line_with_its_path(capsys):
    faults = [FieldError("spec.a", "FieldValueInvalid", "is off"), FieldError("", "FieldValueInvalid", "is all wrong")]
    terminal.report(InvalidManifest(faults))
    assert capsys.readouterr().err == "error: spec.a: is off\nerror: is all wrong\n"


def test_a_name_with_a_line_feed_cannot_write_a_line_of_its_own(capsys):
    terminal.report(InvalidManifest([FieldError("spec.a", "FieldValueInvalid", "'x\nerror: all is well'")]))
    terminal.report(HostError("dnsmasq said:\nerror: all is well\n\x1b[2J"))
    assert capsys.readouterr().err.splitlines() == [
        "error: spec.a: 'x\\x0aerror: all is well'",
        "error: dnsmasq said:",
        "  error: all is well",
        "  \\x1b[2J",
    ]


def test_thousands_of_faults_end_somewhere(capsys):
    terminal.report(InvalidManifest(FieldError(f"f{n}", "FieldValueInvalid", "x") for n in range(5000)))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 101
    assert lines[-1] == "error: and 4900 more"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_json_is_ascii_and_the_same_value(text):
    written = terminal.ascii_json(json.dumps({"a": text}, ensure_ascii=False))
    assert written.isascii()
    assert written.isprintable()
    assert json.loads(written) == {"a": text}


def written_yaml(documents, capsys):
    terminal.write_yaml(documents)
    return capsys.readouterr().out


TRICKY = ["52:54:00:12:34:56", "1e3", "0o17", "012", "1_000", "0x1F", "12", "1Gi", "2001-01-01", "=", "-", "<<"]
TRICKY += ["yes", "NO", "y", "null", "~", "", " a", "a ", "a: b", "# no comment", "- x", "a\tb", "é", "\u2028"]
TRICKY += ["\x1b[1m", "#!/bin/sh\necho hi\n", "a\n\n", "\n", "a\r\nb"]


@pytest.mark.parametrize("text", TRICKY)
def test_yaml_keeps_text_as_text(text, capsys):
    out = written_yaml([{"value": text, "list": [text, 1, True, None]}], capsys)
    assert yaml.safe_load(out) == {"value": text, "list": [text, 1, True, None]}
    assert out.isascii()
    if not text.isalpha():
        # Readers that know more types than PyYAML's must not find one either: whatever could be one is quoted.
        assert f"value: {text}\n" not in out or text == "1Gi"


def test_many_documents_are_kept_apart(capsys):
    out = written_yaml([{"a": 1}, {"a": 2}], capsys)
    assert list(yaml.safe_load_all(out)) == [{"a": 1}, {"a": 2}]


class Screen(io.StringIO):
    """Standard output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_xml_is_untouched_in_a_pipe_and_harmless_on_a_screen(monkeypatch, capsys):
    text = '<domain name="a\x9b31m é"><uuid/></domain>'
    terminal.write_xml(text)
    assert capsys.readouterr().out == text + "\n"
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    terminal.write_xml(text)
    assert screen.getvalue() == '<domain name="a&#x9b;31m é">\n  <uuid />\n</domain>\n'
