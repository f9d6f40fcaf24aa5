"""Rules about durations: which ones are long enough.

A duration that can't be read has been refused where the document was, or by the API server. An object that was decoded
leniently may still have one; it is told once, here.
"""

from __future__ import annotations

import re
from fractions import Fraction

from kvnode.api.validation.finding import Findings, shown

__all__ = ["duration_rules", "seconds"]

_MAX_CHARACTERS = 64
_WHOLE = re.compile(r"([-+]?)((?:[0-9]+(?:\.[0-9]*)?(?:ns|us|µs|μs|ms|s|m|h))+|0)", re.ASCII).fullmatch
_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?)(ns|us|µs|μs|ms|s|m|h)", re.ASCII).findall
_SECONDS = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "μs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
}


def seconds(duration: str | None) -> Fraction | None:
    """How many seconds a duration is, in Go's notation: seconds("1m30s") is 90. None where there is none to be read."""
    match = _WHOLE(duration) if duration is not None and len(duration) <= _MAX_CHARACTERS else None
    if match is None:
        return None
    total = sum((Fraction(number.removesuffix(".")) * _SECONDS[unit] for number, unit in _PART(match[2])), Fraction())
    return -total if match[1] == "-" else total


def duration_rules(found: Findings, field: str, duration: str | None, *, positive: bool = False) -> None:
    """It reads as a duration, isn't negative, and isn't 0 where that would be no time at all."""
    if duration is None:
        return
    value = seconds(duration)
    if value is None:
        found.invalid(field, f"{shown(duration)} is not a duration such as 1h30m or 250ms.")
    elif value < 0:
        found.invalid(field, f"{shown(duration)} is less than no time: a duration such as 5m would do.")
    elif positive and not value:
        found.invalid(field, f"{shown(duration)} is no time at all: a duration such as 5m would do.")
