"""What ``run`` takes from a file before anything is started."""

import json

import pytest

from kvnode.cli.run import accepted_guests
from kvnode.errors import InvalidManifest
from tests.manifests import DOMAIN, manifest


def written(folder, changes):
    file = folder / "guest.json"
    file.write_text(json.dumps(manifest(changes)))
    return str(file)


def test_what_nothing_follows_on_one_machine_is_said(tmp_path, capsys):
    changes = {"spec.nodeSelector": {"zone": "a"}, f"{DOMAIN}.resources": {"limits": {"memory": "2Gi"}}}
    (vmi,) = accepted_guests(written(tmp_path, changes), None, None)
    assert vmi.spec.node_selector == {"zone": "a"}
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(": it")[0] for line in said] == [
        f"note: {DOMAIN}.resources.limits.memory",
        "note: spec.nodeSelector",
    ]


def test_what_defaulting_fills_in_is_not_told(tmp_path, capsys):
    accepted_guests(written(tmp_path, {}), None, None)
    assert capsys.readouterr().err == ""


def test_what_is_not_built_is_refused_with_all_else_that_is_wrong(tmp_path):
    changes = {"spec.livenessProbe": {"guestAgentPing": {}}, f"{DOMAIN}.machine": {"type": "pink"}}
    with pytest.raises(InvalidManifest) as caught:
        accepted_guests(written(tmp_path, changes), None, None)
    assert [error.field for error in caught.value.errors] == [f"{DOMAIN}.machine.type", "spec.livenessProbe"]
