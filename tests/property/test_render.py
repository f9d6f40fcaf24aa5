"""Any text survives rendering and parsing, or is refused; a plan is total."""

import xml.etree.ElementTree as ET
from functools import cache

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kvnode
from kvnode._fast.domain_xml import escaped
from kvnode.api.instance import VirtualMachineInstance
from kvnode.domain import domain_state, render_bytes
from kvnode.errors import KvnodeError
from kvnode.facts import HostFacts
from tests.golden.folders import FOLDERS, golden_plan
from tests.plans import LEAST, manifest, plan_of

PLAIN = plan_of()
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60) | st.text(
    "<>&\"'\t\n\r\0\x0b\ufffe\ud800é", max_size=20
)
FORBIDDEN = {*map(chr, range(32))} - set("\t\n\r") | {"\ufffe", "\uffff"}


def sayable(text):
    return not any(one in FORBIDDEN or 0xD800 <= ord(one) < 0xE000 for one in text)


@given(ANY_TEXT)
def test_escape_then_parse_gives_the_text_back(text):
    if not sayable(text):
        try:
            escaped(text)
        except ValueError:
            return
        raise AssertionError(f"{text!r} was written")
    xml = escaped(text)
    assert ET.fromstring(b"<a>" + xml + b"</a>").text == (text or None)
    assert ET.fromstring(b'<a b="' + xml + b'"/>').get("b") == text


@pytest.mark.made_up("any text at all stands where libvirt has a grammar, such as a disk's serial number")
@given(*[ANY_TEXT.filter(sayable)] * 4)
def test_every_string_of_a_plan_comes_back(name, serial, alias, cmdline):
    replace = msgspec.structs.replace
    disk = replace(PLAIN.devices.disks[0], serial=serial, alias=f"ua-{alias}", path=f"/{name}")
    plan = replace(
        PLAIN, name=name, os=replace(PLAIN.os, cmdline=cmdline), devices=replace(PLAIN.devices, disks=(disk,))
    )
    xml = render_bytes(plan)
    root = ET.fromstring(xml)
    assert root.findtext("name") == name
    assert root.findtext("os/cmdline") == cmdline
    state = domain_state(xml)
    assert (state.disks[0].serial, state.disks[0].volume, state.disks[0].path) == (serial, alias, f"/{name}")


MARK = "marked"


def texts(value, path=()):
    """Every path to a text in a plan, by names of fields and places in tuples."""
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from texts(getattr(value, name), (*path, name))
    elif isinstance(value, tuple):
        for index, one in enumerate(value):
            yield from texts(one, (*path, index))
    elif isinstance(value, str):
        yield path


def with_text(value, path, text):
    """The same plan with another text at one path."""
    if not path:
        return text
    name, *rest = path
    if isinstance(value, tuple):
        return (*value[:name], with_text(value[name], rest, text), *value[name + 1 :])
    return msgspec.structs.replace(value, **{name: with_text(getattr(value, name), rest, text)})


def said(xml):
    """Every text and attribute of an XML."""
    return [one for each in ET.fromstring(xml).iter() for one in (each.text or "", *each.attrib.values())]


@cache
def places():
    """Every place for a text in a golden plan that ends up in its XML: (plan, path, whether a state has it too).

    Names of elements are none, and neither are kinds of devices, which say what elements there are.
    """
    found = []
    for folder in FOLDERS:
        plan = golden_plan(folder)
        for path in texts(plan):
            if path[-1] == "kind" or (path[0] == "features" and (path[-1] in ("name", 0) or "children" in path)):
                continue
            xml = render_bytes(with_text(plan, path, MARK))
            if MARK in said(xml):
                found.append((plan, path, f'"{MARK}"'.encode() in msgspec.json.encode(domain_state(xml))))
    return found


@pytest.mark.made_up("one word stands in every place of a plan in turn")
def test_places_of_every_kind_are_tried():
    kinds = {tuple(one for one in path if isinstance(one, str)) for _, path, _ in places()}
    assert len(kinds) > 60
    read_back = {path[-1] for _, path, back in places() if back}
    assert {"name", "uuid", "machine", "target", "path", "serial", "mac", "tap", "socket", "hypervisor"} <= read_back


@pytest.mark.made_up("any text at all stands in any place of a plan")
@given(st.integers(0), ANY_TEXT.filter(sayable))
def test_any_text_in_any_place_of_a_plan_comes_back_from_the_xml_and_from_the_domain(number, text):
    plan, path, read_back = places()[number % len(places())]
    xml = render_bytes(with_text(plan, path, text))
    assert said(xml).count(text) > said(render_bytes(with_text(plan, path, f"{text}{MARK}"))).count(text)
    if read_back and text:
        assert text in json_texts(msgspec.json.decode(msgspec.json.encode(domain_state(xml))))


def json_texts(value):
    for path in leaves(value):
        at = value
        for key in path:
            at = at[key]
        yield at


def leaves(value, path=()):
    """Every path to a scalar in a document."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, (*path, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from leaves(one, (*path, index))
    else:
        yield path


RICH = manifest(
    {
        "cpu": {"sockets": 1, "cores": 2, "threads": 1, "maxSockets": 4, "model": "host-model"},
        "memory": {"guest": "1Gi", "maxGuest": "4Gi", "hugepages": {"pageSize": "2Mi"}},
        "firmware": {"uuid": "5d307ca9-b3ef-428c-8861-06e72d69f223", "serial": "s"},
        "clock": {"timezone": "UTC", "timer": {"rtc": {"tickPolicy": "catchup", "track": "guest"}}},
        "features": {"acpi": {"enabled": True}, "hyperv": {"spinlocks": {"spinlocks": 8191}}},
        "ioThreadsPolicy": "auto",
        "devices.disks": [
            {
                "name": "system",
                "disk": {"bus": "virtio"},
                "bootOrder": 1,
                "serial": "s",
                "cache": "none",
                "io": "native",
            },
            {"name": "cd", "cdrom": {"bus": "sata", "tray": "open"}},
        ],
        "devices.interfaces": [
            {"name": "default", "masquerade": {}, "macAddress": "02:00:00:00:00:01", "model": "e1000"}
        ],
        "spec.architecture": "amd64",
        "spec.hostname": "h",
        "spec.terminationGracePeriodSeconds": 3,
    }
)
PATHS = sorted(leaves(RICH), key=repr)
SCALARS = (
    ANY_TEXT | st.integers() | st.booleans() | st.none() | st.sampled_from(["1Gi", "-1", "0", "9" * 400, "1e99999"])
)


@given(st.lists(st.tuples(st.sampled_from(PATHS), SCALARS), min_size=1, max_size=3), st.booleans())
def test_a_plan_is_total(changes, emulating):
    document = msgspec.json.decode(msgspec.json.encode(RICH))
    for path, value in changes:
        at = document
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value
    facts = HostFacts(kvm="absent", emulation_allowed=True) if emulating else HostFacts()
    try:
        vmi = msgspec.convert(document, VirtualMachineInstance)
    except (msgspec.ValidationError, UnicodeError):
        return
    sentence = None
    try:
        xml = kvnode.render(kvnode.plan(vmi, facts))
    except KvnodeError as error:
        sentence = str(error)
    if sentence is not None:
        assert sentence
        return
    assert ET.fromstring(xml).tag == "domain"
    assert kvnode.render(kvnode.plan(vmi, facts)) == xml


def test_the_least_manifest_is_planned():
    assert kvnode.plan(kvnode.default(kvnode.load(LEAST)), HostFacts()).guest == "guest"
