"""The golden guests with one value of their manifests changed: many that are planned, and many ways to be refused."""

import copy
from collections.abc import Iterator
from typing import Any

import yaml

import kvnode
from kvnode.api.instance import VirtualMachineInstance
from kvnode.errors import KvnodeError
from tests.golden.folders import FOLDERS

# Out with it, and what a field may be or may never be.
INSTEAD = (..., "", "x", "virtio", 0, 3, 1 << 40, True, False, {}, [])


def changed_guests(step: int = 1) -> Iterator[tuple[str, VirtualMachineInstance, kvnode.HostFacts]]:
    """What was changed, the guest if it can be read, and its host; every so many of them."""
    seen = 0
    for folder in FOLDERS:
        document = yaml.safe_load((folder / "manifest.yaml").read_text())
        host = kvnode.HostFacts.from_json(yaml.safe_load((folder / "facts.yaml").read_text()))
        for path in _leaves(document["spec"]):
            for value in INSTEAD:
                seen += 1
                if seen % step:
                    continue
                try:
                    vmi = kvnode.default(kvnode.load(_with(document, ("spec", *path), value)))
                except (KvnodeError, ValueError):
                    continue
                yield f"{folder.name}: {value!r} at {path}", vmi, host


def answer(vmi: VirtualMachineInstance, host: kvnode.HostFacts) -> str:
    """All of the plan and its XML, or all that the refusal says."""
    try:
        plan = kvnode.plan(vmi, host)
        return f"{plan!r}\n{kvnode.render(plan)}"
    except Exception as error:
        return f"{type(error).__name__}: {error} {getattr(error, 'field', '')}"


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in items:
        yield (*path, name)
        yield from _leaves(one, (*path, name))


def _with(document: Any, path: tuple[str | int, ...], value: object) -> Any:
    document = copy.deepcopy(document)
    at: Any = document
    for name in path[:-1]:
        at = at[name]
    if value is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return document
