"""What ``run`` takes from a file before anything is started."""

import io
import json
import signal

import pytest

from kvnode.cli.run import CtrlC, accepted_guests
from kvnode.errors import InvalidManifest
from tests.manifests import DOMAIN, gates, manifest


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


def test_a_configuration_opens_what_is_shut_without_it(tmp_path):
    changes = {f"{DOMAIN}.memory": {"guest": "1Gi", "reservedOverhead": {"addedOverhead": "64Mi"}}}
    with pytest.raises(InvalidManifest, match="ReservedOverheadMemlock"):
        accepted_guests(written(tmp_path, changes), None, None)
    (vmi,) = accepted_guests(written(tmp_path, changes), None, None, gates("ReservedOverheadMemlock"))
    assert vmi.spec.domain.memory.reserved_overhead.added_overhead == "64Mi"


def machine(folder, spec, changes=None):
    """A file with a VirtualMachine: the sound guest as its template, ``spec`` beside it."""
    sound = manifest(changes or {})
    document = {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": sound["metadata"],
        "spec": {"template": {"spec": sound["spec"]}, **spec},
    }
    file = folder / "machine.json"
    file.write_text(json.dumps(document))
    return str(file)


@pytest.mark.parametrize(
    ("spec", "field", "words"),
    [
        ({"runStrategy": "Always"}, "spec.runStrategy", "nothing here starts it again"),
        ({"runStrategy": "RerunOnFailure"}, "spec.runStrategy", "after a crash"),
        ({"runStrategy": "Halted"}, "spec.runStrategy", "started all the same"),
        ({"runStrategy": "Manual"}, "spec.runStrategy", "started all the same"),
        ({"running": True}, "spec.running", "nothing here starts it again"),
        ({"running": False}, "spec.running", "started all the same"),
    ],
)
def test_a_machine_is_run_whatever_its_strategy_and_that_is_said(tmp_path, capsys, spec, field, words):
    (vmi,) = accepted_guests(machine(tmp_path, spec), None, None)
    assert vmi.metadata.name == "mill"
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"note: {field}: ")
    assert words in said


def test_once_is_what_run_does(tmp_path, capsys):
    accepted_guests(machine(tmp_path, {"runStrategy": "Once"}), None, None)
    assert capsys.readouterr().err == ""


def test_what_a_machine_asks_for_beside_its_guest_is_refused_by_its_own_path(tmp_path):
    template = {"metadata": {"name": "data"}, "spec": {"storage": {}, "source": {"blank": {}}}}
    changes = {"spec.volumes.3": {"name": "data", "dataVolume": {"name": "data"}}}
    spec = {"runStrategy": "Sometimes", "dataVolumeTemplates": [template]}
    with pytest.raises(InvalidManifest) as caught:
        accepted_guests(machine(tmp_path, spec, changes), None, None)
    assert [error.field for error in caught.value.errors] == [
        "spec.runStrategy",
        "spec.dataVolumeTemplates[0]",
        "spec.template.spec.volumes[3].dataVolume",
    ]


class Interrupting(io.RawIOBase):
    """A terminal at which Ctrl-C is pressed just while something is written to it."""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        signal.raise_signal(signal.SIGINT)
        return len(bytes(data))  # type: ignore[call-overload, no-any-return]


def test_a_ctrl_c_in_the_middle_of_a_line_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A buffered stream can't be entered twice: a handler that prints there would fail, and the guest run on."""
    stream = io.TextIOWrapper(io.BufferedWriter(Interrupting()), write_through=True)
    monkeypatch.setattr("sys.stderr", stream)
    with CtrlC() as ctrl_c:
        ctrl_c.guests = []
        print("Ctrl-C shuts down", file=stream, flush=True)
        pressed = ctrl_c.pressed
    monkeypatch.undo()
    stream.detach().detach()
    assert pressed >= 1
