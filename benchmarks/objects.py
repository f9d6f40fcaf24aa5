"""Objects from bytes and back to a verdict: the guests and rivals of `test_objects`, and their ratios.

Times of different machines compare only as multiples of one yardstick: ``json.loads`` of the same bytes, or orjson for
lists. pytest-benchmark times one candidate after the other; here they take turns in one process::

    python -m benchmarks.objects

prints tables and writes ``benchmarks/results/objects.json``; ``python -m benchmarks.pictures`` makes the tables and
pictures of ``docs/speed.md`` from that.

The guests are those of `benchmarks.guests`, defaulted, as everything behind the webhooks meets them; ``stored`` is a
typical one as an API server hands it out, with a status, annotations, and managed fields, which are nearly half of it.
"""

from __future__ import annotations

import copy
import gc
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
import orjson
import pydantic
import yaml
from msgspec import inspect

import kvnode
from benchmarks.findings import KUBEVIRT_JSON_US, Bar, Chapter, Group, Kind, command, measured
from benchmarks.guests import MANIFESTS, document, guest
from benchmarks.timing import Call
from kvnode.api.decode import decode
from kvnode.api.instance import VirtualMachineInstance

JSON = "json.loads"
OURS = "kvnode, typed"
LIST = 1000
# Of its own code and a guest of this size, measured apart: the rules alone, and all that a webhook does with the bytes.
_KUBEVIRT = (
    Bar("KubeVirt, validate", "apart", round(18.6 / KUBEVIRT_JSON_US, 2)),
    Bar("KubeVirt, all of admission", "apart", round(920 / KUBEVIRT_JSON_US)),
)
MOMENT = "2026-08-01T12:00:00Z"


