"""Networks and interfaces: each rule refuses what it should at the field where it is, and no more."""

import pytest

from tests.manifests import DEVICES, findings, gates, shut

NIC = f"{DEVICES}.interfaces.0"
INSIDE = f"{DEVICES}.interfaces[0]"
NETWORK = "spec.networks.0"


def second(interface, network):
    """Another interface on another network."""
    return {f"{DEVICES}.interfaces.1": {"name": "b", **interface}, "spec.networks.1": {"name": "b", **network}}


MULTUS = {"multus": {"networkName": "red"}}

REFUSED = [
    ({f"{NIC}.name": "other"}, f"{INSIDE}.name", "Invalid"),
    ({f"{NIC}.name": "other"}, "spec.networks[0].name", "Required"),
    ({f"{NIC}.model": "ne9000"}, f"{INSIDE}.model", "NotSupported"),
    ({f"{NIC}.macAddress": "zz:zz"}, f"{INSIDE}.macAddress", "Invalid"),
    ({f"{NIC}.macAddress": "02:00:5e:10:00:01\n"}, f"{INSIDE}.macAddress", "Invalid"),
    ({f"{NIC}.macAddress": "02-00:5e-10:00-01"}, f"{INSIDE}.macAddress", "Invalid"),
    ({f"{NIC}.macAddress": "02-00-5e-10-00-01-00-02"}, f"{INSIDE}.macAddress", "Invalid"),
    ({f"{NIC}.macAddress": "0200.0000.0000"}, f"{INSIDE}.macAddress", "Invalid"),
    ({f"{NIC}.macAddress": "01-00-5E-10-00-01"}, f"{INSIDE}.macAddress", "Invalid"),
    ({f"{NIC}.macAddress": "01:00:5e:10:00:01"}, f"{INSIDE}.macAddress", "Invalid"),
    ({f"{NIC}.macAddress": "00:00:00:00:00:00"}, f"{INSIDE}.macAddress", "Invalid"),
    ({f"{NIC}.macAddress": "02:00:00:00:00:00"}, f"{INSIDE}.macAddress", "Invalid"),
    ({f"{NIC}.pciAddress": "81:01.0"}, f"{INSIDE}.pciAddress", "Invalid"),
    ({f"{NIC}.state": "sideways"}, f"{INSIDE}.state", "Invalid"),
    ({f"{NIC}.state": "absent"}, f"{INSIDE}.state", "Invalid"),
    ({NIC: {"name": "default", "bridge": {}, "state": "absent"}}, f"{INSIDE}.state", "Invalid"),
    (
        {
            NIC: {"name": "default", "bridge": {}, "state": "absent"},
            NETWORK: {"name": "default", "multus": {"networkName": "red", "default": True}},
        },
        f"{INSIDE}.state",
        "Invalid",
    ),
    (second({"sriov": {}, "state": "up"}, MULTUS), f"{DEVICES}.interfaces[1].state", "Invalid"),
    (second({"sriov": {}, "state": "down"}, MULTUS), f"{DEVICES}.interfaces[1].state", "Invalid"),
    (second({"sriov": {}, "state": "absent"}, MULTUS), f"{DEVICES}.interfaces[1].state", "Invalid"),
    (second({"bridge": {}, "state": "gone"}, MULTUS), f"{DEVICES}.interfaces[1].state", "Invalid"),
    ({f"{NIC}.acpiIndex": -1}, f"{INSIDE}.acpiIndex", "Invalid"),
    (
        {f"{NIC}.acpiIndex": 5, **second({"bridge": {}, "acpiIndex": 5}, MULTUS)},
        f"{DEVICES}.interfaces[1].acpiIndex",
        "Duplicate",
    ),
    ({f"{NIC}.ports": [{"port": 0}]}, f"{INSIDE}.ports[0].port", "Required"),
    ({f"{NIC}.ports": [{"port": 65536}]}, f"{INSIDE}.ports[0].port", "Invalid"),
    ({f"{NIC}.ports": [{"port": -1}]}, f"{INSIDE}.ports[0].port", "Invalid"),
    ({f"{NIC}.ports": [{"port": 80, "protocol": "SCTP"}]}, f"{INSIDE}.ports[0].protocol", "Invalid"),
    ({f"{NIC}.ports": [{"port": 80, "name": "80"}]}, f"{INSIDE}.ports[0].name", "Invalid"),
    (
        {f"{NIC}.ports": [{"port": 80, "name": "http"}, {"port": 81, "name": "http"}]},
        f"{INSIDE}.ports[1].name",
        "Duplicate",
    ),
    ({f"{NIC}.bridge": {}}, INSIDE, "Invalid"),
    ({NIC: {"name": "default"}}, INSIDE, "Invalid"),
    ({NIC: {"name": "default", "slirp": {}}}, f"{INSIDE}.slirp", "Invalid"),
    ({NIC: {"name": "default", "macvtap": {}}}, f"{INSIDE}.macvtap", "Invalid"),
    ({NIC: {"name": "default", "binding": {"name": "nobody"}}}, f"{INSIDE}.binding.name", "Invalid"),
    ({NETWORK: {"name": "default", **MULTUS}}, f"{INSIDE}.name", "Invalid"),
    ({NETWORK: {"name": "default"}}, "spec.networks[0]", "Required"),
    ({NETWORK: {"name": "default", "pod": {}, **MULTUS}}, "spec.networks[0]", "Required"),
    ({f"{NETWORK}.pod.vmNetworkCIDR": "10.0.2.0"}, "spec.networks[0].pod.vmNetworkCIDR", "Invalid"),
    ({f"{NETWORK}.pod.vmNetworkCIDR": "10.0.2.0/31"}, "spec.networks[0].pod.vmNetworkCIDR", "Invalid"),
    ({f"{NETWORK}.pod.vmNetworkCIDR": "10.0.300.0/24"}, "spec.networks[0].pod.vmNetworkCIDR", "Invalid"),
    ({f"{NETWORK}.pod.vmIPv6NetworkCIDR": "10.0.2.0/24"}, "spec.networks[0].pod.vmIPv6NetworkCIDR", "Invalid"),
    (second({"bridge": {}}, {"pod": {}}), f"{DEVICES}.interfaces", "Duplicate"),
    (second({"bridge": {}}, {"multus": {"networkName": "red", "default": True}}), "spec.networks", "Invalid"),
    (second({"bridge": {}}, {"multus": {}}), "spec.networks[1].multus.networkName", "Required"),
    (second({"bridge": {}}, {"multus": {"networkName": "a/b/c"}}), "spec.networks[1].multus.networkName", "Invalid"),
    (second({"bridge": {}}, {"resourceClaim": {}}), "spec.networks", "Invalid"),
    ({"spec.networks.1": {"name": "default", "pod": {}}}, "spec.networks[1].name", "Duplicate"),
    (
        {f"{DEVICES}.interfaces.1": {"name": "default", "bridge": {}}},
        f"{DEVICES}.interfaces[1].name",
        "Duplicate",
    ),
    (
        {f"{NIC}.macAddress": "02:00:5e:00:00:01", **second({"bridge": {}, "macAddress": "02:00:5E:00:00:01"}, MULTUS)},
        f"{DEVICES}.interfaces[1].macAddress",
        "Duplicate",
    ),
    (
        {f"{NIC}.macAddress": "0200.5E00.0001", **second({"bridge": {}, "macAddress": "02-00-5e-00-00-01"}, MULTUS)},
        f"{DEVICES}.interfaces[1].macAddress",
        "Duplicate",
    ),
    ({f"{NIC}.dhcpOptions": {"ntpServers": ["time"]}}, f"{INSIDE}.dhcpOptions.ntpServers[0]", "Invalid"),
    ({f"{NIC}.dhcpOptions": {"bootFileName": "a\nb"}}, f"{INSIDE}.dhcpOptions.bootFileName", "Invalid"),
    (
        {f"{NIC}.dhcpOptions": {"privateOptions": [{"option": 3, "value": "x"}]}},
        f"{INSIDE}.dhcpOptions.privateOptions[0].option",
        "Invalid",
    ),
    (
        {f"{NIC}.dhcpOptions": {"privateOptions": [{"option": 240, "value": "x"}, {"option": 240, "value": "y"}]}},
        f"{INSIDE}.dhcpOptions.privateOptions[1].option",
        "Duplicate",
    ),
    (
        {f"{NIC}.dhcpOptions": {"privateOptions": [{"option": 240, "value": ""}]}},
        f"{INSIDE}.dhcpOptions.privateOptions[0].value",
        "Invalid",
    ),
]


