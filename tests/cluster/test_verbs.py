"""The shipped roles, held against the audit log of all the tests before: verbs used and verbs granted are the same.

A right that nobody used is one too many; one that was wanted and refused is one too few. The file is called so that it
is the last one of its layer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from deploy.cluster.cluster import Cluster

BASE = Path(__file__).resolve().parents[2] / "deploy/base"
ACCOUNT = "system:serviceaccount:kubevirt:"

# verb, group, resource, name: "*" where any name is meant.
Right = tuple[str, str, str, str]

# What no request of these tests shows, each with its reason.
UNSEEN: dict[str, dict[tuple[str, str, str], str]] = {
    "virt-controller": {
        ("update", "kubevirt.io", "virtualmachines/finalizers"): "asked for by admission, for an owner that is blocked",
        ("update", "kubevirt.io", "virtualmachineinstances/finalizers"): "asked for by admission, as the one above",
    }
}
# What every account may do (the roles system:discovery and system:basic-user).
EVERYBODYS = {"selfsubjectreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"}


def granted() -> dict[str, set[Right]]:
    """What the shipped roles give to each account."""
    documents = [one for file in sorted(BASE.glob("*rbac.yaml")) for one in yaml.safe_load_all(file.read_text()) if one]
    rules = {(one["kind"], one["metadata"]["name"]): one["rules"] for one in documents if one["kind"].endswith("Role")}
    found: dict[str, set[Right]] = {}
    for one in documents:
        if not one["kind"].endswith("RoleBinding"):
            continue
        for subject in one["subjects"]:
            if subject["kind"] == "ServiceAccount":
                of_role = rules[one["roleRef"]["kind"], one["roleRef"]["name"]]
                found.setdefault(subject["name"], set()).update(_rights(of_role))
    return found


def _rights(rules: list[dict[str, list[str]]]) -> Iterator[Right]:
    for rule in rules:
        for verb in rule["verbs"]:
            for group in rule["apiGroups"]:
                for resource in rule["resources"]:
                    for name in rule.get("resourceNames", ["*"]):
                        yield verb, group, resource, name


def asked(cluster: Cluster) -> Iterator[tuple[str, Right, bool]]:
    """Each request of a daemon: its account, the right that it took, and whether the authorizers forbade it."""
    with cluster.audit_log.open() as log:
        for line in log:
            entry = json.loads(line)
            user = entry["user"].get("username", "")
            if not user.startswith(f"{ACCOUNT}virt-") or "objectRef" not in entry:
                continue
            about = entry["objectRef"]
            resource = "/".join(filter(None, (about["resource"], about.get("subresource"))))
            right = (entry["verb"], about.get("apiGroup", ""), resource, about.get("name", ""))
            # A quota's refusal has the same status, and is none of want of a right.
            forbidden = entry.get("annotations", {}).get("authorization.k8s.io/decision") == "forbid"
            yield user.removeprefix(ACCOUNT), right, forbidden


def test_no_request_of_a_daemon_was_refused_for_want_of_a_right(kubevirt: Cluster) -> None:
    refused, allowed = set(), set()
    for account, right, forbidden in asked(kubevirt):
        (refused if forbidden else allowed).add((account, right))
    # The tests end and start the API server, which answers before it has read the roles, and knows of no right then.
    # No test changes a role, so what was allowed at any time is granted.
    assert refused - allowed == set()


def test_verbs_granted_are_verbs_used(kubevirt: Cluster, request: pytest.FixtureRequest) -> None:
    """Whole where all of the layer ran before; a run of some tests can only be held to no unknown verb."""
    rights = granted()
    assert set(rights) == {"virt-api", "virt-controller", "virt-handler"}
    used: dict[str, set[Right]] = {account: set() for account in rights}
    unknown = set()
    for account, (verb, group, resource, name), _ in asked(kubevirt):
        if resource in EVERYBODYS:
            continue
        wanted = {
            right for right in ((verb, group, resource, name), (verb, group, resource, "*")) if right in rights[account]
        }
        used[account] |= wanted
        if not wanted:
            unknown.add((account, verb, group, resource, name))
    assert unknown == set()
    files = {item.path.name for item in request.session.items if "cluster" in item.path.parts}
    if files >= {file.name for file in Path(__file__).parent.glob("test_*.py")}:
        idle = {
            account: sorted(
                right for right in rights[account] - used[account] if right[:3] not in UNSEEN.get(account, {})
            )
            for account in rights
        }
        assert idle == {account: [] for account in rights}
