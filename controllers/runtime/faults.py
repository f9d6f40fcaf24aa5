"""What an API server says no with, and what is wrong where nothing answers: one place turns both into our errors.

The server's `Status` carries a code and a reason; the class of an error follows the code, since that is what callers
decide by. Everything that is worth another try says so (``retryable``), and after how long where the server said it.
"""

import msgspec

from kvnode.errors import InvalidManifest, KvnodeError

# A web page instead of a Status, from something that sits in between, is not repeated at length.
MOST_OF_A_BODY = 500


class ApiError(KvnodeError):
    """The API server refused a call, or didn't answer.

    status         -- HTTP's status; 0 where there was no answer
    reason         -- the Status's reason, such as ``Forbidden`` or ``Invalid``
    retry_after_s  -- seconds that the server wants to be left alone, or None
    """

    reason = "ApiError"

    def __init__(
        self, message: str, *, status: int = 0, reason: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s
        if reason:
            self.reason = reason


class Unreachable(ApiError):
    """Nobody answered, the answer broke off, or it took too long: what became of a write is unknown."""

    reason = "Unreachable"
    retryable = True


class Unauthorized(ApiError):
    """The server doesn't know us, even after the credentials were read again."""

    retryable = True


class Forbidden(ApiError):
    """The server knows us and our role doesn't allow the call."""


class ObjectNotFound(ApiError):
    """There is no such object, or no such kind."""


class Conflict(ApiError):
    """The object was changed by somebody else since it was read, or exists already (``AlreadyExists``)."""

    retryable = True


class Expired(ApiError):
    """A resource version that the server no longer remembers: list again."""

    reason = "Expired"
    retryable = True


class Invalid(ApiError):
    """The object breaks a rule of its kind or of an admission webhook."""


class TooManyRequests(ApiError):
    """The server asks for patience."""

    retryable = True


class ServerFault(ApiError):
    """Something in the server, or in what it asks (a webhook, etcd), failed."""

    retryable = True


class Undecodable(KvnodeError):
    """An object that is there and can't be read as what it should be; it is neither present nor absent.

    request  -- which one
    uid      -- its uid, empty where not even its metadata can be read
    """

    reason = "Undecodable"

    def __init__(self, message: str, *, namespace: str, name: str, uid: str, resource_version: str) -> None:
        super().__init__(message)
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.resource_version = resource_version


_BY_STATUS: dict[int, type[ApiError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: ObjectNotFound,
    409: Conflict,
    410: Expired,
    422: Invalid,
    429: TooManyRequests,
}


class _Details(msgspec.Struct, rename="camel"):
    retry_after_seconds: float | None = None


class Status(msgspec.Struct):
    """The server's `Status`, as far as we read it."""

    message: str | None = None
    reason: str | None = None
    code: int | None = None
    details: _Details | None = None


def refusal(call: str, status: int, body: bytes, retry_after: str | None = None) -> ApiError:
    """The error for an answer that isn't a success; ``call`` is such as ``GET /api/v1/pods``."""
    try:
        said = msgspec.json.decode(body, type=Status)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = Status(message=body[:MOST_OF_A_BODY].decode(errors="replace").strip() or None)
    return refusal_of(call, status, said, _seconds(retry_after))


def refusal_of(call: str, status: int, said: Status, retry_after_s: float | None = None) -> ApiError:
    """The error for a `Status`, however it came: as an answer, or as an event of a watch."""
    kind = _BY_STATUS.get(status, ServerFault if status >= 500 else ApiError)
    if retry_after_s is None and said.details is not None:
        retry_after_s = said.details.retry_after_seconds
    message = f"{call}: {status} {said.message or said.reason or 'without a word'}"
    return kind(message, status=status, reason=said.reason or kind.__name__, retry_after_s=retry_after_s)


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After as seconds; its other form, a date, is no clock of ours and is passed over (RFC 9110, 10.2.3)."""
    return float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None


def in_words(error: BaseException) -> str:
    """An error as one line for a log, a condition or an event."""
    if isinstance(error, InvalidManifest):
        return "; ".join(map(str, error.errors))
    if isinstance(error, KvnodeError):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
