"""Metadata, devices, credentials and the Pod around the guest: each rule refuses what it should, and no more."""

import pytest

from tests.manifests import DEVICES, DOMAIN, GONE, findings, gates, shut

KEYS = "spec.accessCredentials[0].sshPublicKey"
NODE_TERMS = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
SPREAD = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}


def node_term(requirement):
    term = {"matchExpressions": [requirement]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    return {"spec.affinity": {"nodeAffinity": required}}


def keys(method, source=None):
    source = {"secret": {"secretName": "k"}} if source is None else source
    return {"spec.accessCredentials": [{"sshPublicKey": {"source": source, "propagationMethod": method}}]}


REFUSED = [
    ({"metadata.name": GONE}, "metadata.name", "Required"),
    ({"metadata.name": "../x"}, "metadata.name", "Invalid"),
    ({"metadata.name": "a" * 254}, "metadata.name", "Invalid"),
    ({"metadata.name": "mill\n"}, "metadata.name", "Invalid"),
    ({"metadata.namespace": "a.b"}, "metadata.namespace", "Invalid"),
    ({"metadata.labels": {"a": "b c"}}, "metadata.labels[a]", "Invalid"),
    ({"metadata.labels": {"a b": "c"}}, "metadata.labels[a b]", "Invalid"),
    (
        {"metadata.labels": {"kubevirt.io/created-by": "me"}},
        "metadata.labels[kubevirt.io/created-by]",
        "NotSupported",
    ),
    ({"metadata.annotations": {"-": "x"}}, "metadata.annotations[-]", "Invalid"),
    ({"metadata.annotations": {"a": "x", "b": "x" * 262144}}, "metadata.annotations[b]", "Invalid"),
    (
        {"metadata.annotations": {"hooks.kubevirt.io/hookSidecars": "[]"}},
        "metadata.annotations[hooks.kubevirt.io/hookSidecars]",
        "Invalid",
    ),
    ({"spec.hostname": "Mill"}, "spec.hostname", "Invalid"),
    ({"spec.hostname": "a" * 64}, "spec.hostname", "Invalid"),
    ({"spec.subdomain": "bad_one"}, "spec.subdomain", "Invalid"),
    ({"spec.serviceAccountName": "A"}, "spec.serviceAccountName", "Invalid"),
    (
        {
            "spec.serviceAccountName": "one",
            "spec.volumes.3": {"name": "sa", "serviceAccount": {"serviceAccountName": "two"}},
        },
        "spec.serviceAccountName",
        "Invalid",
    ),
    ({"spec.priorityClassName": "a b"}, "spec.priorityClassName", "Invalid"),
    ({"spec.schedulerName": "../x"}, "spec.schedulerName", "Invalid"),
    ({"spec.evictionStrategy": "Fly"}, "spec.evictionStrategy", "Invalid"),
    ({"spec.startStrategy": "Slowly"}, "spec.startStrategy", "Invalid"),
    ({"spec.startStrategy": "Paused", "spec.livenessProbe": {"guestAgentPing": {}}}, "spec.startStrategy", "Invalid"),
    ({f"{DOMAIN}.rebootPolicy": "Never"}, f"{DOMAIN}.rebootPolicy", "Invalid"),
    ({"spec.terminationGracePeriodSeconds": -1}, "spec.terminationGracePeriodSeconds", "Invalid"),
    ({"spec.dnsPolicy": "Fake"}, "spec.dnsPolicy", "NotSupported"),
    ({"spec.dnsPolicy": "None"}, "spec.dnsConfig", "Required"),
    ({"spec.dnsPolicy": "None", "spec.dnsConfig": {}}, "spec.dnsConfig.nameservers", "Required"),
    ({"spec.dnsConfig": {"nameservers": ["1.1.1.1"] * 4}}, "spec.dnsConfig.nameservers", "Invalid"),
    ({"spec.dnsConfig": {"nameservers": ["1.2.3.c"]}}, "spec.dnsConfig.nameservers[0]", "Invalid"),
    ({"spec.dnsConfig": {"nameservers": ["fe80::1%eth0"]}}, "spec.dnsConfig.nameservers[0]", "Invalid"),
    ({"spec.dnsConfig": {"searches": ["a"] * 7}}, "spec.dnsConfig.searches", "Invalid"),
    (
        {"spec.dnsConfig": {"searches": ["a" * 63 + "." + "b" * 63, "c" * 63 + "." + "d" * 70]}},
        "spec.dnsConfig.searches",
        "Invalid",
    ),
    ({"spec.dnsConfig": {"searches": ["a b"]}}, "spec.dnsConfig.searches[0]", "Invalid"),
    ({"spec.dnsConfig": {"options": [{"value": "2"}]}}, "spec.dnsConfig.options[0].name", "Required"),
    ({"spec.dnsConfig": {"options": [{"name": "a\nb"}]}}, "spec.dnsConfig.options[0].name", "Invalid"),
    ({"spec.readinessProbe": {}}, "spec.readinessProbe", "Required"),
    ({"spec.livenessProbe": {"exec": {}, "guestAgentPing": {}}}, "spec.livenessProbe", "Invalid"),
    ({"spec.livenessProbe": {"tcpSocket": {"port": 0}}}, "spec.livenessProbe.tcpSocket.port", "Invalid"),
    ({"spec.livenessProbe": {"tcpSocket": {"port": "9" * 5000}}}, "spec.livenessProbe.tcpSocket.port", "Invalid"),
    ({"spec.livenessProbe": {"httpGet": {"port": "no port"}}}, "spec.livenessProbe.httpGet.port", "Invalid"),
    (
        {"spec.livenessProbe": {"httpGet": {"port": 80, "scheme": "FTP"}}},
        "spec.livenessProbe.httpGet.scheme",
        "NotSupported",
    ),
    (
        {"spec.livenessProbe": {"httpGet": {"port": 80, "httpHeaders": [{"name": "a", "value": "b\r\nc: d"}]}}},
        "spec.livenessProbe.httpGet.httpHeaders[0].value",
        "Invalid",
    ),
    (
        {"spec.livenessProbe": {"guestAgentPing": {}, "periodSeconds": -1}},
        "spec.livenessProbe.periodSeconds",
        "Invalid",
    ),
    ({"spec.nodeSelector": {"a": "b c"}}, "spec.nodeSelector[a]", "Invalid"),
    (
        {"spec.affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}}},
        NODE_TERMS,
        "Required",
    ),
    (node_term({"key": "a", "operator": "In"}), f"{NODE_TERMS}[0].matchExpressions[0].values", "Required"),
    (
        node_term({"key": "a", "operator": "Exists", "values": ["b"]}),
        f"{NODE_TERMS}[0].matchExpressions[0].values",
        "Invalid",
    ),
    (node_term({"key": "a", "operator": "Gt"}), f"{NODE_TERMS}[0].matchExpressions[0].values", "Required"),
    (node_term({"key": "a", "operator": "Like"}), f"{NODE_TERMS}[0].matchExpressions[0].operator", "Invalid"),
    (node_term({"key": "/", "operator": "Exists"}), f"{NODE_TERMS}[0].matchExpressions[0].key", "Invalid"),
    (
        {"spec.affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{}]}}},
        "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey",
        "Required",
    ),
    (
        {
            "spec.affinity": {
                "podAntiAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 101, "podAffinityTerm": {"topologyKey": "zone"}}
                    ]
                }
            }
        },
        "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight",
        "Invalid",
    ),
    ({"spec.tolerations": [{"operator": "Equal"}]}, "spec.tolerations[0].operator", "Invalid"),
    ({"spec.tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}, "spec.tolerations[0].value", "Invalid"),
    ({"spec.tolerations": [{"key": "a", "effect": "Push"}]}, "spec.tolerations[0].effect", "NotSupported"),
    (
        {"spec.topologySpreadConstraints": [{**SPREAD, "maxSkew": 0}]},
        "spec.topologySpreadConstraints[0].maxSkew",
        "Invalid",
    ),
    ({"spec.topologySpreadConstraints": [SPREAD, SPREAD]}, "spec.topologySpreadConstraints[1]", "Duplicate"),
    (
        {"spec.topologySpreadConstraints": [{**SPREAD, "whenUnsatisfiable": "Cry"}]},
        "spec.topologySpreadConstraints[0].whenUnsatisfiable",
        "NotSupported",
    ),
    ({"spec.accessCredentials": [{}]}, "spec.accessCredentials[0]", "Invalid"),
    (keys({"noCloud": {}}, {}), f"{KEYS}.source", "Required"),
    (keys({}), f"{KEYS}.propagationMethod", "Invalid"),
    (keys({"configDrive": {}}), f"{KEYS}.propagationMethod", "Invalid"),
    (keys({"qemuGuestAgent": {"users": []}}), f"{KEYS}.propagationMethod.qemuGuestAgent.users", "Required"),
    (keys({"qemuGuestAgent": {"users": ["../x"]}}), f"{KEYS}.propagationMethod.qemuGuestAgent.users[0]", "Invalid"),
    (
        {"spec.accessCredentials": [{"userPassword": {"source": {"secret": {"secretName": "p"}}}}]},
        "spec.accessCredentials[0].userPassword.propagationMethod",
        "Required",
    ),
    ({f"{DEVICES}.inputs": [{"name": "t", "type": "keyboard"}]}, f"{DEVICES}.inputs[0].type", "Invalid"),
    ({f"{DEVICES}.inputs": [{"name": "t", "bus": "ps2"}]}, f"{DEVICES}.inputs[0].bus", "Invalid"),
    ({f"{DEVICES}.inputs": [{"name": "a'b"}]}, f"{DEVICES}.inputs[0].name", "Invalid"),
    ({f"{DEVICES}.sound": {"name": "s", "model": "sb16"}}, f"{DEVICES}.sound.model", "Invalid"),
    ({f"{DEVICES}.sound": {}}, f"{DEVICES}.sound.name", "Required"),
    ({f"{DEVICES}.video": {"type": "qxl"}}, f"{DEVICES}.video.type", "NotSupported"),
    (
        {f"{DEVICES}.video": {"type": "vga"}, f"{DEVICES}.autoattachGraphicsDevice": False},
        f"{DEVICES}.video",
        "Invalid",
    ),
    ({f"{DEVICES}.watchdog": {"name": "w"}}, f"{DEVICES}.watchdog", "NotSupported"),
    ({f"{DEVICES}.watchdog": {"name": "w", "diag288": {}}}, f"{DEVICES}.watchdog", "NotSupported"),
    (
        {f"{DEVICES}.watchdog": {"name": "w", "i6300esb": {"action": "bark"}}},
        f"{DEVICES}.watchdog.i6300esb.action",
        "NotSupported",
    ),
    ({f"{DEVICES}.panicDevices": [{"model": "bad"}]}, f"{DEVICES}.panicDevices[0].model", "Invalid"),
    ({f"{DEVICES}.panicDevices": [{"model": "isa"}, {}]}, f"{DEVICES}.panicDevices[1].model", "Duplicate"),
    ({f"{DEVICES}.autoattachVSOCK": True}, f"{DEVICES}.autoattachVSOCK", "Invalid"),
    ({f"{DEVICES}.downwardMetrics": {}}, f"{DEVICES}.downwardMetrics", "Invalid"),
    ({f"{DEVICES}.gpus": [{"name": "g"}]}, f"{DEVICES}.gpus[0].deviceName", "Required"),
    ({f"{DEVICES}.gpus": [{"name": "g", "deviceName": "a b"}]}, f"{DEVICES}.gpus[0].deviceName", "Invalid"),
    (
        {f"{DEVICES}.gpus": [{"name": n, "deviceName": "a/b", "virtualGPUOptions": {"display": {}}} for n in "gh"]},
        f"{DEVICES}.gpus",
        "Invalid",
    ),
    (
        {f"{DEVICES}.gpus": [{"name": "g", "claimName": "c", "requestName": "r"}]},
        "spec.resourceClaims",
        "Invalid",
    ),
    ({f"{DEVICES}.hostDevices": [{"name": "h", "deviceName": "a/b"}]}, f"{DEVICES}.hostDevices", "Invalid"),
    ({"spec.resourceClaims": [{"name": "c"}]}, "spec.resourceClaims[0]", "Invalid"),
    ({f"{DEVICES}.inputs": [{"name": "t"}, {"name": "t"}]}, f"{DEVICES}.inputs[1].name", "Duplicate"),
    (
        {f"{DEVICES}.gpus": [{"name": "g", "deviceName": "example.org/gpu", "tag": "x" * 254}]},
        f"{DEVICES}.gpus[0].tag",
        "Invalid",
    ),
    (
        {f"{DOMAIN}.ioThreadsPolicy": "supplementalPool", f"{DOMAIN}.ioThreads.supplementalPoolThreadCount": 1025},
        f"{DOMAIN}.ioThreads.supplementalPoolThreadCount",
        "Invalid",
    ),
    (
        {"spec.readinessProbe": {"tcpSocket": {"port": 80, "host": "a b"}}},
        "spec.readinessProbe.tcpSocket.host",
        "Invalid",
    ),
    ({"spec.livenessProbe": {"httpGet": {"port": 80, "host": "a\nb"}}}, "spec.livenessProbe.httpGet.host", "Invalid"),
    (
        {"spec.livenessProbe": {"guestAgentPing": {}, "successThreshold": 2}},
        "spec.livenessProbe.successThreshold",
        "Invalid",
    ),
]


@pytest.mark.parametrize(("changes", "field", "reason"), REFUSED)
def test_refused(changes, field, reason):
    assert findings(changes).get(field) == [reason]


ACCEPTED = [
    ({"metadata.name": GONE, "metadata.generateName": "mill-"}, None),
    ({"metadata.labels": {"kubevirt.io/size": "small", "a": ""}}, None),
    ({"metadata.annotations": {"note": 'it\'s "../this"\nand <that>', "Kept/As-Is": "x" * 200000}}, None),
    ({"metadata.annotations": {"kubevirt.io/ignitiondata": "{}"}}, gates("ExperimentalIgnitionSupport")),
    ({"spec.hostname": "mill-1", "spec.subdomain": "a.b", "spec.serviceAccountName": "sa"}, None),
    ({"spec.evictionStrategy": "LiveMigrateIfPossible", "spec.startStrategy": "Paused"}, None),
    ({f"{DOMAIN}.rebootPolicy": "Terminate", "spec.terminationGracePeriodSeconds": 0}, None),
    ({"spec.dnsPolicy": "None", "spec.dnsConfig": {"nameservers": ["1.1.1.1", "2001:db8::1"]}}, None),
    ({"spec.dnsConfig": {"searches": ["a.example."], "options": [{"name": "ndots", "value": "2"}]}}, None),
    ({"spec.livenessProbe": {"httpGet": {"port": "http"}}, "spec.readinessProbe": {"tcpSocket": {"port": "80"}}}, None),
    (node_term({"key": "example.com/a", "operator": "Lt", "values": ["3"]}), None),
    ({"spec.tolerations": [{"operator": "Exists"}, {"key": "a", "effect": "NoExecute", "tolerationSeconds": 3}]}, None),
    ({"spec.topologySpreadConstraints": [SPREAD, {**SPREAD, "topologyKey": "rack"}]}, None),
    (keys({"noCloud": {}}), None),
    (keys({"qemuGuestAgent": {"users": ["root", "svc.user-1"]}}), None),
    ({f"{DEVICES}.inputs": [{"name": "t"}], f"{DEVICES}.sound": {"name": "s", "model": "ac97"}}, None),
    ({f"{DEVICES}.video": {"type": "virtio"}, f"{DEVICES}.panicDevices": [{"model": "isa"}]}, None),
    ({f"{DEVICES}.panicDevices": [{"model": "hyperv"}, {}, {"model": "pvpanic"}]}, None),
    ({f"{DEVICES}.watchdog": {"name": "w", "i6300esb": {"action": "poweroff"}}}, None),
    ({f"{DEVICES}.autoattachVSOCK": True, f"{DEVICES}.downwardMetrics": {}}, gates("VSOCK", "DownwardMetrics")),
    ({f"{DEVICES}.hostDevices": [{"name": "h", "deviceName": "a/b"}]}, gates("HostDevices")),
    (
        {
            f"{DEVICES}.gpus": [{"name": "g", "claimName": "c", "requestName": "r"}],
            "spec.resourceClaims": [{"name": "c", "resourceClaimTemplateName": "t"}],
        },
        None,
    ),
    ({"spec.readinessProbe": {"guestAgentPing": {}, "successThreshold": 2}}, None),
    ({"spec.readinessProbe": {"httpGet": {"port": 80, "host": "web_1.example"}}}, None),
    ({"spec.readinessProbe": {"tcpSocket": {"port": 80, "host": "fd00::1"}}}, None),
]


@pytest.mark.parametrize(("changes", "config"), ACCEPTED)
def test_accepted(changes, config):
    assert findings(changes, config) == {}


def test_network_probes_take_the_pods_network():
    changes = {
        f"{DEVICES}.interfaces": [],
        "spec.networks": [],
        f"{DEVICES}.autoattachPodInterface": False,
        "spec.readinessProbe": {"tcpSocket": {"port": 80}},
        "spec.livenessProbe": {"httpGet": {"port": 80}},
    }
    assert list(findings(changes)) == ["spec.readinessProbe.tcpSocket", "spec.livenessProbe.httpGet"]


@pytest.mark.parametrize(
    ("gate", "changes", "field"),
    [
        ("RebootPolicy", {f"{DOMAIN}.rebootPolicy": "Reboot"}, f"{DOMAIN}.rebootPolicy"),
        (
            "GPUsWithDRA",
            {
                f"{DEVICES}.gpus": [{"name": "g", "claimName": "c", "requestName": "r"}],
                "spec.resourceClaims": [{"name": "c", "resourceClaimName": "c"}],
            },
            f"{DEVICES}.gpus",
        ),
    ],
)
def test_a_gate_that_is_shut_refuses(gate, changes, field):
    assert findings(changes, shut(gate)) == {field: ["Invalid"]}
    assert findings(changes) == {}


@pytest.mark.parametrize(
    ("gate", "changes"),
    [
        ("VideoConfig", {f"{DEVICES}.video": {"type": "vga"}}),
        ("PanicDevices", {f"{DEVICES}.panicDevices": [{"model": "isa"}]}),
        (
            "EnableVirtioFsConfigVolumes",
            {
                f"{DEVICES}.filesystems": [{"name": "fs", "virtiofs": {}}],
                "spec.volumes.3": {"name": "fs", "configMap": {"name": "c"}},
            },
        ),
    ],
)
def test_what_is_generally_available_can_not_be_shut(gate, changes):
    assert findings(changes, shut(gate)) == {}


GRACE_GATES = ("GraceIOVirtualization", "PCINUMAAwareTopology", "IOMMUFD", "HostDevices")
GRACE_GUEST = {
    "spec.architecture": "arm64",
    f"{DOMAIN}.cpu": {"dedicatedCpuPlacement": True},
    f"{DEVICES}.disks.2.cdrom.bus": "scsi",
}


def grace(*opened, selector="10DE:2342"):
    devices = [{"pciVendorSelector": selector, "resourceName": "example.org/gpu"}]
    return {**gates(*opened), "permittedHostDevices": {"pciHostDevices": devices}}


@pytest.mark.parametrize("name", ["gpus", "hostDevices"])
@pytest.mark.parametrize("selector", ["10DE:2342", "10de:2348", "10De:2941"])
def test_a_grace_gpu_takes_its_gate(name, selector):
    device = {f"{DEVICES}.{name}": [{"name": "g", "deviceName": "example.org/gpu"}]}
    changes = {**GRACE_GUEST, **device}
    assert findings(changes, grace(*GRACE_GATES, selector=selector)) == {}
    assert findings(changes, grace("HostDevices", selector=selector)) == {
        f"{DEVICES}.{name}[0].deviceName": ["Invalid"]
    }
    assert findings(device, grace("HostDevices", selector="10de:1eb8")) == {}


def test_a_grace_gpu_is_for_one_kind_of_guest():
    device = {f"{DEVICES}.gpus": [{"name": "g", "deviceName": "example.org/gpu"}]}
    assert findings(device, grace("GraceIOVirtualization")) == {
        "spec.architecture": ["Invalid"],
        f"{DOMAIN}.machine.type": ["Invalid"],
        f"{DOMAIN}.cpu.dedicatedCpuPlacement": ["Required"],
        DEVICES: ["Invalid", "Invalid"],
    }


def test_a_grace_gpu_is_permitted_by_its_product():
    device = {f"{DEVICES}.gpus": [{"name": "g", "deviceName": "example.org/gpu"}]}
    config = grace(*GRACE_GATES, selector="10de:*")
    assert findings({**GRACE_GUEST, **device}, config) == {f"{DEVICES}.gpus[0].deviceName": ["Invalid"]}
    assert findings(device, grace(selector="10de:*")) == {}


@pytest.mark.parametrize("device", [{"sound": {"name": "s"}}, {"watchdog": {"name": "w", "i6300esb": {}}}])
def test_arm64_lacks_sound_and_watchdog(device):
    ((name, value),) = device.items()
    found = findings({"spec.architecture": "arm64", f"{DEVICES}.{name}": value, f"{DEVICES}.disks.2.cdrom.bus": "scsi"})
    assert found == {f"{DEVICES}.{name}": ["NotSupported"]}


def test_arm64_has_fewer_buses():
    found = findings({"spec.architecture": "arm64"})
    assert found == {f"{DEVICES}.disks[2].cdrom.bus": ["NotSupported"]}
