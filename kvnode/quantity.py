"""Quantities as Kubernetes has them: `512Mi`, `1.5Gi`, `500m`, `1e3`, `2`.

A quantity on the wire is text or a number and stays what it was (see `kvnode.api.base`); these functions say what
it is worth. Every value is a whole number of billionths, because that is as fine as Kubernetes goes: anything finer
is rounded away from zero, so that whoever asks for a little never gets nothing. All arithmetic is therefore exact,
on integers.

The grammar and the canonical form are those of Kubernetes' API machinery (resource.Quantity); binary suffixes are
capped at 2**63 - 1, as they are there. Five differences remain, each on the side of refusing or of being right:

- Text without a digit (`.`, `Ki`) is refused, as the schema of a custom resource does.
- Exponents end at 99, where Go would spend minutes on 1e999999999 and takes 1e4294967296 for 1.
- Text ends at 128 characters.
- What is more than 2**63 - 1 keeps its value, where Go overflows and writes 1000E as 1.
- What is negative and not whole is rounded away from zero too, as Go's documentation says; Go's Value() of -1.1Gi is
  nearer to zero by more than one.

tests/kubernetes/quantities holds what Kubernetes itself answers.
"""

import re
from fractions import Fraction
from functools import lru_cache

from kvnode.errors import QuantityError

Quantity = str | int | float

_NANO = 10**9
_MAX_INT64 = 2**63 - 1
_MAX_EXPONENT = 99
_MAX_LENGTH = 128

