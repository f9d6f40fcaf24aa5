"""Quantities against what Kubernetes' own package answers; the expected values were read off `resource.Quantity`."""

import pytest

from kvnode import quantity
from kvnode.errors import KvnodeError, QuantityError

# text, canonical form, whole value rounded away from zero
KUBERNETES = [
    ("0", "0", 0),
    ("-0", "0", 0),
    ("0Mi", "0", 0),
    ("1", "1", 1),
    ("1.", "1", 1),
    (".5", "500m", 1),
    ("0.1", "100m", 1),
    ("1.50", "1500m", 2),
    ("1500m", "1500m", 2),
    ("1023", "1023", 1023),
    ("1000Ki", "1000Ki", 1024000),
    ("1024Ki", "1Mi", 1048576),
    ("1.5Gi", "1536Mi", 1610612736),
    ("-1.5Gi", "-1536Mi", -1610612736),
    ("1.1Gi", "1181116006400m", 1181116007),
    ("0.5Ki", "512", 512),
    ("0.0000000001Gi", "107374183n", 1),
    ("123456789.123456789123456789Gi", "132560717938603853938603854n", 132560717938603854),
    ("3000M", "3G", 3000000000),
    ("100k", "100k", 100000),
    ("1e3", "1e3", 1000),
    ("1.5e3", "1500", 1500),
    ("1e4", "10e3", 10000),
    ("1e-4", "100e-6", 1),
    ("1E-3", "1e-3", 1),
    ("1e+3", "1e3", 1000),
    ("1e0", "1", 1),
    ("5E", "5E", 5 * 10**18),
    ("0.1n", "1n", 1),
    ("1e-10", "1e-9", 1),
    ("1e21", "1e21", 10**21),
    ("7.5Ei", "7680Pi", 8646911284551352320),
    ("8Ei", "9223372036854775807", 2**63 - 1),
    ("-16Ei", "-9223372036854775807", -(2**63 - 1)),
    ("9223372036854775807.1", "9223372036854775807100m", 2**63),
]


@pytest.mark.parametrize(("text", "canonical", "whole"), KUBERNETES)
def test_value_and_canonical_form(text: str, canonical: str, whole: int) -> None:
    assert quantity.canonical(text) == canonical
    assert quantity.to_bytes(text) == whole


def test_numbers_count_as_the_text_that_json_has_for_them() -> None:
    assert quantity.to_bytes(1048576) == 1048576
    assert quantity.to_millis(1.5) == 1500
    assert quantity.to_millis("250m") == 250
    assert quantity.to_millis("1u") == 1
    assert quantity.parse(0.1) == quantity.parse("100m")


def test_notation_of_a_number_is_that_of_json() -> None:
    assert quantity.canonical(0.00005) == "50u"
    assert quantity.canonical(1e20) == "100E"
    assert quantity.canonical(1e-7) == "100e-9"
    assert quantity.canonical(1e22) == "10e21"


def test_binary_notation_of_less_than_one_is_decimal() -> None:
    assert quantity.times("0.0005Ki", 4000) == "2048"
    assert quantity.times("-0.0005Ki", 4000) == "-2048"
    assert quantity.times("0.5Ki", 4) == "2Ki"


def test_arithmetic_keeps_the_notation() -> None:
    assert quantity.times("1Gi", 4) == "4Gi"
    assert quantity.times("1G", 4) == "4G"
    assert quantity.add("1Gi", "1Mi") == "1025Mi"
    assert quantity.add("0", "512Mi") == "512Mi"
    assert quantity.binary(1610612736) == "1536Mi"
    assert quantity.binary(1000) == "1k"


def test_comparison_is_by_value() -> None:
    assert quantity.compare("1Gi", "1024Mi") == 0
    assert quantity.compare("1G", "1Gi") == -1
    assert quantity.compare(2, "1999m") == 1


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "1\n", ".", "-", "+", "e3", "Ki", "1K", "1ki", "1mm", "1.5e", "5Em", "0x10", "1_000", "1,5", "٣"]
    + ["1e100", "1e-100", "1e999999999", "1e99999999999999999999", "9" * 129, "1.2.3", "--1", "NaN", "inf", "1e1.5"],
)
def test_refusal_names_the_text(text: str) -> None:
    with pytest.raises(QuantityError) as caught:
        quantity.parse(text)
    assert isinstance(caught.value, KvnodeError)
    assert caught.value.exit_status == 1
    assert repr(text[:10])[1:-1] in str(caught.value)


@pytest.mark.parametrize("value", [True, None, [], {}, b"1", 10**400, float("inf"), float("nan")])
def test_refusal_of_other_types(value: object) -> None:
    with pytest.raises(QuantityError):
        quantity.parse(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (80, "80 bytes"),
        (1536, "1.5 KiB"),
        (128 << 20, "128 MiB"),
        ((1 << 30) - 1, "1023 MiB"),
        (5 << 40, "5 TiB"),
        (1 << 60, "1048576 TiB"),
    ],
)
def test_bytes_as_people_write_them(size, text):
    assert quantity.bytes_text(size) == text
