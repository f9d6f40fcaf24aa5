"""References to images: the grammar, and what counts as the same image."""

import pytest

from kvnode.errors import InvalidImage
from kvnode.storage.image_reference import parse_reference

DIGEST = f"sha256:{'0a' * 32}"


@pytest.mark.parametrize(
    ("text", "whole", "host"),
    [
        ("localhost/kvnode/tiny", "localhost/kvnode/tiny:latest", "localhost"),
        ("localhost/kvnode/tiny:1.0_x-Y", "localhost/kvnode/tiny:1.0_x-Y", "localhost"),
        ("localhost:5000/tiny", "localhost:5000/tiny:latest", "localhost:5000"),
        ("registry.example/a/b__c/d-e--f:2", "registry.example/a/b__c/d-e--f:2", "registry.example"),
        ("[fd00::1]:5000/a", "[fd00::1]:5000/a:latest", "[fd00::1]:5000"),
        ("tiny", "tiny:latest", None),
        ("library/tiny", "library/tiny:latest", None),
        (f"tiny@{DIGEST}", f"tiny@{DIGEST}", None),
        (f"registry.example/a:tag@{DIGEST}", f"registry.example/a@{DIGEST}", "registry.example"),
    ],
)
def test_references(text: str, whole: str, host: str | None) -> None:
    reference = parse_reference(text)
    assert str(reference) == whole
    assert reference.host == host
    assert parse_reference(whole) == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "../etc/passwd",
        "/etc/passwd",
        "a/../b",
        "a//b",
        "a/",
        "UPPER",
        "registry.example/UPPER",
        "a b",
        "a'b",
        'a"b',
        "a\n",
        "a\nb",
        "a\0b",
        "-v",
        "--help",
        "docker://a/b",
        "a:",
        "a:-tag",
        "a:" + "t" * 129,
        "a@",
        "a@sha256:123",
        f"a@sha512:{'0' * 128}",
        f"a@{DIGEST}@{DIGEST}",
        "a" * 256,
        "a/" * 5000,
        "ä",
        "localhost:99999999/a",
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(InvalidImage):
        parse_reference(text)


def test_only_what_is_made_here_is_local() -> None:
    assert parse_reference("localhost/kvnode/tiny").is_local
    assert not parse_reference("localhost:5000/kvnode/tiny").is_local
    assert not parse_reference("kvnode/tiny").is_local
