"""Quantities: what holds for all of them."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from kvnode import quantity
from kvnode.errors import QuantityError

SUFFIXES = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E-6", "e+18"]


@st.composite
def quantities(draw: st.DrawFn) -> str:
    sign = draw(st.sampled_from(["", "-", "+"]))
    whole = draw(st.integers(0, 10**20))
    decimals = draw(st.from_regex(r"(\.[0-9]{0,12})?", fullmatch=True))
    return f"{sign}{whole}{decimals}{draw(st.sampled_from(SUFFIXES))}"


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
