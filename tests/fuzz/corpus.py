"""What fuzzing begins with: the manifests that the tree ships and tests with, hostile shapes, and earlier finds.

``finds/`` holds one file for each fault that the fuzzer found, made as small as it gets. They stay, so that a fault
that comes back is seen by the ordinary tests.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import kvnode
from kvnode.api.kinds import KINDS
from kvnode.errors import InvalidManifest
from tests.api_documents import whole_document
from tests.golden.folders import FOLDERS
from tests.hostile_sources import SHAPES

TREE = Path(__file__).resolve().parents[2]
FINDS = Path(__file__).with_name("finds")
HOSTILE_BYTES = 2000
LARGE_BYTES = 8000


def finds() -> dict[str, bytes]:
    """What was found, by the file's name."""
    return {path.name: path.read_bytes() for path in sorted(FINDS.iterdir())}


@cache
def seeds() -> dict[str, bytes]:
    """Every input to begin with, by a name: manifests as they are written and as JSON, which is changed as a tree."""
    written = {path.stem: path for path in sorted((TREE / "deploy/examples").glob("*.yaml"))}
    written |= {folder.name: folder / "manifest.yaml" for folder in FOLDERS}
    found = {name: path.read_bytes() for name, path in written.items()}
    found |= {f"{name}.json": _as_json(text) for name, text in found.items()}
    for kind in KINDS.values():
        document = {**whole_document(kind.type()), "apiVersion": kind.api_versions[0], "kind": kind.name}
        data = json.dumps(document).encode()
        # Kinds that hold a guest's template are its size again, and slow to change.
        if len(data) < LARGE_BYTES:
            found[f"whole {kind.name}"] = data
    return found | {f"shape {name}": shape(HOSTILE_BYTES) for name, shape in SHAPES.items()} | finds()


def _as_json(text: bytes) -> bytes:
    try:
        documents = [kvnode.to_dict(item) for item in kvnode.load_all(text)]
    except InvalidManifest:
        return b"{}"
    return json.dumps(
        documents[0] if len(documents) == 1 else {"apiVersion": "v1", "kind": "List", "items": documents}
    ).encode()
