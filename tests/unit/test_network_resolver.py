"""The resolver: resolv.conf read as the C library does, stubs looked behind, and the manifest's DNS fields."""

from pathlib import Path

import msgspec
import pytest

from kvnode.api.network import PodDNSConfig
from kvnode.errors import HostError, InvalidManifest
from kvnode.facts import HostFacts, LinkFacts, Resolver
from kvnode.facts.checks import inconsistencies
from kvnode.network.resolver import guest_resolver, node_resolver, parse_resolv_conf, resolv_conf, resolver_facts
from tests.netns.manifests import guest_with

NODE = "nameserver 192.0.2.53\nsearch corp.example lab.example\noptions ndots:5\n"


@pytest.fixture
def files(tmp_path: Path):
    path, stub = tmp_path / "resolv.conf", tmp_path / "stub.conf"
    path.write_text(NODE)
    return {"path": path, "stub": stub}


@pytest.mark.parametrize(
    ("text", "resolver"),
    [
        ("", Resolver()),
        (NODE, Resolver(("192.0.2.53",), ("corp.example", "lab.example"))),
        ("# nameserver 1.1.1.1\n;search x\n\n  nameserver\t2001:db8::1 # us\n", Resolver(("2001:db8::1",))),
        ("search a b\ndomain c d\n", Resolver((), ("c",))),
        ("domain c\nsearch a. b\nsearch .\n", Resolver((), (".",))),
        ("nameserver here\nnameserver fe80::1%a\nnameserver 9.9.9.9\nnameserver 9.9.9.9\n", Resolver(("9.9.9.9",))),
        ("search a,b\nnameserver\nsearch", Resolver()),
    ],
)  # fmt: skip
def test_resolv_conf_as_the_c_library_reads_it(text, resolver):
    assert parse_resolv_conf(text) == resolver


def test_behind_a_stub_of_the_nodes_loopback(files):
    files["path"].write_text("nameserver 127.0.0.53\nsearch corp.example\n")
    assert node_resolver(**files) == Resolver((), ("corp.example",)), "a guest can't reach the node's loopback"
    files["stub"].write_text("nameserver 192.0.2.1\nnameserver 192.0.2.2\nsearch other.example\n")
    assert node_resolver(**files) == Resolver(("192.0.2.1", "192.0.2.2"), ("corp.example",))


def test_a_loopback_server_beside_others_is_dropped(files):
    files["path"].write_text("nameserver ::1\nnameserver 192.0.2.7\n")
    files["stub"].write_text("nameserver 192.0.2.1\n")
    assert node_resolver(**files) == Resolver(("192.0.2.7",))


def test_no_file_is_no_resolver(tmp_path):
    assert node_resolver(tmp_path / "none", tmp_path / "none") == Resolver()
    with pytest.raises(HostError, match="can't be read"):
        node_resolver(tmp_path, tmp_path)


@pytest.mark.parametrize("policy", [None, "", "Default", "ClusterFirst", "ClusterFirstWithHostNet"])
def test_policies_that_begin_with_the_nodes(files, policy):
    assert resolver_facts(policy, None, **files) == Resolver(("192.0.2.53",), ("corp.example", "lab.example"))


def test_a_config_joins(files):
    config = PodDNSConfig(nameservers=("9.9.9.9", "192.0.2.53"), searches=("a.example.", "lab.example"))
    joined = resolver_facts("Default", config, **files)
    assert joined == Resolver(("192.0.2.53", "9.9.9.9"), ("corp.example", "lab.example", "a.example"))
    alone = resolver_facts("None", config, **files)
    assert alone == Resolver(("9.9.9.9", "192.0.2.53"), ("a.example", "lab.example"))
    facts = HostFacts(links={"net0": LinkFacts(resolver=joined)})
    assert list(inconsistencies(facts)) == []


def test_bounds(files):
    config = PodDNSConfig(
        nameservers=tuple(f"192.0.2.{n}" for n in range(9)), searches=tuple(f"d{n}.example" for n in range(99))
    )
    bounded = resolver_facts("None", config, **files)
    assert (len(bounded.nameservers), len(bounded.search)) == (3, 32)


@pytest.mark.parametrize(
    ("policy", "config", "field"),
    [
        ("None", None, "spec.dnsConfig.nameservers"),
        ("Sometimes", None, "spec.dnsPolicy"),
        ("Default", PodDNSConfig(nameservers=("1.1.1.1", "x\ny")), "spec.dnsConfig.nameservers[1]"),
        ("Default", PodDNSConfig(searches=("ok", "a b")), "spec.dnsConfig.searches[1]"),
        ("Default", PodDNSConfig(searches=("\0",)), "spec.dnsConfig.searches[0]"),
    ],
)
def test_what_is_none_is_named_by_its_path(files, policy, config, field):
    with pytest.raises(InvalidManifest) as refused:
        resolver_facts(policy, config, **files)
    assert [error.field for error in refused.value.errors] == [field]


def test_a_guests_fields_are_used():
    config = {"nameservers": ["192.0.2.99"], "searches": ["own.example"]}
    vmi = guest_with({"bridge": {}}, dnsPolicy="None", dnsConfig=config)
    assert guest_resolver(vmi) == Resolver(("192.0.2.99",), ("own.example",))


def test_written_and_read_again():
    resolver = Resolver(("192.0.2.1", "fd00::1"), ("a.example", "b.example"))
    assert parse_resolv_conf(resolv_conf(resolver)) == resolver
    assert resolv_conf(Resolver()) == ""
    assert msgspec.json.decode(msgspec.json.encode(resolver), type=Resolver) == resolver
