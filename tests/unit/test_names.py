"""Names told by compiled loops: each kind at its edges, and what isn't text at all."""

import pytest

from kvnode._fast import names

CASES = {
    names.is_label: (
        ["a", "0", "a-b", "a--b", "x" * 63],
        ["", "-", "-a", "a-", "A", "a.b", "a_b", "x" * 64, "a\n", "ä", "a\0"],
    ),
    names.is_subdomain: (
        ["a", "a.b", "a-b.c-d", "0.0", "x" * 253, "x" * 200 + "." + "y" * 52],
        ["", ".", "a.", ".a", "a..b", "a-.b", "a.-b", "A.b", "x" * 254, "a/b", "a.b\n", "ä.b"],
    ),
    names.is_qualified_name: (
        ["a", "A", "a.b_C-d", "example.com/a", "x" * 63, "y" * 253 + "/" + "x" * 63],
        ["", "/", "a/", "/a", "a/b/c", "A.b/c", "_a", "a_", "x" * 64, "a/" + "x" * 64, "y" * 254 + "/a", "a b", "é"],
    ),
    names.is_name_part: (
        ["a", "A0", "a.b_C-d", "x" * 63],
        ["", ".", "a.", "_a", "a/b", "x" * 64, "a\n"],
    ),
    names.is_interface_name: (
        ["a", "-", "_", "A-b_0", "x" * 253],
        ["", "a.b", "a b", "x" * 254, "a\n", "ä"],
    ),
    names.is_attachment_name: (
        ["a", "a.b", "a/b", "a-b.c/d-e.f", "x" * 253 + "/" + "y" * 253],
        ["", "/", "a/", "/a", "a/b/c", "A", "a/B", "a.", "./a", "x" * 254, "a/" + "y" * 254, "a b", "ä"],
    ),
    names.is_port_name: (
        ["a", "http", "a-1", "1a", "x" * 15],
        ["", "1", "1-2", "a--b", "-a", "a-", "A", "x" * 16, "a_b"],
    ),
    names.is_mac_address: (
        ["52:54:00:12:34:56", "AA:bb:CC:dd:EE:ff", "00:00:00:00:00:00"],
        ["", "52:54:00:12:34", "52:54:00:12:34:5g", "52-54-00-12-34-56", "52:54:00:12:34:56\n", "5:254:00:12:34:56"],
    ),
    names.is_card_address: (
        ["52:54:00:12:34:56", "0a:00:00:00:00:00", "0e:ff:ff:ff:ff:ff", "00:00:00:00:00:01", "f0:00:00:00:00:0f"],
        ["", "53:54:00:12:34:56", "0b:00:00:00:00:00", "00:00:00:00:00:00", "0A:00:00:00:00:00", "52:54:00:12:34:5F"],
    ),
    names.is_serial: (
        ["a", "A.b_C+d-0", "-", "x" * 256],
        ["", "a b", "a/b", "x" * 257, "a\n", "ä"],
    ),
}


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.__name__)
def test_names_and_what_is_none(kind):
    sound, broken = CASES[kind]
    assert [text for text in sound if not kind(text)] == []
    assert [text for text in broken if kind(text)] == []


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("value", [None, 1, b"a", ["a"]])
def test_what_is_no_text_is_no_question(kind, value):
    with pytest.raises(TypeError, match="is no text"):
        kind(value)


def test_a_text_of_a_type_of_its_own_is_a_text():
    class Name(str):
        pass

    assert names.is_label(Name("a-b"))
    assert not names.is_label(Name("a_b"))
