"""Quantities against Kubernetes itself: what it answered once, and what it answers now where Go is."""

import re
from random import Random

import pytest

from kvnode import quantity
from kvnode.errors import QuantityError
from tests.kubernetes.quantity_facts import MAX_INT64, Fact, asked, drawn, recorded

NANO = 10**9
# The differences that kvnode.quantity documents: each is about texts that nobody means.
NO_DIGIT = re.compile(r"[+-]?\.?(?:[a-zA-Z]i?)?|[+-]?\.?[eE][+-]?[0-9]+")
FAR_EXPONENT = re.compile(r".*[eE][+-]?[0-9]{3,}")
LONGEST = 128


def within(nanos: int) -> bool:
    """Whether Go has a value of this size without overflow."""
    return abs(nanos) <= MAX_INT64 * NANO


def on_purpose_refused(text: str) -> bool:
    return len(text) > LONGEST or NO_DIGIT.fullmatch(text) is not None or FAR_EXPONENT.fullmatch(text) is not None


def away_from_zero(nanos: int, unit: int) -> int:
    return -(-nanos // unit) if nanos > 0 else nanos // unit


def ours(text: str) -> int | None:
    """The value in billionths, or None for what is refused."""
    try:
        value = quantity.parse(text) * NANO
    except QuantityError:
        return None
    assert value.denominator == 1
    return int(value)


def differences(facts: list[Fact]) -> list[tuple[str, object, object]]:
    """Text, ours and Kubernetes', wherever they part in a way that isn't documented."""
    found: list[tuple[str, object, object]] = []
    before: tuple[str, int] | None = None
    for fact in facts:
        nanos = ours(fact.text)
        if nanos is None or fact.nanos is None:
            if nanos is not None or (fact.nanos is not None and not on_purpose_refused(fact.text)):
                found.append((fact.text, nanos, fact.nanos))
            before = None if fact.nanos is not None else before
            continue
        pairs = [(nanos, fact.nanos)]
        if within(nanos):
            pairs.append((quantity.canonical(fact.text), fact.canonical))
            for mine, said, unit in (
                (quantity.to_bytes(fact.text), fact.value, NANO),
                (quantity.to_millis(fact.text), fact.milli, NANO // 1000),
            ):
                # Of what is negative and not whole, Go's answer depends on how it was written.
                pairs.append((mine, away_from_zero(nanos, unit) if said is None or nanos < 0 else said))
        if within(nanos * 7):
            pairs.append((quantity.times(fact.text, 7), fact.seven_times))
        if before is not None:
            pairs.append((quantity.compare(fact.text, before[0]), fact.compared))
            if all(map(within, (nanos, before[1], nanos + before[1]))):
                pairs.append((quantity.add(fact.text, before[0]), fact.summed))
        found += [(fact.text, mine, said) for mine, said in pairs if mine != said]
        before = fact.text, nanos
    return found


def test_as_kubernetes_answered() -> None:
    facts = recorded()
    assert len(facts) > 800
    assert differences(facts) == []


def test_each_documented_difference_is_one() -> None:
    """What was once written down of Kubernetes has to stay true, or the documentation is wrong."""
    facts = {fact.text: fact for fact in recorded()}
    for text in ("", "1K", "1e", "--1", " 1", "1_000"):
        assert facts[text].nanos is None
    for text in (".", "+", "0" * 129, "1e100", "1e-100", "1e4294967296"):
        assert facts[text].nanos is not None
        assert ours(text) is None
    assert facts["1e4294967296"].canonical == "1"
    assert facts["1000E"].canonical == "1"
    assert quantity.canonical("1000E") == "1000E"
    assert (facts["-1.1Gi"].value, quantity.to_bytes("-1.1Gi")) == (-1181116005, -1181116007)


@pytest.mark.needs("go")
@pytest.mark.full("20,000 quantities put to Kubernetes' own package, and its recorded answers asked again")
@pytest.mark.timeout(600)
def test_as_kubernetes_answers() -> None:
    written = recorded()
    assert asked(fact.text for fact in written) == written
    assert differences(asked(drawn(Random(), 20_000))) == []