_GRAMMAR = re.compile(r"([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_SUFFIX = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY_SUFFIX = {bits: suffix for suffix, bits in _BINARY.items()}

# Notations, as the API machinery names them.
_DECIMAL_SI, _DECIMAL_EXPONENT, _BINARY_SI = "DecimalSI", "DecimalExponent", "BinarySI"


def parse(quantity: Quantity) -> Fraction:
    """The exact value of a quantity, in its own unit (bytes for memory, cores for CPUs).

    parse("1.5Gi") is 1610612736, parse("500m") is 1/2. Raises QuantityError for anything that isn't a quantity.
    """
    return Fraction(_nanos(quantity)[0], _NANO)


def to_bytes(quantity: Quantity) -> int:
    """The value as a whole number, rounded away from zero: bytes of memory or of a disk.

    to_bytes("1.1Gi") is 1181116007. Raises QuantityError.
    """
    nanos = _nanos(quantity)[0]
    return -(-nanos // _NANO) if nanos >= 0 else nanos // _NANO


def to_nanos(quantity: Quantity) -> int:
    """The exact value in billionths, than which no quantity is finer. Raises QuantityError."""
    return _nanos(quantity)[0]


def to_millis(quantity: Quantity) -> int:
    """The value in thousandths, rounded away from zero: millicores. to_millis("0.1") is 100. Raises QuantityError."""
    return _divided(_nanos(quantity)[0], _NANO // 1000)


def compare(left: Quantity, right: Quantity) -> int:
    """-1, 0 or 1: whether the left is less than, equal to or more than the right."""
    a, b = _nanos(left)[0], _nanos(right)[0]
    return (a > b) - (a < b)


def canonical(quantity: Quantity) -> str:
    """The one way in which Kubernetes writes this value in this notation: "1024Ki" gives "1Mi", "0.1" gives "100m".

    No digit is lost, none follows a point, and the suffix is the largest that allows that. Binary notation goes over to
    decimal for what is below 1024, not whole, or beyond its cap.
    """
    return _written(*_nanos(quantity))


def binary(amount_bytes: int) -> str:
    """A number of bytes in binary notation: binary(1610612736) is "1536Mi"."""
    return _written(amount_bytes * _NANO, _BINARY_SI)


def times(quantity: Quantity, factor: int) -> str:
    """A multiple, in the notation of the quantity: times("1G", 4) is "4G"."""
    nanos, notation = _nanos(quantity)
    return _written(nanos * factor, notation)


def add(left: Quantity, right: Quantity) -> str:
    """A sum, in the notation of the left unless that is nothing: add("1Gi", "512M") is "1585741824"."""
    (a, notation), (b, other) = _nanos(left), _nanos(right)
    return _written(a + b, notation if a else other)


def _nanos(quantity: Quantity) -> tuple[int, str]:
    """Value in billionths, and the notation it is written in."""
    if isinstance(quantity, str):
        return _read(quantity)
    if type(quantity) is int:
        # Python refuses to write very long integers; none of that size is meant for a quantity.
        if quantity.bit_length() > 320:
            raise _refusal(f"a number of {quantity.bit_length()} bits", "it has more than 96 digits")
        return quantity * _NANO, _DECIMAL_SI
    if isinstance(quantity, float):
        nanos, notation = _read(repr(quantity))
        # Python writes an exponent sooner than JSON does, and the notation goes by JSON's text.
        return nanos, _DECIMAL_SI if 1e-6 <= abs(quantity) < 1e21 else notation
    raise _refusal(repr(quantity), "it is neither text nor a number")


@lru_cache(maxsize=512)
def _read(text: str) -> tuple[int, str]:
    if len(text) > _MAX_LENGTH:
        raise _refusal(f"{text[:24]!r}...", f"it is {len(text)} characters long, {_MAX_LENGTH} are the most")
    match = _GRAMMAR.fullmatch(text)
    if match is None:
        raise _refusal(repr(text), "it should be a number and a suffix, such as 512Mi, 1.5Gi, 500m or 1e3")
    sign, whole, decimals, only_decimals, suffix = match.groups(default="")
    fraction = decimals or only_decimals
    digits = int(whole + fraction)
    bits, notation = 0, _DECIMAL_SI
    if suffix in _BINARY:
        bits, exponent, notation = _BINARY[suffix], 0, _BINARY_SI
    elif suffix in _DECIMAL:
        exponent = _DECIMAL[suffix]
    else:
        exponent, notation = int(suffix[1:]), _DECIMAL_EXPONENT
        if abs(exponent) > _MAX_EXPONENT:
            raise _refusal(repr(text), f"its exponent is outside -{_MAX_EXPONENT} to {_MAX_EXPONENT}")
    nanos = _shifted(digits << bits, exponent + 9 - len(fraction))
    if notation is _BINARY_SI:
        nanos = min(nanos, _MAX_INT64 * _NANO)
        if 0 < nanos < _NANO:
            notation = _DECIMAL_SI
    return (-nanos if sign == "-" else nanos), notation


def bytes_text(size: int) -> str:
    """Bytes as people write them, in four digits: ``128 MiB``, ``1.5 GiB``, ``1 byte``."""
    for unit, bits in (("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size >= 1 << bits:
            return f"{_four_digits(size, bits)} {unit}"
    return "1 byte" if size == 1 else f"{size} bytes"


def _four_digits(size: int, bits: int) -> str:
    """``1023.9`` has no fraction left in four digits, and ``1.50`` none that says anything."""
    return f"{size / (1 << bits):.4g}" if size < 1000 << bits else str(size >> bits)


def _divided(number: int, divisor: int) -> int:
    """number / divisor, rounded away from zero."""
    return -(-number // divisor) if number >= 0 else number // divisor


def _shifted(number: int, places: int) -> int:
    """number * 10**places, rounded up where digits fall off."""
    return int(number * 10**places) if places >= 0 else _divided(number, int(10**-places))


def _written(nanos: int, notation: str) -> str:
    if nanos == 0:
        return "0"
    if notation is _BINARY_SI:
        # Beyond the cap a binary suffix would be read as less.
        if 1024 * _NANO <= abs(nanos) <= _MAX_INT64 * _NANO and nanos % _NANO == 0:
            return _in_binary(nanos // _NANO)
        notation = _DECIMAL_SI
    exponent = -9
    # Where suffixes end at E, exponents go on.
    while nanos % 1000 == 0 and (exponent < 18 or notation is _DECIMAL_EXPONENT):
        nanos //= 1000
        exponent += 3
    if notation is _DECIMAL_SI:
        return f"{nanos}{_DECIMAL_SUFFIX[exponent]}"
    return f"{nanos}e{exponent}" if exponent else str(nanos)


def _in_binary(amount: int) -> str:
    bits = 0
    while amount % 1024 == 0 and bits < 60:
        amount //= 1024
        bits += 10
    return f"{amount}{_BINARY_SUFFIX[bits] if bits else ''}"


def _refusal(shown: str, why: str) -> QuantityError:
    return QuantityError(f"{shown} is not a quantity: {why}")
