"""References to container images, as a manifest's ``image`` has them.

``[host[:port]/]path[:tag][@digest]``; the grammar is that of the distribution project's ``reference`` package.  A
reference is a name in the store's index and an argument of skopeo, never a path.

``tiny`` and ``tiny:latest`` are one image, as everywhere.  A name without a host stays without one: which registry it
means is decided by whoever pulls it, and ``kvnode image add`` may give such a name to a local image.
"""

import re

import msgspec

from kvnode.errors import InvalidImage

_LENGTH_LIMIT = 255
"""The longest name, tag and digest apart (distribution: ``NameTotalLengthMax``)."""

_HOST = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<name>(?:{_HOST}(?::[0-9]{{1,5}})?/)?{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>[^@]+))?",
    re.ASCII,
)
_SHA256 = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)


class ImageReference(msgspec.Struct, frozen=True):
    """One reference, taken apart.

    name    -- host and path, as ``localhost/kvnode/tiny``
    tag     -- None only where there is a digest
    digest  -- ``sha256:<64 hex>`` or None; where it is there it decides, and the tag only tells people something
    """

    name: str
    tag: str | None
    digest: str | None

    def __str__(self) -> str:
        return f"{self.name}@{self.digest}" if self.digest else f"{self.name}:{self.tag}"

    @property
    def host(self) -> str | None:
        """The registry, as ``localhost:5000``, or None where the name has none."""
        first, slash, _ = self.name.partition("/")
        is_host = bool(slash) and ("." in first or ":" in first or first == "localhost" or first != first.lower())
        return first if is_host else None

    @property
    def is_local(self) -> bool:
        """Whether no registry can have it: ``localhost/…`` without a port is what is made on this machine."""
        return self.host == "localhost"


def parse_reference(text: str) -> ImageReference:
    """Takes a reference apart and adds the tag that is meant; raises InvalidImage with what is wrong."""
    if len(text) > 2 * _LENGTH_LIMIT + 128:
        raise InvalidImage(f"an image reference of {len(text)} characters starts with {text[:40]!r}: it is too long")
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise InvalidImage(
            f"{text!r} is not an image reference; one reads as localhost/kvnode/tiny:latest: "
            "lower-case path, then a tag or a digest"
        )
    name, tag, digest = match["name"], match["tag"], match["digest"]
    if len(name) > _LENGTH_LIMIT:
        raise InvalidImage(f"the name in {text[:40]!r}… has {len(name)} characters, {_LENGTH_LIMIT} at most")
    if digest is not None and not is_digest(digest):
        raise InvalidImage(f"the digest in {text!r} is not sha256:<64 hex digits>, which is all that kvnode reads")
    return ImageReference(name, None if digest else tag or "latest", digest)


def is_digest(text: object) -> bool:
    """Whether this is a SHA-256 digest as OCI writes it; whatever passes is safe as part of a path."""
    return isinstance(text, str) and _SHA256.fullmatch(text) is not None
