"""Quantities: what holds for all of them, and what a second reading of the rules makes of each.

The second reading is of fractions and searches, where ours is of integers and shifts.
"""

import json
import math
import re
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from kvnode import quantity
from kvnode.errors import QuantityError

SUFFIXES = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E-6", "e+18"]

DECIMAL = {suffix: Fraction(1000) ** power for power, suffix in enumerate(["n", "u", "m", "", "k", *"MGTPE"], -3)}
BINARY = {suffix: Fraction(1024) ** power for power, suffix in enumerate(["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"], 1)}
EXPONENT = {f"e{power}" if power else "": Fraction(10) ** power for power in range(-9, 120, 3)}
NANO = Fraction(1, 10**9)
CAP = 2**63 - 1


def outward(value: Fraction, unit: Fraction | int = 1) -> int:
    """How many units, rounded away from zero."""
    count = math.ceil(abs(value) / Fraction(unit))
    return count if value > 0 else -count


def meaning(text: str) -> tuple[Fraction, dict[str, Fraction]]:
    """Value and notation of a text that is a quantity."""
    number = re.match(r"[-+.0-9]+", text)
    assert number is not None
    suffix = text[number.end() :]
    if suffix in BINARY:
        value, notation = Fraction(number[0]) * BINARY[suffix], BINARY
    elif suffix in DECIMAL:
        value, notation = Fraction(number[0]) * DECIMAL[suffix], DECIMAL
    else:
        value, notation = Fraction(number[0]) * Fraction(10) ** int(suffix[1:]), EXPONENT
    value = outward(value, NANO) * NANO
    return (Fraction(max(-CAP, min(value, CAP))) if notation is BINARY else value), notation


def shortest(value: Fraction, notation: dict[str, Fraction]) -> str:
    """The largest suffix of the notation that needs neither a point nor a digit less."""
    if notation is BINARY and (abs(value) < 1024 or value.denominator != 1):
        notation = DECIMAL
    units = {"": Fraction(1), **notation}
    suffix = max((suffix for suffix in units if (value / units[suffix]).denominator == 1), key=lambda s: units[s])
    return f"{value / units[suffix]}{suffix}" if value else "0"


@st.composite
def quantities(draw: st.DrawFn) -> str:
    sign = draw(st.sampled_from(["", "-", "+"]))
    whole = draw(st.integers(0, 10**20))
    decimals = draw(st.from_regex(r"(\.[0-9]{0,12})?", fullmatch=True))
    return f"{sign}{whole}{decimals}{draw(st.sampled_from(SUFFIXES))}"


@given(quantities())
def test_value_and_canonical_form_are_those_of_a_second_reading(text: str) -> None:
    value, notation = meaning(text)
    assert quantity.parse(text) == value
    assert quantity.canonical(text) == shortest(value, notation)
    assert quantity.to_bytes(text) == outward(value)
    assert quantity.to_millis(text) == outward(value, Fraction(1, 1000))


@given(
    st.from_regex(
        r"[+-]?(0{0,2}|[0-9]{1,20})(\.[0-9]{0,12})?([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,2})?", fullmatch=True
    )
)
def test_the_whole_grammar_is_read(text: str) -> None:
    assume(re.match(r"[+-]?\.?[0-9]", text))
    assert quantity.parse(text) == meaning(text)[0]


@given(st.floats(1e-90, 1e90), st.sampled_from([1, -1]))
def test_a_number_is_the_decimal_that_json_writes(size: float, sign: int) -> None:
    number = sign * size
    value = outward(Fraction(json.dumps(number)), NANO) * NANO
    assert quantity.parse(number) == value
    # Between these JSON of Go has no exponent, other than that of Python.
    assert quantity.canonical(number) == shortest(value, DECIMAL if 1e-6 <= size < 1e21 else EXPONENT)


@given(quantities())
def test_canonical_form_keeps_the_value_and_is_a_fixed_point(text: str) -> None:
    once = quantity.canonical(text)
    assert quantity.parse(once) == quantity.parse(text)
    assert quantity.canonical(once) == once
    assert "." not in once


@given(quantities())
def test_whole_value_is_the_next_away_from_zero(text: str) -> None:
    exact, whole = quantity.parse(text), quantity.to_bytes(text)
    assert abs(exact) <= abs(whole) < abs(exact) + 1
    assert whole == 0 or (whole > 0) == (exact > 0)


@given(st.integers(0, 2**63 - 1), st.sampled_from(["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]))
def test_binary_suffixes_are_powers_of_1024_up_to_the_cap(number: int, suffix: str) -> None:
    power = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].index(suffix) + 1
    assert quantity.to_bytes(f"{number}{suffix}") == min(number * 1024**power, 2**63 - 1)


@given(quantities(), quantities())
def test_comparison_and_sum_agree_with_exact_values(left: str, right: str) -> None:
    a, b = quantity.parse(left), quantity.parse(right)
    assert quantity.compare(left, right) == (a > b) - (a < b)
    assert quantity.parse(quantity.add(left, right)) == a + b


@given(quantities(), st.integers(0, 64))
def test_multiples_are_exact(text: str, factor: int) -> None:
    assert quantity.parse(quantity.times(text, factor)) == quantity.parse(text) * factor


@given(st.one_of(st.text(), st.text("0123456789.eEinumkKMGTP+-", max_size=20), st.integers(), st.floats()))
def test_anything_else_is_a_value_or_a_quantity_error(value: str | int | float) -> None:
    try:
        assert isinstance(quantity.parse(value), Fraction)
    except QuantityError as error:
        assert str(error).isprintable()
