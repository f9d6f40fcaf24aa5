"""From our values back to plain JSON types."""

from typing import Any

import msgspec

from kvnode.api.core import RawObject


def to_dict(value: Any) -> Any:
    """Any of our values as dicts, lists, text, numbers and None, under their names on the wire.

    Takes manifests, plans, facts, errors, and lists of them. What a manifest left out stays out; reading and writing
    gives the same document again, without nulls and empty lists, which Kubernetes takes for absent, with zeros for
    required text and numbers that were missing, and with nothing inside of `fieldsV1`. The result shares nothing with
    the value. Raises TypeError for a foreign type.
    """
    if isinstance(value, RawObject):
        return _plain(value.document)
    if isinstance(value, list | tuple):
        return [to_dict(inner) for inner in value]
    return _plain(msgspec.to_builtins(value, str_keys=True, enc_hook=_foreign))


def _plain(value: Any) -> Any:
    """to_builtins keeps tuples, which JSON doesn't have, and hands on what needs no change as it is."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _foreign(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} is not one of kvnode's values")
