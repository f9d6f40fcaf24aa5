"""The fast decoder: bytes that an API server or kvnode itself has written, to a typed object.

Lenient as clients of an API have to be: a field that a newer server added is passed over. A guest of usual size
takes some 5 µs. What people have written goes through `strict` instead (`kvnode.load`), which tells every fault and
not the first alone.
"""

import re
from functools import cache
from typing import Any, TypeVar

import msgspec

from kvnode.api.fault import refuse

T = TypeVar("T", bound=msgspec.Struct)

_AT = re.compile(r"(.*?)(?: - at `(?:key in )?\$\.?(.*)`)?", re.DOTALL)


def decode(data: bytes | str, kind: type[T]) -> T:
    """The object of this type that JSON describes. Raises InvalidManifest with the path of the first fault."""
    try:
        decoder: msgspec.json.Decoder[T] = _decoder(kind)
        try:
            return decoder.decode(data)
        except msgspec.ValidationError:
            # Go writes null for some absent objects; taking them out costs a second pass, which is rarely needed.
            value = msgspec.json.decode(data)
        return convert(value, kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        refuse(f"this is not JSON: {error}")
    except RecursionError:
        refuse("it is nested too deeply")


def convert(value: Any, kind: type[T]) -> T:
    """The object of this type that a value in JSON's types describes. Raises as `decode` does."""
    try:
        return msgspec.convert(_without_nulls(value), kind)
    except msgspec.ValidationError as error:
        match = _AT.fullmatch(str(error))
        message, path = match.groups(default="") if match else (str(error), "")
        refuse(message, field=path)
    except UnicodeEncodeError as error:
        refuse(f"{error.object[:40]!r} is a key with half a surrogate pair, which is no character")
    except RecursionError:
        refuse("it is nested too deeply")


@cache
def _decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    return msgspec.json.Decoder(kind)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_without_nulls(inner) for inner in value]
    return value
