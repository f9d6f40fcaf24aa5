"""What the aggregated API says of itself: its group, its versions, and what can be asked of it.

The list names what this build serves and nothing else: a client that finds a subresource here may use it.
"""

import platform
from typing import Any

from kvnode import __version__

GROUP = "subresources.kubevirt.io"
VERSIONS = ("v1", "v1alpha3")

# What is served, with its verbs: a GET is a `get`, a PUT an `update`.
SERVED: tuple[tuple[str, bool, tuple[str, ...]], ...] = (
    ("healthz", False, ("get",)),
    ("version", False, ("get",)),
    ("virtualmachineinstances/console", True, ("get",)),
    ("virtualmachines/restart", True, ("update",)),
    ("virtualmachines/start", True, ("update",)),
    ("virtualmachines/stop", True, ("update",)),
)


def _version(name: str) -> dict[str, str]:
    return {"groupVersion": f"{GROUP}/{name}", "version": name}


def group() -> dict[str, Any]:
    """The group, as an APIGroup."""
    return {
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": GROUP,
        "versions": [_version(name) for name in VERSIONS],
        "preferredVersion": _version(VERSIONS[0]),
    }


def group_list() -> dict[str, Any]:
    """All groups that are served here, as an APIGroupList."""
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group()]}


def resource_list(version: str) -> dict[str, Any]:
    """What a version serves, as an APIResourceList."""
    resources = [
        {"name": name, "singularName": "", "namespaced": namespaced, "kind": "", "verbs": list(verbs)}
        for name, namespaced, verbs in SERVED
    ]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{GROUP}/{version}",
        "resources": resources,
    }


def version_info() -> dict[str, str]:
    """What `virtctl version` prints of the server; the fields are those that it reads."""
    major, minor = __version__.split(".")[:2]
    return {
        "gitVersion": f"v{__version__}",
        "major": major,
        "minor": minor,
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "",
        "goVersion": "",
        "compiler": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": f"{platform.system().lower()}/{platform.machine()}",
    }
