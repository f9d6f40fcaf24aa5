"""Refusals as clients of Kubernetes know them: a Status with a code, a reason and a message.

`kubectl` and `virtctl` print the message and nothing else, so it says what is wrong, where, and what would do. What
an API server answered us is passed on with its own code where the user can do something about it, and otherwise as
an error of the server's.
"""

import json
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from controllers.runtime.faults import ApiError, Conflict, Invalid, ObjectNotFound, TooManyRequests, in_words
from controllers.runtime.resources import Request, Resource
from kvnode.errors import FieldError, InvalidManifest, KvnodeError

JSON = "application/json"
LONGEST_TO_A_STREAM = 1024
"""What a websocket client in Go, such as `virtctl`, reads of an answer that is none; half a Status says nothing."""


class Refusal(KvnodeError):
    """A call that is refused.

    code    -- HTTP's status
    reason  -- the Status's reason, such as ``Conflict``
    details -- the Status's details: which object, and the causes where there are several
    """

    def __init__(self, code: int, reason: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.details = details


def status(refusal: Refusal) -> dict[str, Any]:
    """A refusal as a Status, in JSON's types."""
    said: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Status",
        "metadata": {},
        "status": "Failure",
        "message": str(refusal),
        "reason": refusal.reason,
        "code": refusal.code,
    }
    if refusal.details:
        said["details"] = refusal.details
    return said


def response(refusal: Refusal, most_bytes: int | None = None) -> web.Response:
    """A refusal as an answer of HTTP; with ``most_bytes`` as much of it as fits, and a Status in any case."""
    said = status(refusal)
    if most_bytes is not None and len(json.dumps(said)) > most_bytes:
        said.pop("details", None)
        while (over := len(json.dumps(said)) - most_bytes) > 0:
            # One character is twelve bytes of JSON at most.
            said["message"] = said["message"][: -max(4, over // 12)].rstrip(".") + "..."
    return web.json_response(said, status=refusal.code)


def _about(resource: Resource, request: Request) -> dict[str, Any]:
    return {"name": request.name, "group": resource.group, "kind": resource.plural}


def not_found(resource: Resource, request: Request) -> Refusal:
    """There is no such object."""
    message = f'{resource} "{request.name}" not found in the namespace {request.namespace}'
    return Refusal(404, "NotFound", message, _about(resource, request))


def conflict(resource: Resource, request: Request, why: str) -> Refusal:
    """The object is in a state in which this can't be done."""
    message = f'Operation cannot be fulfilled on {resource} "{request.name}": {why}'
    return Refusal(409, "Conflict", message, _about(resource, request))


def bad_request(message: str) -> Refusal:
    """The call itself is at fault."""
    return Refusal(400, "BadRequest", message)


def forbidden(message: str) -> Refusal:
    """The caller may not, or isn't who may ask."""
    return Refusal(403, "Forbidden", message)


def unavailable(message: str) -> Refusal:
    """Something that this needs isn't there now; trying again may do."""
    return Refusal(503, "ServiceUnavailable", message)


def invalid(kind: str, name: str, errors: Iterable[FieldError]) -> Refusal:
    """A manifest's faults: all of them in the message, and each as a cause with its field."""
    causes = [{"field": one.field, "reason": one.reason, "message": one.message} for one in errors]
    message = "; ".join(f"{one['field']}: {one['message']}" if one["field"] else one["message"] for one in causes)
    return Refusal(422, "Invalid", message, {"kind": kind, "name": name, "causes": causes})


def passed_on(error: KvnodeError) -> Refusal:
    """What stopped us, as the caller should hear of it."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, InvalidManifest):
        return Refusal(500, "InternalError", f"the object can't be read: {in_words(error)}")
    if isinstance(error, ObjectNotFound | Conflict | Invalid | TooManyRequests):
        return Refusal(error.status, error.reason, str(error))
    if isinstance(error, ApiError) and error.retryable:
        return unavailable(f"the API server can't be asked now, try again: {error}")
    return Refusal(500, "InternalError", in_words(error))
