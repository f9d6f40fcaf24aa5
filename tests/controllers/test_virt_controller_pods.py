"""The launcher's Pod as a function of guest and settings, and what a Pod's troubles are called."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

import kvnode
from controllers.virt_controller.launcher_pod import generic_plan, launcher_pod, name_label, pod_name
from controllers.virt_controller.objects import Pod
from controllers.virt_controller.pod_verdict import verdict
from controllers.virt_controller.settings import LauncherSettings, launcher_settings
from kvnode.api.cpu_memory import EVEN_PARITY
from kvnode.api.decode import convert
from kvnode.errors import InvalidManifest
from kvnode.runtime.launcher.domain import HUGEPAGES_FOLDER

EXAMPLES = Path(__file__).resolve().parents[2] / "deploy/examples"
MIB = 1 << 20
EMULATED = launcher_settings({"developerConfiguration": {"useEmulation": True}}, "launcher:v1")


def guest(changes=None, **metadata):
    """The example's guest as a cluster has it, with `changes` merged into its spec."""
    document = kvnode.to_dict(kvnode.load(EXAMPLES / "vmi-tiny.yaml"))
    document["spec"] = merged(document["spec"], changes or {})
    vmi = kvnode.default(kvnode.load(document), EMULATED.configuration)
    return replace(vmi, metadata=replace(vmi.metadata, namespace="lab", uid="3f1c", **metadata))


def merged(old, new):
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    return {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}


def pod_of(vmi, settings=EMULATED):
    return launcher_pod(vmi, settings, generic_plan(vmi, settings))


def compute(pod):
    [container] = pod["spec"]["containers"]
    return container