def _managed(value: Any) -> Any:
    """Which fields a manager owns, as the API server keeps them."""
    if isinstance(value, dict):
        return {f"f:{key}": _managed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        named = [inner for inner in value if isinstance(inner, dict) and "name" in inner]
        return {f'k:{{"name":"{inner["name"]}"}}': {".": {}} | _managed(inner) for inner in named}
    return {}


def stored(index: int) -> dict[str, Any]:
    """A typical guest that runs, as an API server hands it out; each with names of its own."""
    made = copy.deepcopy(kvnode.to_dict(guest("typical")))
    status = _status(index)
    entry = {"apiVersion": "kubevirt.io/v1", "fieldsType": "FieldsV1", "operation": "Update", "time": MOMENT}
    made["metadata"] |= {
        "name": f"guest-{index}",
        "uid": f"{index:08x}-0000-4000-8000-000000000000",
        "resourceVersion": str(100_000 + index),
        "creationTimestamp": MOMENT,
        "generation": 3,
        "finalizers": ["foregroundDeleteVirtualMachine"],
        "labels": made["metadata"]["labels"] | {"kubevirt.io/nodeName": status["nodeName"]},
        "annotations": made["metadata"]["annotations"]
        | {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(MANIFESTS["typical"])},
        "managedFields": [
            entry | {"manager": "kubectl-client-side-apply", "fieldsV1": {"f:spec": _managed(made["spec"])}},
            entry | {"manager": "virt-controller", "fieldsV1": {"f:status": _managed(status)}},
            entry | {"manager": "virt-handler", "fieldsV1": {"f:status": _managed(status)}, "subresource": "status"},
        ],
    }
    return _sorted(made | {"status": status})


def _status(index: int) -> dict[str, Any]:
    node = f"node-{index % 50}"
    return {
        "phase": "Running",
        "nodeName": node,
        "qosClass": "Burstable",
        "migrationMethod": "BlockMigration",
        "launcherContainerImageVersion": "registry.example/kubevirt/virt-launcher:v1.9.0",
        "virtualMachineRevisionName": f"revision-start-vm-{index:08x}-3",
        "memory": {"guestAtBoot": "8Gi", "guestCurrent": "8Gi", "guestRequested": "8Gi"},
        "currentCPUTopology": {"cores": 4, "sockets": 1, "threads": 1},
        "guestOSInfo": {
            "id": "debian",
            "name": "Debian GNU/Linux",
            "prettyName": "Debian GNU/Linux 12 (bookworm)",
            "kernelRelease": "6.1.0-18-amd64",
            "version": "12 (bookworm)",
            "versionId": "12",
        },
        "conditions": [
            {"type": kind, "status": "True", "lastTransitionTime": MOMENT, "lastProbeTime": None}
            for kind in ("Ready", "LiveMigratable", "StorageLiveMigratable", "AgentConnected")
        ],
        "phaseTransitionTimestamps": [
            {"phase": phase, "phaseTransitionTimestamp": MOMENT}
            for phase in ("Pending", "Scheduling", "Scheduled", "Running")
        ],
        "interfaces": [
            {
                "name": name,
                "mac": f"52:54:00:12:34:{place:02x}",
                "ipAddress": f"10.{place}.{index % 250}.2",
                "ipAddresses": [f"10.{place}.{index % 250}.2", f"fd10:{place}::{index:x}"],
                "interfaceName": f"eth{place}",
                "infoSource": "domain, guest-agent",
                "queueCount": 1,
            }
            for place, name in enumerate(("default", "second"))
        ],
        "volumeStatus": [{"name": name, "target": f"vd{name[0]}"} for name in ("root", "data", "seed")],
        "activePods": {f"{index:08x}-0000-4000-8000-000000000001": node},
    }


def _sorted(value: Any) -> Any:
    """An API server writes the keys of a custom resource in the order of the alphabet."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(inner) for inner in value] if isinstance(value, list) else value


@cache
def list_of_guests(count: int = LIST) -> bytes:
    items = [stored(index) for index in range(count)]
    whole = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstanceList", "metadata": {}, "items": items}
    return json.dumps(whole, separators=(",", ":")).encode()


class Guests(msgspec.Struct, gc=False):
    """A list of guests, of which the items count."""

    items: list[VirtualMachineInstance]


@cache
def pydantic_model(kind: type[msgspec.Struct]) -> type[pydantic.BaseModel]:
    """A pydantic model of one of our types and all below it: the same fields, names on the wire, types and bounds."""
    shape = inspect.type_info(kind)
    assert isinstance(shape, inspect.StructType)
    fields: dict[str, Any] = {
        field.name: (
            _annotation(field.type),
            pydantic.Field(
                default=None if field.default is msgspec.NODEFAULT else field.default, alias=field.encode_name
            ),
        )
        for field in shape.fields
    }
    return pydantic.create_model(kind.__name__, __config__=pydantic.ConfigDict(frozen=True), **fields)


def _annotation(kind: inspect.Type) -> Any:
    match kind:
        case inspect.StructType():
            return pydantic_model(kind.cls)
        case inspect.UnionType():
            union: Any = _annotation(kind.types[0])
            for one in kind.types[1:]:
                union = union | _annotation(one)
            return union
        case inspect.VarTupleType():
            return tuple[_annotation(kind.item_type), ...]
        case inspect.DictType():
            return dict[_annotation(kind.key_type), _annotation(kind.value_type)]  # type: ignore[misc]
        case inspect.IntType():
            return pydantic.conint(ge=kind.ge, le=kind.le, strict=True)
        case inspect.Metadata():
            return _annotation(kind.type)
    plain = {inspect.StrType: str, inspect.BoolType: bool, inspect.FloatType: float, inspect.NoneType: type(None)}
    return plain.get(type(kind), Any)


def decoders(data: bytes) -> dict[str, Call]:
    """One guest from its bytes, by each candidate."""
    model = pydantic_model(VirtualMachineInstance)
    return {
        JSON: lambda: json.loads(data),
        "orjson.loads": lambda: orjson.loads(data),
        "msgspec, untyped": lambda: msgspec.json.decode(data),
        OURS: lambda: decode(data, VirtualMachineInstance),
        "pydantic, typed": lambda: model.model_validate_json(data),
    }


def list_decoders(data: bytes) -> dict[str, Call]:
    """A list of guests from its bytes, by each candidate."""
    model = pydantic.create_model("Guests", items=(list[pydantic_model(VirtualMachineInstance)], ...))  # type: ignore[misc]
    ours = msgspec.json.Decoder(Guests)
    return {
        "orjson.loads": lambda: orjson.loads(data),
        JSON: lambda: json.loads(data),
        "msgspec, untyped": lambda: msgspec.json.decode(data),
        OURS: lambda: ours.decode(data),
        "pydantic, typed": lambda: model.model_validate_json(data),
    }


def metadata_decoders(data: bytes) -> dict[str, Call]:
    """An object's metadata, which the official client has a model of, as it has none of guests."""
    from kubernetes.client.models.v1_object_meta import V1ObjectMeta

    from kvnode.api.meta import ObjectMeta

    return {
        JSON: lambda: json.loads(data),
        OURS: lambda: decode(data, ObjectMeta),
        "kubernetes' client": lambda: V1ObjectMeta.from_dict(json.loads(data)),
    }


def steps(name: str) -> dict[str, Call]:
    """What admission does with a guest, beside ``json.loads`` of the same bytes."""
    data, manifest = document(name), json.dumps(MANIFESTS[name]).encode()
    text = yaml.safe_dump(MANIFESTS[name])
    loaded, defaulted = kvnode.load(MANIFESTS[name]), guest(name)
    return {
        JSON: lambda: json.loads(data),
        "decode": lambda: decode(data, VirtualMachineInstance),
        "default": lambda: kvnode.default(loaded),
        "default again": lambda: kvnode.default(defaulted),
        "validate": lambda: kvnode.validate(defaulted),
        "decode and validate": lambda: kvnode.validate(decode(data, VirtualMachineInstance)),
        "load JSON, strictly": lambda: kvnode.load(manifest),
        "load YAML, strictly": lambda: kvnode.load(text),
        "PyYAML's C loader": lambda: yaml.load(text, yaml.CSafeLoader),
    }


def chapters(rounds: int, listed: int = LIST) -> tuple[Chapter, ...]:
    """All that is measured; ``listed`` is how many guests a list has."""
    return (
        Chapter("admission", "Admission", "`json.loads` of the manifest", tuple(_admitted(rounds))),
        Chapter("decoding", "Objects from JSON", "`json.loads` of the same bytes", tuple(_decoded(rounds))),
        Chapter(
            "lists",
            f"{listed:,} guests as one list",
            "`orjson.loads` of the same bytes",
            tuple(_listed(rounds, listed)),
        ),
    )


def _admitted(rounds: int) -> Iterator[Group]:
    parts = ("decode", "default", "default again", "validate", "load JSON, strictly", "load YAML, strictly")
    kinds: dict[str, Kind] = {**dict.fromkeys(parts, "part"), "decode and validate": "ours"}
    for name in MANIFESTS:
        bars = measured(steps(name), kinds, rounds)
        apart = _KUBEVIRT if name == "typical" else ()
        yield Group(name, bars + apart, size=_size(document(name)))


def _decoded(rounds: int) -> Iterator[Group]:
    for name in MANIFESTS:
        data = document(name)
        yield Group(name, measured(decoders(data), {OURS: "ours"}, rounds), size=_size(data))
    data = json.dumps(stored(1)["metadata"]).encode()
    yield Group("metadata", measured(metadata_decoders(data), {OURS: "ours"}, rounds), size=_size(data))


def _listed(rounds: int, count: int) -> Iterator[Group]:
    data = list_of_guests(count)
    calls = list_decoders(data)
    few = max(rounds // 30, 1)
    yield Group("as Python runs", measured(calls, {OURS: "ours"}, few), size=_size(data))
    gc.disable()
    try:
        yield Group("without the cyclic collector", measured(calls, {OURS: "ours"}, few), size=_size(data))
    finally:
        gc.enable()


def _size(data: bytes) -> str:
    return f"{len(data) / 1000:.1f} KB" if len(data) < 1_000_000 else f"{len(data) / 1_000_000:.1f} MB"


if __name__ == "__main__":
    command("objects", __doc__, lambda options: chapters(options.rounds))
