"""The base of every manifest type, and the scalar types that they are made of.

A type of the API is a frozen Struct with snake_case attributes and the API's camelCase on the wire; where an
acronym breaks that rule the field names its wire name itself. What holds for all of them:

- An optional field is None when it is absent; a list is a tuple, and an absent list is an empty one. Required text
  and numbers have Go's zero value, since that is what KubeVirt's own types make of an absent one; validation says
  what is missing.
- What is absent is left out again when an object is written, required text and numbers and the items of a list of
  objects apart, so reading and writing adds nothing to a valid manifest. An object without fields
  (`masquerade: {}`) is a value and stays.
- Quantities, times and durations keep the text they came with.
- Integers carry the range of their Go type, so that 4294967296 sockets are refused where they are read.

Every type has a docstring and every field a comment, on its line or right above it. Comments and not
`msgspec.Meta(description=...)`: a thousand strings in memory for the sake of a schema that is generated once, from
the sources, are not worth it.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct, field

Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Uint8 = Annotated[int, Meta(ge=0, le=2**8 - 1)]
Uint32 = Annotated[int, Meta(ge=0, le=2**32 - 1)]

# Defaults of required fields: what Go makes of an absent one. Made by a function, so that they are written even if
# they are empty: a schema that requires a field wants to see it.
EMPTY: Any = field(default_factory=str)
ZERO: Any = field(default_factory=int)
FALSE: Any = field(default_factory=bool)
NOTHING: Any = field(default_factory=lambda: "0")  # as a quantity
NO_ITEMS: Any = field(default_factory=lambda: ())  # of a list of objects

# A port or another thing that has a number or a name.
IntOrString = int | str

# RFC 3339, as `2026-08-01T12:00:00Z`.
Time = Annotated[str, Meta(extra={"format": "date-time"})]

# Go's notation, as `1h30m` or `250ms`.
Duration = Annotated[str, Meta(extra={"format": "duration"})]


class Model(Struct, frozen=True, omit_defaults=True, rename="camel", gc=False):
    """Base of the manifest's types. Not tracked by the cyclic collector: values read from a document have no cycles."""
