"""The daemon as a process of its own, under the role that is shipped, against a real API server.

The test plays the scheduler and the kubelet. No node is needed: what is shown here ends where the handler begins.
"""

import json
import subprocess
import sys
import time
import urllib.error
from pathlib import Path

import pytest
import yaml

from tests.controllers.custom_kinds import serve_kinds

TREE = Path(__file__).resolve().parents[2]
DAEMONS = "kubevirt"
GROUP = "/apis/kubevirt.io/v1/namespaces"
WAIT_S = 30.0
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
PLACES = {
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": f"/api/v1/namespaces/{DAEMONS}/serviceaccounts",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "Role": f"/apis/rbac.authorization.k8s.io/v1/namespaces/{DAEMONS}/roles",
    "RoleBinding": f"/apis/rbac.authorization.k8s.io/v1/namespaces/{DAEMONS}/rolebindings",
}


class Cluster:
    """What a user, a scheduler and a kubelet do in one namespace."""

    def __init__(self, server, namespace):
        self.server, self.namespace = server, namespace
        self.pods = f"/api/v1/namespaces/{namespace}/pods"
        self.guests = f"{GROUP}/{namespace}/virtualmachineinstances"
        self.machines = f"{GROUP}/{namespace}/virtualmachines"

    def get(self, path):
        try:
            return json.loads(self.server.request("GET", path))
        except urllib.error.HTTPError as error:
            assert error.code == 404
            return None

    def until(self, what, found):
        deadline = time.monotonic() + WAIT_S
        while True:
            value = found()
            if value:
                return value
            assert time.monotonic() < deadline, f"{what}: not within {WAIT_S:.0f} s"
            time.sleep(0.05)

    def phase(self, name, phase):
        def found():
            guest = self.get(f"{self.guests}/{name}")
            return guest if guest and guest.get("status", {}).get("phase") == phase else None

        return self.until(f"{name} is {phase}", found)

    def the_pod(self):
        return self.until("a Pod", lambda: self.get(self.pods)["items"])[0]

    def runs(self, pod):
        name = pod["metadata"]["name"]
        target = {"apiVersion": "v1", "kind": "Node", "name": "node1"}
        body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": target}
        self.server.request("POST", f"{self.pods}/{name}/binding", body)
        state = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
        status = {"name": "compute", "ready": True, "image": "i", "imageID": "", "restartCount": 0, "state": state}
        patch = {"status": {"phase": "Running", "containerStatuses": [status]}}
        self.server.request("PATCH", f"{self.pods}/{name}/status", patch, MERGE)


@pytest.fixture(scope="module")
def installed(api_server):
    """The kinds, the namespace and the role, as they are shipped."""
    serve_kinds(api_server)
    documents = []
    for name in ("namespace.yaml", "virt-controller-rbac.yaml"):
        documents += list(yaml.safe_load_all((TREE / "deploy/base" / name).read_text()))
    for document in documents:
        path = f"{PLACES[document['kind']]}/{document['metadata']['name']}"
        api_server.request("PATCH", f"{path}?fieldManager=test&force=true", document, APPLY)
    return api_server


@pytest.fixture
def replica(installed, tmp_path):
    """Starts one more replica; returns its process. Their logs go to files named by their number."""
    account = installed.authority.issue(f"system:serviceaccount:{DAEMONS}:virt-controller")
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(installed.kubeconfig_for(account, "virt-controller"))
    running = []

    def start():
        log = tmp_path / f"replica-{len(running)}.log"
        command = [
            sys.executable,
            "-m",
            "controllers.virt_controller",
            "--kubeconfig",
            kubeconfig,
            "--health-port",
            "0",
        ]
        with log.open("wb") as out:
            running.append(subprocess.Popen(command, stdout=out, stderr=out, cwd=TREE, start_new_session=True))
        return running[-1]

    yield start
    for process in running:
        process.terminate()
        assert process.wait(30) == 0
    logs = [path.read_text() for path in sorted(tmp_path.glob("replica-*.log"))]
    assert [
        line
        for log in logs
        for line in log.splitlines()
        if "forbidden" in line.lower() or "Traceback" in line or "unknown field" in line
    ] == []