def test_the_pod_is_confined():
    pod = pod_of(guest())
    assert pod["spec"]["securityContext"] == {
        "runAsUser": 107,
        "runAsGroup": 107,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert compute(pod)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert pod["spec"]["restartPolicy"] == "Never"
    sources = {next(iter(set(volume) - {"name"})) for volume in pod["spec"]["volumes"]}
    assert sources == {"emptyDir", "image"}


def test_the_pod_is_the_guests():
    theirs = {"app": "web", "kubevirt.io/domain": "web"}
    forged = {"kubevirt.io": "virt-api", "kubevirt.io/created-by": "another", "vm.kubevirt.io/name": "another"}
    meta = pod_of(guest(labels={**theirs, **forged}, annotations={"a": "b", "kubevirt.io/x": "y"}))["metadata"]
    assert meta["labels"] == {
        **theirs,
        "kubevirt.io": "virt-launcher",
        "kubevirt.io/created-by": "3f1c",
        "vm.kubevirt.io/name": "vmi-tiny",
    }
    assert meta["annotations"] == {"a": "b", "kubevirt.io/domain": "vmi-tiny"}
    [owner] = meta["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("VirtualMachineInstance", "3f1c", True)
    assert meta["namespace"] == "lab"


def test_what_it_reserves_is_the_guest_and_its_itemised_overhead():
    vmi = guest()
    resources = compute(pod_of(vmi))["resources"]
    overhead = kvnode.plan(vmi, kvnode.HostFacts(kvm="absent", emulation_allowed=True), EMULATED.configuration).overhead
    assert resources["requests"] == {"cpu": "100m", "memory": str(128 * MIB + overhead.total_bytes)}
    assert resources["limits"] == {"devices.kubevirt.io/tun": "1"}


def test_kvm_is_a_device_of_the_node_unless_emulation_will_do():
    settings = LauncherSettings()
    resources = compute(pod_of(guest(), settings))["resources"]
    assert resources["limits"] == {"devices.kubevirt.io/tun": "1", "devices.kubevirt.io/kvm": "1"}
    emulated = compute(pod_of(guest()))["resources"]
    assert int(resources["requests"]["memory"]) < int(emulated["requests"]["memory"])


def test_requests_and_limits_of_the_manifest_hold():
    vmi = guest(
        {
            "domain": {
                "memory": {"guest": "256Mi"},
                "cpu": {"cores": 2},
                "resources": {
                    "requests": {"cpu": "1.5", "memory": "100Mi"},
                    "limits": {"cpu": "2", "memory": "512Mi"},
                },
            }
        }
    )
    overhead = generic_plan(vmi, EMULATED).overhead.total_bytes
    resources = compute(pod_of(vmi))["resources"]
    assert resources["requests"] == {"cpu": "1500m", "memory": str(100 * MIB + overhead)}
    assert resources["limits"]["cpu"] == "2"
    assert resources["limits"]["memory"] == str(512 * MIB + overhead)


def test_the_configuration_decides_shares_and_overcommitment():
    config = {"developerConfiguration": {"useEmulation": True, "cpuAllocationRatio": 4, "memoryOvercommit": 200}}
    settings = launcher_settings({**config, "imagePullPolicy": "Always"}, "launcher:v2")
    vmi = guest({"domain": {"cpu": {"cores": 3}}})
    overhead = generic_plan(vmi, settings).overhead.total_bytes
    container = compute(pod_of(vmi, settings))
    assert container["resources"]["requests"] == {"cpu": "750m", "memory": str(64 * MIB + overhead)}
    assert (container["image"], container["imagePullPolicy"]) == ("launcher:v2", "Always")


def test_a_wrong_configuration_is_told_by_its_path():
    with pytest.raises(InvalidManifest, match="spec.configuration.developerConfiguration.useEmulation"):
        launcher_settings({"developerConfiguration": {"useEmulation": "yes"}}, "launcher")


OWN = {"cores": 3, "dedicatedCpuPlacement": True}
MAPPED = {**OWN, "numa": {"guestMappingPassthrough": {}}}


def own(cpu=None, **domain):
    return guest({"domain": {"cpu": cpu or OWN, **domain}})


@pytest.mark.parametrize(
    ("domain", "annotations", "cpus"),
    [
        ({"cpu": OWN}, {}, "3"),
        ({"cpu": {**OWN, "threads": 2}}, {}, "6"),
        ({"cpu": {**OWN, "isolateEmulatorThread": True}}, {}, "4"),
        ({"cpu": {**OWN, "cores": 2, "isolateEmulatorThread": True}}, {}, "3"),
        ({"cpu": {**OWN, "cores": 2, "isolateEmulatorThread": True}}, {EVEN_PARITY: ""}, "4"),
        ({"cpu": {**OWN, "isolateEmulatorThread": True}}, {EVEN_PARITY: ""}, "4"),
        ({"cpu": OWN, "ioThreadsPolicy": "shared"}, {}, "3"),
        (
            {"cpu": OWN, "ioThreadsPolicy": "supplementalPool", "ioThreads": {"supplementalPoolThreadCount": 2}},
            {},
            "5",
        ),
    ],
)
def test_a_guest_with_cpus_of_its_own_has_whole_ones_and_a_guaranteed_pod(domain, annotations, cpus):
    vmi = guest({"domain": domain}, annotations=annotations)
    overhead = generic_plan(vmi, EMULATED).overhead.total_bytes
    pod = pod_of(vmi)
    resources = compute(pod)["resources"]
    assert resources["requests"] == {"cpu": cpus, "memory": str(128 * MIB + overhead)}
    assert resources["limits"] == {**resources["requests"], "devices.kubevirt.io/tun": "1"}
    assert pod["spec"]["nodeSelector"]["cpumanager"] == "true"


def test_real_time_takes_a_node_for_it_and_nothing_of_the_pod():
    plain, realtime = pod_of(own()), pod_of(own({**OWN, "realtime": {}}))
    assert realtime["spec"]["nodeSelector"] == {**plain["spec"]["nodeSelector"], "kubevirt.io/realtime": ""}
    assert compute(realtime)["securityContext"] == compute(plain)["securityContext"]


def test_cpus_of_ones_own_are_never_overcommitted():
    config = {"developerConfiguration": {"useEmulation": True, "cpuAllocationRatio": 4, "memoryOvercommit": 200}}
    settings = launcher_settings(config, "launcher:v2")
    vmi = own(memory={"guest": "256Mi"}, resources={"requests": {"memory": "100Mi"}, "limits": {"memory": "100Mi"}})
    overhead = generic_plan(vmi, settings).overhead.total_bytes
    resources = compute(pod_of(vmi, settings))["resources"]
    assert resources["requests"] == {"cpu": "3", "memory": str(256 * MIB + overhead)}
    assert resources["limits"]["memory"] == resources["requests"]["memory"]


def test_room_beyond_the_guests_memory_is_had_beside_cpus_of_its_own():
    vmi = own(memory={"guest": "256Mi"}, resources={"requests": {"memory": "300Mi"}})
    overhead = generic_plan(vmi, EMULATED).overhead.total_bytes
    resources = compute(pod_of(vmi))["resources"]
    assert resources["requests"]["memory"] == resources["limits"]["memory"] == str(300 * MIB + overhead)


def test_huge_pages_are_asked_for_once():
    vmi = guest({"domain": {"memory": {"guest": "128Mi", "hugepages": {"pageSize": "2Mi"}}}})
    overhead = generic_plan(vmi, EMULATED).overhead.total_bytes
    pod = pod_of(vmi)
    pages = {"hugepages-2Mi": str(128 * MIB)}
    assert compute(pod)["resources"] == {
        "requests": {"cpu": "100m", "memory": str(overhead), **pages},
        "limits": {"devices.kubevirt.io/tun": "1", **pages},
    }
    assert {"name": "hugepages", "emptyDir": {"medium": "HugePages-2Mi"}} in pod["spec"]["volumes"]
    assert {"name": "hugepages", "mountPath": f"{HUGEPAGES_FOLDER}/2097152"} in compute(pod)["volumeMounts"]
    assert pod["spec"]["securityContext"]["fsGroup"] == 107
    assert "cpumanager" not in pod["spec"]["nodeSelector"]


def test_a_page_size_is_called_as_kubernetes_calls_it():
    pod = pod_of(guest({"domain": {"memory": {"guest": "1Gi", "hugepages": {"pageSize": "1024Mi"}}}}))
    assert compute(pod)["resources"]["limits"]["hugepages-1Gi"] == str(1 << 30)
    assert {"name": "hugepages", "mountPath": "/dev/hugepages/1073741824"} in compute(pod)["volumeMounts"]


@pytest.mark.parametrize("cpu", [{"cores": 1}, OWN])
def test_a_limit_counts_huge_pages_as_the_guests_memory(cpu):
    memory = {"guest": "128Mi", "hugepages": {"pageSize": "2Mi"}}
    vmi = own(cpu, memory=memory, resources={"requests": {"memory": "160Mi"}, "limits": {"memory": "160Mi"}})
    overhead = generic_plan(vmi, EMULATED).overhead.total_bytes
    assert compute(pod_of(vmi))["resources"]["limits"]["memory"] == str(32 * MIB + overhead)


def test_only_cells_take_a_word_about_memory_and_no_capability_is_had_by_it():
    """The launcher's process has none all the same: tests/cluster/test_own_cpus.py."""
    memory = {"guest": "128Mi", "hugepages": {"pageSize": "2Mi"}}
    pod = pod_of(own(MAPPED, memory=memory))
    assert compute(pod)["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["SYS_NICE"]}
    assert compute(pod)["securityContext"]["allowPrivilegeEscalation"] is False
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    unmapped = pod_of(own(memory=memory))
    assert compute(unmapped)["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_a_container_disk_is_an_image_volume_called_by_its_index():
    pod = pod_of(
        guest(
            {
                "volumes": [
                    {"name": "seed", "cloudInitNoCloud": {"secretRef": {"name": "keys"}}},
                    {
                        "name": "system",
                        "containerDisk": {"image": "r/tiny:1", "imagePullPolicy": "Never", "imagePullSecret": "pull"},
                    },
                ]
            }
        )
    )
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    mounts = {mount["name"]: mount for mount in compute(pod)["volumeMounts"]}
    assert volumes["image-1"]["image"] == {"reference": "r/tiny:1", "pullPolicy": "Never"}
    assert mounts["image-1"] == {"name": "image-1", "mountPath": "/var/run/kubevirt-images/1", "readOnly": True}
    assert volumes["user-data-0"]["secret"] == {"secretName": "keys"}
    assert mounts["user-data-0"]["readOnly"] is True
    assert pod["spec"]["imagePullSecrets"] == [{"name": "pull"}]
    assert all("seed" not in json.dumps(part) and "system" not in json.dumps(part) for part in (volumes, mounts))


def test_the_place_is_the_guests_and_the_nodes_label_is_ours():
    toleration = {"key": "gpu", "operator": "Exists"}
    affinity = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}]
            }
        }
    }
    pod = pod_of(
        guest(
            {
                "nodeSelector": {"disk": "fast", "kubevirt.io/schedulable": "false"},
                "tolerations": [toleration],
                "affinity": affinity,
                "hostname": "db",
                "subdomain": "lab",
                "dnsPolicy": "None",
                "dnsConfig": {"nameservers": ["10.0.0.1"]},
                "terminationGracePeriodSeconds": 5,
            }
        )
    )["spec"]
    assert pod["nodeSelector"] == {"disk": "fast", "kubevirt.io/schedulable": "true", "kubernetes.io/arch": "amd64"}
    assert pod["tolerations"] == [toleration]
    assert pod["affinity"] == affinity
    assert (pod["hostname"], pod["subdomain"], pod["dnsPolicy"]) == ("db", "lab", "None")
    assert pod["dnsConfig"] == {"nameservers": ["10.0.0.1"]}
    assert pod["terminationGracePeriodSeconds"] == 35


