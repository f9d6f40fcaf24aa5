"""The writer: escaping, growth and errors. What libvirt makes of it is in tests/libvirt."""

import xml.etree.ElementTree as ET

import msgspec
import pytest

import kvnode
from kvnode._fast.domain_xml import escaped
from kvnode.domain import render_bytes
from kvnode.domain.rendering import Unrenderable
from kvnode.errors import KvnodeError
from tests.plans import manifest, plan_of


@pytest.mark.parametrize(
    ("text", "xml"),
    [
        ("", b""),
        ("plain", b"plain"),
        ("<a b='c'>&\"", b"&lt;a b='c'&gt;&amp;&quot;"),
        ("a\tb\nc\rd", b"a&#9;b&#10;c&#13;d"),
        ("é€𝄞", "é€𝄞".encode()),
        ("\x7f\x85\ufffd\uffef", "\x7f\x85\ufffd\uffef".encode()),
        ("]]>", b"]]&gt;"),
    ],
)
def test_escaping(text, xml):
    assert escaped(text) == xml


@pytest.mark.parametrize(
    "character", [*map(chr, range(9)), "\x0b", "\x0c", *map(chr, range(14, 32)), "\ufffe", "\uffff"]
)
def test_what_xml_has_no_way_to_say(character):
    with pytest.raises(ValueError, match="XML has no way to say"):
        escaped(f"before{character}after")
    with pytest.raises(ValueError, match="XML has no way to say"):
        escaped(character)


def test_half_a_surrogate_pair_is_no_text():
    with pytest.raises(ValueError):
        escaped("\ud800")


def test_only_text_is_text():
    for value in (None, 1, b"bytes"):
        with pytest.raises(TypeError):
            escaped(value)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 8191, 8192, 8193, 100_000])
def test_any_length(size):
    assert escaped("a" * size) == b"a" * size
    assert escaped("<" * size) == b"&lt;" * size


def test_a_guest_with_hundreds_of_disks_spills_to_the_heap_and_loses_nothing():
    names = [f"disk{number}" for number in range(300)]
    changes = {
        "devices.disks": [{"name": name, "disk": {"bus": "virtio"}, "serial": f"<{name}>"} for name in names],
        "spec.volumes": [{"name": name, "emptyDisk": {"capacity": "1Gi"}} for name in names],
    }
    root = ET.fromstring(kvnode.render(plan_of(changes)))
    assert [one.text for one in root.iterfind("devices/disk/serial")] == [f"<{name}>" for name in names]
    assert root.findall("devices/disk/target")[-1].get("dev") == "vdkn"


def test_no_text_of_a_manifest_gets_out_of_its_place():
    evil = '"/><evil a="'
    changes = {
        "firmware": {"serial": f"</entry>{evil}", "kernelBoot": {"container": {"kernelPath": "/k"}, "kernelArgs": evil}}
    }
    changes["devices.disks"] = [{"name": "system", "disk": {"bus": "virtio"}, "serial": evil}]
    root = ET.fromstring(kvnode.render(plan_of(changes)))
    assert root.find(".//evil") is None
    assert root.findtext("os/cmdline") == evil
    assert root.findtext("devices/disk/serial") == evil


def test_text_that_xml_lacks_is_an_error_of_ours_that_names_the_guest():
    document = manifest()
    plan = msgspec.structs.replace(plan_of(), hostname="x")
    plan = msgspec.structs.replace(plan, os=msgspec.structs.replace(plan.os, cmdline="a\0b"))
    with pytest.raises(Unrenderable, match=r"tests/guest can't be described.*U\+0000") as error:
        kvnode.render(plan)
    assert isinstance(error.value, KvnodeError)
    assert error.value.exit_status == 1
    assert document["metadata"]["name"] == plan.guest


def test_bytes_and_text_say_the_same():
    plan = plan_of({"firmware": {"serial": "größe"}})
    assert render_bytes(plan).decode() == kvnode.render(plan)


def test_a_number_beyond_64_bits_is_refused():
    plan = plan_of()
    plan = msgspec.structs.replace(plan, memory=msgspec.structs.replace(plan.memory, bytes=1 << 70))
    with pytest.raises(OverflowError):
        render_bytes(plan)