@pytest.mark.parametrize(("changes", "field", "reason"), REFUSED)
def test_refused(changes, field, reason):
    assert findings(changes).get(field) == [reason]


def test_as_many_interfaces_as_there_is_room_for():
    def with_cards(count):
        names = [f"n{number}" for number in range(count)]
        return {
            f"{DEVICES}.interfaces": [{"name": name, "bridge": {}} for name in names],
            "spec.networks": [{"name": name, "multus": {"networkName": name}} for name in names],
        }

    assert findings(with_cards(240)) == {}
    assert findings(with_cards(241)) == {f"{DEVICES}.interfaces": ["Invalid"]}


@pytest.mark.parametrize("name", ["a b", "a'", "../x", "a\n", "", "ä", "x" * 254])
def test_names_are_letters_digits_dashes_and_underscores(name):
    found = findings({f"{NIC}.name": name, f"{NETWORK}.name": name})
    assert found == {f"{INSIDE}.name": ["Invalid"], "spec.networks[0].name": ["Invalid"]}


ACCEPTED = [
    ({f"{NIC}.macAddress": "de:ad:00:00:BE:af", f"{NIC}.model": "e1000e", f"{NIC}.bootOrder": 1}, None),
    ({f"{NIC}.pciAddress": "0000:81:01.0", f"{NIC}.acpiIndex": 101, f"{NIC}.state": "down"}, None),
    ({f"{NIC}.ports": [{"port": 22, "name": "ssh"}, {"port": 65535, "protocol": "UDP"}]}, None),
    ({f"{NETWORK}.pod": {"vmNetworkCIDR": "10.11.12.0/24", "vmIPv6NetworkCIDR": "fd00::/120"}}, None),
    ({NIC: {"name": "default", "bridge": {}}}, None),
    ({NIC: {"name": "default", "passtBinding": {}}}, None),
    ({NIC: {"name": "default", "binding": {"name": "tap"}}}, {"network": {"binding": {"tap": {}}}}),
    (second({"bridge": {}}, {"multus": {"networkName": "ns/red"}}), None),
    (second({"sriov": {}}, MULTUS), None),
    (second({"bridge": {}, "state": "absent"}, MULTUS), None),
    (second({"bridge": {}, "state": "down"}, MULTUS), None),
    ({f"{NIC}.macAddress": "DE-AD-00-00-BE-AF"}, None),
    ({f"{NIC}.macAddress": "dead.0000.BEAF"}, None),
    (
        {
            NIC: {"name": "default", "bridge": {}},
            NETWORK: {"name": "default", "multus": {"networkName": "r", "default": True}},
        },
        None,
    ),
    ({f"{NIC}.dhcpOptions": {"ntpServers": ["192.0.2.1"], "privateOptions": [{"option": 240, "value": "a, b"}]}}, None),
    (
        {NIC: {"name": "default", "masquerade": {}, "portRanges": [{"start": 1, "end": 2, "protocol": "TCP"}]}},
        gates("PortRangesSpec"),
    ),
]