@pytest.mark.parametrize("name", ["a", "x" * 253, "a." * 60 + "b", "web-" * 12 + "x"])
def test_names_are_derived_and_fit(name):
    made = pod_name(name, "uid-1")
    assert made == pod_name(name, "uid-1")
    assert made != pod_name(name, "uid-2")
    assert len(made) <= 63
    assert ".-" not in made
    assert "-." not in made
    assert len(name_label(name)) <= 63
    assert name_label(name)[-1].isalnum()


def test_long_names_that_begin_alike_have_labels_of_their_own():
    assert name_label("x" * 70 + "a") != name_label("x" * 70 + "b")


# Verdicts.


def pod(phase="Pending", state=None, conditions=(), **status):
    statuses = [] if state is None else [{"name": "compute", "ready": False, "state": state}]
    return convert(
        {
            "metadata": {"name": "p"},
            "spec": {"nodeName": "node1"},
            "status": {"phase": phase, "containerStatuses": statuses, "conditions": list(conditions), **status},
        },
        Pod,
    )


def test_a_pod_that_is_made_waits_for_nothing_wrong():
    for state in (None, {"waiting": {"reason": "ContainerCreating"}}):
        found = verdict(pod(state=state))
        assert (found.stage, found.reason) == ("waits", "")


def test_a_running_container_runs():
    assert verdict(pod("Running", {"running": {"startedAt": "2026-01-01T00:00:00Z"}})).stage == "runs"


