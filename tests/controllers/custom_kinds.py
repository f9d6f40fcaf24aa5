"""The kinds as they are installed: those that deploy/ has, or all of them."""

import json
import time
import urllib.error
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from kvnode.api.crd import CUSTOM_KINDS, CustomKind, custom_resource_definition
from tests.controllers.api_server import ApiServer

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
APPLY = "application/apply-patch+yaml"
WAIT_S = 60.0


def installed_kinds() -> tuple[CustomKind, ...]:
    """Those that deploy/ installs: what the daemons act upon."""
    resources = yaml.safe_load((DEPLOY / "kustomization.yaml").read_text())["resources"]
    return tuple(custom for custom in CUSTOM_KINDS if f"crds/{custom.plural}.yaml" in resources)


def serve_kinds(server: ApiServer) -> None:
    """Serve what deploy/ installs."""
    chosen = installed_kinds()
    for custom in chosen:
        path = f"{DEFINITIONS}/{custom.name}?fieldManager=test&force=true"
        server.request("PATCH", path, custom_resource_definition(custom), APPLY)
    await_served(server, chosen)


@contextmanager
def lax_definition(server: ApiServer, plural: str) -> Iterator[None]:
    """Meanwhile the kind's definition is one that looks at no value, as another version's may be: so objects come to be
    that ours would have refused."""
    [custom] = [one for one in CUSTOM_KINDS if one.plural == plural]
    path = f"{DEFINITIONS}/{custom.name}?fieldManager=test&force=true"
    ours = custom_resource_definition(custom)
    theirs = custom_resource_definition(custom)
    for version in theirs["spec"]["versions"]:
        properties = version["schema"]["openAPIV3Schema"]["properties"]
        any_object = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        conditions_as_ours = {"conditions": properties["status"]["properties"]["conditions"]}
        for selectable in version.pop("selectableFields", ()):
            conditions_as_ours[selectable["jsonPath"].removeprefix(".status.")] = {"type": "string"}
        properties |= {"spec": any_object, "status": {**any_object, "properties": conditions_as_ours}}
    try:
        server.request("PATCH", path, theirs, APPLY)
        _await_taken(server, custom, True)
        yield
    finally:
        server.request("PATCH", path, ours, APPLY)
        _await_taken(server, custom, False)


def _await_taken(server: ApiServer, custom: CustomKind, wanted: bool) -> None:
    """Wait until an object that our definition refuses is taken, or refused: a definition holds some time after it is
    written."""
    version = custom.kind.api_versions[0]
    path = f"/apis/{version}/namespaces/default/{custom.plural}?dryRun=All&fieldValidation=Strict"
    body = {"apiVersion": version, "kind": custom.kind.name, "metadata": {"name": "a"}, "spec": {"noSuchField": 1}}
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            server.request("POST", path, body)
            taken = True
        except urllib.error.HTTPError as error:
            assert error.code == 400, error.read()
            taken = False
        if taken == wanted:
            return
        assert time.monotonic() < deadline, f"{custom.name} is what it was"
        time.sleep(0.05)


def await_served(server: ApiServer, kinds: Iterable[CustomKind]) -> None:
    """Wait until these kinds, whose definitions are there, can be asked for."""
    deadline = time.monotonic() + WAIT_S
    for custom in kinds:
        while not _is_served(server, custom):
            assert time.monotonic() < deadline, f"{custom.name} is not served: {conditions(server, custom)}"
            time.sleep(0.05)


def conditions(server: ApiServer, custom: CustomKind) -> dict[str, str]:
    """What the API server says of a definition, by type."""
    found: dict[str, Any] = json.loads(server.request("GET", f"{DEFINITIONS}/{custom.name}"))
    return {one["type"]: one["status"] for one in found.get("status", {}).get("conditions") or ()}


def _is_served(server: ApiServer, custom: CustomKind) -> bool:
    """Whether it can be asked for: some time passes between its being established and its being found."""
    if conditions(server, custom).get("Established") != "True":
        return False
    for version in custom.kind.api_versions:
        try:
            resources = json.loads(server.request("GET", f"/apis/{version}"))["resources"]
        except urllib.error.HTTPError as error:
            assert error.code == 404
            return False
        if custom.plural not in {one["name"] for one in resources}:
            return False
    return True
