"""The aggregated API as OpenAPI, which the API server collects and gives to its clients as part of its own.

Version 2 is one document for all, version 3 one for each group and version, behind an index. Both are made from what
discovery lists, so a call is in all of them or in none.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from controllers.virt_api.discovery import GROUP, SERVED, VERSIONS
from kvnode import __version__

INDEX = "/openapi/v3"

_METHOD_OF = {"get": "get", "update": "put"}
_INFO = {"title": "Calls to virtual machines", "version": __version__}
_ANSWERS = {
    "get": {"200": "OK"},
    "update": {"202": "Accepted: it is written down, and done from there"},
}
_REFUSALS = {"401": "Unauthorized"}
_DESCRIPTIONS = {
    "healthz": "Whether this server answers.",
    "version": "The build of this server.",
    "virtualmachineinstances/console": "The guest's first serial port, as a websocket.",
    "virtualmachines/restart": "End the running guest, and start it anew from the template.",
    "virtualmachines/start": "Start the machine's guest.",
    "virtualmachines/stop": "Shut the machine's guest down, and leave it so.",
}


def place(version: str) -> str:
    """Where the version's calls begin, without the leading slash: also its name in the index."""
    return f"apis/{GROUP}/{version}"


def document_v2() -> dict[str, Any]:
    """All versions, as a Swagger 2.0 document."""
    paths: dict[str, dict[str, Any]] = {}
    for version in VERSIONS:
        for path, parameters, operations in _calls(version):
            item: dict[str, Any] = {"parameters": [{**one, "type": "string"} for one in parameters]}
            for method, operation in operations.items():
                item[method] = {**operation, "produces": ["application/json"]}
            paths[path] = item
    return {"swagger": "2.0", "info": _INFO, "paths": paths}


def document_v3(version: str) -> dict[str, Any]:
    """One version, as an OpenAPI 3.0 document."""
    paths: dict[str, dict[str, Any]] = {}
    for path, parameters, operations in _calls(version):
        typed = [{**one, "schema": {"type": "string"}} for one in parameters]
        paths[path] = {"parameters": typed, **operations}
    return {"openapi": "3.0.0", "info": _INFO, "paths": paths}


def index_v3() -> dict[str, Any]:
    """Where each version's document is; the address changes with it, so that it may be kept."""
    paths = {}
    for version in VERSIONS:
        text = json.dumps(document_v3(version), sort_keys=True).encode()
        mark = hashlib.sha256(text).hexdigest()[:32].upper()
        paths[place(version)] = {"serverRelativeURL": f"{INDEX}/{place(version)}?hash={mark}"}
    return {"paths": paths}


def _calls(version: str) -> Iterator[tuple[str, list[dict[str, Any]], dict[str, dict[str, Any]]]]:
    """Each path with its parameters and its operations, as both versions of OpenAPI have them."""
    for name, namespaced, verbs in SERVED:
        resource, _, subresource = name.partition("/")
        below = f"/namespaces/{{namespace}}/{resource}/{{name}}/{subresource}" if namespaced else f"/{name}"
        parameters = [
            {"name": parameter, "in": "path", "required": True, "description": what}
            for parameter, what in (("name", "the object's name"), ("namespace", "the object's namespace"))
            if namespaced
        ]
        operations = {}
        for verb in verbs:
            answers = {**_ANSWERS[verb], **_REFUSALS}
            operations[_METHOD_OF[verb]] = {
                "operationId": _identifier(version, resource, subresource),
                "description": _DESCRIPTIONS[name],
                "responses": {code: {"description": text} for code, text in answers.items()},
            }
        yield f"/{place(version)}{below}", parameters, operations


def _identifier(version: str, resource: str, subresource: str) -> str:
    """Unique among all operations of a cluster's API server."""
    return "".join(("KubeVirtSubresources", version.capitalize(), resource.capitalize(), subresource.capitalize()))
