"""One hostile text in every place of a manifest that takes text: a clear error with its path, or a sound domain.

The places are found in a guest that has every field that this build can run; a text is put into each one after the
other, and the whole way from the command line to the XML is gone.
"""

import copy
import json
import re
import xml.etree.ElementTree as ET

import pytest

from kvnode.cli import main

GUEST = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "VirtualMachineInstance",
    "metadata": {
        "name": "web",
        "namespace": "team",
        "uid": "4d5e2a62-5f1c-4a5e-9f0f-9b1c4f0c7a11",
        "labels": {"app": "web"},
        "annotations": {"example.com/note": "a note"},
    },
    "spec": {
        "hostname": "web",
        "subdomain": "sites",
        "architecture": "amd64",
        "nodeSelector": {"zone": "a"},
        "terminationGracePeriodSeconds": 5,
        "dnsPolicy": "None",
        "dnsConfig": {"nameservers": ["10.0.0.1"], "searches": ["example.com"], "options": [{"name": "ndots"}]},
        "domain": {
            "machine": {"type": "q35"},
            "cpu": {"cores": 2, "model": "host-model", "features": [{"name": "pcid", "policy": "optional"}]},
            "memory": {"guest": "128Mi"},
            "resources": {"requests": {"memory": "128Mi", "cpu": "100m"}},
            "chassis": {"manufacturer": "us", "version": "1", "serial": "2", "asset": "3", "sku": "4"},
            "firmware": {"uuid": "6f1c0f7e-0000-4000-8000-5a5a5a5a5a5a", "serial": "S-1"},
            "clock": {"timezone": "Europe/Berlin"},
            "devices": {
                "disks": [
                    {"name": "root", "serial": "R1", "cache": "none", "disk": {"bus": "virtio"}},
                    {"name": "seed", "disk": {"bus": "scsi"}},
                    {"name": "scratch", "disk": {"bus": "sata"}},
                ],
                "interfaces": [
                    {
                        "name": "default",
                        "model": "virtio",
                        "macAddress": "02:00:00:00:00:17",
                        "masquerade": {},
                        "ports": [{"name": "http", "protocol": "TCP", "port": 80}],
                    }
                ],
            },
        },
        "networks": [{"name": "default", "pod": {"vmNetworkCIDR": "10.0.2.0/24"}}],
        "volumes": [
            {
                "name": "root",
                "containerDisk": {"image": "localhost/kvnode/tiny", "imagePullPolicy": "Never", "path": "/d"},
            },
            {"name": "seed", "cloudInitNoCloud": {"userData": "#!/bin/sh\n", "networkData": "version: 2\n"}},
            {"name": "scratch", "emptyDisk": {"capacity": "64Mi"}},
        ],
    },
}

TEXTS = {
    "quotes": "a\"b'c<d>&e",
    "parent": "../../../etc/passwd",
    "absolute": "/etc/passwd",
    "line": "a\nerror: b",
    "nul": "a\x00b",
    "escape": "a\x1b]0;x\x07b",
    "override": "a\u202eb",
    "surrogate": "a\ud800b",
    "noncharacter": "a\uffffb",
    "empty": "",
    "blank": " ",
    "long": "x" * 100_000,
    "comma": "a,b=c;d",
    "option": "-rf",
    "digits": "٣",
}


def places(value, path=()):
    """The path of every text within a document."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


PLACES = list(places(GUEST))


def changed(path, text):
    """The guest with another text in one place."""
    guest = copy.deepcopy(GUEST)
    holder = guest
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = text
    return guest


def name_of(path):
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


@pytest.fixture
def render(tmp_path, capsys):
    """Renders a guest by the command line: (exit status, standard output, standard error)."""
    facts = tmp_path / "host.json"
    facts.write_text('{"kvm": "works"}')
    file = tmp_path / "guest.json"

    def run(guest):
        file.write_text(json.dumps(guest))
        status = main(["render", str(file), "--facts", str(facts)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_the_guest_itself_is_rendered(render):
    status, out, err = render(GUEST)
    assert (status, err) == (0, "")
    assert ET.fromstring(out).findtext("name") == "team_web"


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("path", PLACES, ids=name_of)
def test_a_hostile_text_is_an_error_with_its_path_or_does_no_harm(render, path, kind):
    status, out, err = render(changed(path, TEXTS[kind]))
    assert "internal error" not in err
    for stream in (out, err):
        assert all(character.isprintable() or character == "\n" for character in stream) or stream is out
    if status == 0:
        ET.fromstring(out)
        return
    assert status in (1, 3), err
    assert out == ""
    lines = err.splitlines()
    assert all(line.startswith(("error: ", "warning: ")) for line in lines)
    assert all(len(line) < 2200 for line in lines)
    if status == 1:
        assert any(re.match(r"error: (metadata|spec|kind|apiVersion)[.\w\[\]/'*-]*: ", line) for line in lines), err


@pytest.mark.parametrize("path", PLACES, ids=name_of)
def test_ten_megabytes_in_any_place_are_refused(render, path):
    status, out, err = render(changed(path, "y" * 10_000_000))
    assert (status, out) == (1, "")
    assert "larger" in err or "long" in err or name_of(path) in err
    assert len(err) < 4000