@pytest.mark.parametrize(("changes", "config"), ACCEPTED)
def test_accepted(changes, config):
    assert findings(changes, config) == {}


@pytest.mark.parametrize(
    ("run", "field"),
    [
        ({"start": 0, "end": 2, "protocol": "TCP"}, "start"),
        ({"start": 3, "end": 2, "protocol": "TCP"}, "start"),
        ({"start": 1, "end": 70000, "protocol": "TCP"}, "end"),
        ({"start": 1, "end": 2, "protocol": "ICMP"}, "protocol"),
    ],
)
def test_a_run_of_ports_goes_up_and_stays_within(run, field):
    changes = {NIC: {"name": "default", "masquerade": {}, "portRanges": [run]}}
    assert list(findings(changes, gates("PortRangesSpec"))) == [f"{INSIDE}.portRanges[0].{field}"]


@pytest.mark.parametrize(
    ("runs", "faults"),
    [
        ([("TCP", 1, 5), ("TCP", 5, 9)], [f"{INSIDE}.portRanges"]),
        ([("TCP", 6, 9), ("", 1, 7)], [f"{INSIDE}.portRanges"]),
        ([("TCP", 1, 5), ("UDP", 1, 5), ("TCP", 6, 9)], []),
    ],
)
def test_runs_of_ports_of_one_protocol_lie_apart(runs, faults):
    ranges = [{"start": start, "end": end, "protocol": protocol} for protocol, start, end in runs]
    changes = {NIC: {"name": "default", "masquerade": {}, "portRanges": ranges}}
    assert list(findings(changes, gates("PortRangesSpec"))) == faults