def test_a_running_pod_whose_container_is_unknown_waits():
    assert verdict(pod("Running")).stage == "waits"


@pytest.mark.parametrize(
    ("said", "cure"),
    [
        ("0/2 nodes are available: 2 Insufficient devices.kubevirt.io/kvm.", "useEmulation"),
        ("0/2 nodes are available: 2 Insufficient memory.", "kvnode explain"),
        ("0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.", "schedulable=true"),
        ("0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.", "cpumanager=true"),
        ("0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.", "sched_rt_runtime_us"),
        ("0/2 nodes are available: 2 Insufficient hugepages-2Mi.", "restart its kubelet"),
        ("0/2 nodes are available: 2 Insufficient devices.kubevirt.io/tun.", "virt-handler"),
    ],
)
def test_no_node_is_told_in_the_schedulers_words_and_with_a_cure(said, cure):
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": said}
    found = verdict(pod(conditions=[condition]))
    assert (found.stage, found.reason) == ("waits", "Unschedulable")
    assert found.message.startswith(said)
    assert cure in found.message


def test_an_image_that_cannot_be_pulled_is_named():
    state = {"waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "r/none:1"'}}
    found = verdict(pod(state=state))
    assert (found.stage, found.reason) == ("waits", "ImagePullBackOff")
    assert "r/none:1" in found.message
    assert "imagePullSecret" in found.message


@pytest.mark.parametrize(
    ("ended", "reason", "words"),
    [
        ({"exitCode": 3, "message": "no bootable device"}, "LauncherCannotStart", "no bootable device"),
        (
            {"exitCode": 3, "message": '{"type":"status","phase":"Failed","message":"no disk"}'},
            "LauncherCannotStart",
            "guest: no disk",
        ),
        ({"exitCode": 4}, "GuestCrashed", "kubectl logs"),
        ({"exitCode": 1}, "LauncherCrashed", "status 1"),
        ({"exitCode": 137, "signal": 9}, "LauncherCrashed", "signal 9"),
        ({"exitCode": 137, "reason": "OOMKilled"}, "OOMKilled", "additionalGuestMemoryOverheadRatio"),
    ],
)
def test_an_end_is_told_by_what_the_launcher_left(ended, reason, words):
    found = verdict(pod("Failed", {"terminated": {**ended, "finishedAt": "2026-01-01T00:00:00Z"}}))
    assert (found.stage, found.reason, found.ended_at) == ("failed", reason, "2026-01-01T00:00:00Z")
    assert words in found.message


def test_what_the_node_did_goes_before_the_exit_status():
    state = {"terminated": {"exitCode": 137}}
    found = verdict(pod("Failed", state, reason="Evicted", message="The node was low on resource: memory."))
    assert (found.stage, found.reason) == ("failed", "Evicted")
    assert "low on resource" in found.message


def test_a_message_without_end_is_cut():
    found = verdict(pod(state={"waiting": {"reason": "ErrImagePull", "message": "x" * 5000}}))
    assert len(found.message) == 1024