@pytest.mark.timeout(180)
def test_a_machines_life_under_the_shipped_role_and_a_change_of_leaders(installed, namespace, replica):
    cluster = Cluster(installed, namespace)
    first = replica()
    machine = yaml.safe_load((TREE / "deploy/examples/vm-tiny.yaml").read_text())
    installed.request("POST", cluster.machines, machine)
    cluster.phase("vm-tiny", "Scheduling")
    pod = cluster.the_pod()
    [owner] = pod["metadata"]["ownerReferences"]
    assert owner["uid"] == cluster.get(f"{cluster.guests}/vm-tiny")["metadata"]["uid"]

    second = replica()
    first.terminate()
    assert first.wait(30) == 0
    cluster.runs(pod)
    guest = cluster.phase("vm-tiny", "Scheduled")
    assert second.poll() is None
    assert guest["status"]["nodeName"] == guest["metadata"]["labels"]["kubevirt.io/nodeName"] == "node1"
    assert [one["phase"] for one in guest["status"]["phaseTransitionTimestamps"]] == ["Scheduling", "Scheduled"]
    assert len(cluster.get(cluster.pods)["items"]) == 1
    shown = cluster.get(f"{cluster.machines}/vm-tiny")["status"]
    assert (shown["printableStatus"], shown["created"], shown["ready"]) == ("Starting", True, False)

    events = f"/api/v1/namespaces/{namespace}/events"
    told = cluster.until(
        "events of both", lambda: {one["involvedObject"]["kind"] for one in cluster.get(events)["items"]}
    )
    assert told == {"VirtualMachine", "VirtualMachineInstance"}

    installed.request("DELETE", f"{cluster.machines}/vm-tiny")
    name = pod["metadata"]["name"]
    cluster.until("its deletion", lambda: cluster.get(f"{cluster.pods}/{name}")["metadata"].get("deletionTimestamp"))
    assert cluster.get(f"{cluster.guests}/vm-tiny") is not None
    installed.request("DELETE", f"{cluster.pods}/{name}?gracePeriodSeconds=0")
    cluster.until("the machine to be gone", lambda: cluster.get(f"{cluster.machines}/vm-tiny") is None)
    assert cluster.get(f"{cluster.guests}/vm-tiny") is None


@pytest.mark.parametrize(
    ("group", "resource", "allowed"),
    [
        ("", "nodes", {"list", "watch", "patch"}),
        ("", "nodes/status", set()),
        ("", "pods", {"get", "list", "watch", "create", "delete"}),
        ("", "pods/exec", set()),
        ("", "secrets", set()),
        ("", "events", {"create", "patch"}),
        ("kubevirt.io", "virtualmachines", {"list", "watch", "patch"}),
        ("kubevirt.io", "virtualmachineinstances", {"get", "list", "watch", "create", "patch", "delete"}),
        ("kubevirt.io", "virtualmachineinstances/status", {"patch"}),
    ],
)
def test_the_shipped_role_allows_what_is_done_and_no_more(installed, group, resource, allowed):
    """By the API server's own word, in a namespace that isn't the daemons'."""
    verbs = {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "bind", "escalate"}
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    kind, _, subresource = resource.partition("/")

    def may(verb):
        what = {"namespace": "lab", "verb": verb, "group": group, "resource": kind, "subresource": subresource}
        spec = {"user": f"system:serviceaccount:{DAEMONS}:virt-controller", "resourceAttributes": what}
        answer = installed.request("POST", path, {"spec": spec})
        return json.loads(answer)["status"]["allowed"]

    assert {verb for verb in verbs if may(verb)} == allowed