def test_ports_are_listed_or_run_but_not_both():
    changes = {f"{NIC}.portRanges": [{"start": 1, "end": 2, "protocol": "TCP"}]}
    assert findings(changes, gates("PortRangesSpec")) == {f"{INSIDE}.name": ["Invalid"]}


def test_runs_of_ports_take_their_gate():
    changes = {NIC: {"name": "default", "masquerade": {}, "portRanges": [{"start": 1, "end": 2, "protocol": "TCP"}]}}
    assert findings(changes) == {f"{INSIDE}.name": ["Invalid"]}


def test_only_masquerade_forwards_runs_of_ports():
    changes = {NIC: {"name": "default", "bridge": {}, "portRanges": [{"start": 1, "end": 2, "protocol": "TCP"}]}}
    assert list(findings(changes, gates("PortRangesSpec"))) == [f"{INSIDE}.name"]


def test_a_bridge_on_the_pods_network_may_be_forbidden():
    config = {"network": {"permitBridgeInterfaceOnPodNetwork": False}}
    assert list(findings({NIC: {"name": "default", "bridge": {}}}, config)) == [f"{INSIDE}.name"]
    assert findings({}, config) == {}


def test_passt_takes_its_gate():
    changes = {NIC: {"name": "default", "passtBinding": {}}}
    assert list(findings(changes, shut("PasstBinding"))) == [f"{INSIDE}.name"]


def test_a_claimed_network_has_a_claim_and_an_sriov_interface():
    config = gates("NetworkDevicesWithDRA")
    network = {"resourceClaim": {"claimName": "c", "requestName": "r"}}
    claims = {"spec.resourceClaims": [{"name": "c", "resourceClaimName": "c"}]}
    assert findings({**second({"sriov": {}}, network), **claims}, config) == {}
    assert list(findings({**second({"bridge": {}}, network), **claims}, config)) == [f"{DEVICES}.interfaces"]
    assert list(findings(second({"sriov": {}}, network), config)) == ["spec.networks[1].resourceClaim.claimName"]
    odd = second({"sriov": {}}, {"resourceClaim": {"claimName": "c", "requestName": "a b"}})
    assert list(findings({**odd, **claims}, config)) == ["spec.networks[1].resourceClaim.requestName"]
    nameless = second({"sriov": {}}, {"resourceClaim": {}})
    assert list(findings(nameless, config)) == [
        "spec.networks[1].resourceClaim.requestName",
        "spec.networks[1].resourceClaim.claimName",
    ]


def test_a_claims_request_is_for_one_device():
    config = gates("NetworkDevicesWithDRA")
    changes = {
        **second({"sriov": {}}, {"resourceClaim": {"claimName": "c", "requestName": "r"}}),
        "spec.resourceClaims": [{"name": "c", "resourceClaimName": "c"}],
        f"{DEVICES}.gpus": [{"name": "g", "claimName": "c", "requestName": "r"}],
    }
    assert findings(changes, config) == {"spec.networks[1]": ["Duplicate"]}
