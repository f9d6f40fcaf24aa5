"""What is told of a KubeVirt resource, as a decision: no API server, no clock of its own."""

from datetime import UTC, datetime
from typing import Any

import pytest

from controllers.runtime.installation import Installation
from controllers.virt_controller.actions import Apply
from controllers.virt_controller.components import DaemonSet, Deployment, components
from controllers.virt_controller.installation import Seen, decide
from kvnode.api.decode import convert

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def deployment(name: str, wanted: int = 2, available: int = 2, **more: Any) -> Deployment:
    status = {"observedGeneration": 1, "replicas": wanted, "updatedReplicas": wanted, "availableReplicas": available}
    document = {"metadata": {"name": name, "generation": 1}, "spec": {"replicas": wanted}, "status": {**status, **more}}
    return convert(document, Deployment)


def daemon_set(wanted: int = 3, available: int = 3, **more: Any) -> DaemonSet:
    status = {
        "observedGeneration": 1,
        "desiredNumberScheduled": wanted,
        "updatedNumberScheduled": wanted,
        "numberAvailable": available,
    }
    document = {"metadata": {"name": "virt-handler", "generation": 1}, "status": {**status, **more}}
    return convert(document, DaemonSet)


def told(
    api: Deployment | None = None,
    handlers: DaemonSet | None = None,
    status: dict[str, Any] | None = None,
    counts: bool = True,
    spec: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What is written, with conditions by type; nothing is left of the status where nothing is."""
    deployments = [deployment("virt-controller"), *([api] if api else [])]
    parts = components(deployments, [handlers] if handlers else [])
    metadata = {"name": "kubevirt", "generation": 1}
    subject = convert({"metadata": metadata, "spec": spec or {}, "status": status or {}}, Installation)
    written = [one for one in decide(Seen(subject, counts, None, parts, NOW)).actions if isinstance(one, Apply)]
    if not written:
        return {}
    document = dict(written[0].status)
    document["conditions"] = {one["type"]: one for one in document["conditions"]}
    return document


def said(document: dict[str, Any], kind: str) -> tuple[str, str]:
    condition = document["conditions"][kind]
    return condition["status"], condition.get("message", "")


AVAILABLE = {
    "phase": "Deployed",
    "conditions": [{"type": "Available", "status": "True", "reason": "AllComponentsReady"}],
}


def test_everything_is_up() -> None:
    document = told(deployment("virt-api"), daemon_set())
    assert document["phase"] == "Deployed"
    assert document["conditions"]["Available"]["reason"] == "AllComponentsReady"
    assert [said(document, kind)[0] for kind in ("Available", "Degraded", "Progressing")] == ["True", "False", "False"]
    conditions = list(document.pop("conditions").values())
    assert told(deployment("virt-api"), daemon_set(), {**document, "conditions": conditions}) == {}


@pytest.mark.parametrize(
    ("api", "handlers", "words"),
    [
        (None, daemon_set(), "there is no Deployment virt-api"),
        (deployment("virt-api"), None, "there is no DaemonSet virt-handler"),
        (deployment("virt-api", available=1), daemon_set(), "virt-api serves on 1 of 2 replicas"),
        (deployment("virt-api", wanted=0, available=0), daemon_set(), "virt-api is scaled to 0 replicas"),
        (deployment("virt-api"), daemon_set(available=2), "virt-handler serves on 2 of 3 nodes"),
        (
            deployment("virt-api"),
            daemon_set(wanted=0, available=0, observedGeneration=0),
            "the change of virt-handler has not been taken up yet",
        ),
    ],
)
def test_at_first_it_waits_for_everything(api: Deployment, handlers: DaemonSet, words: str) -> None:
    document = told(api, handlers)
    assert said(document, "Available") == ("False", words)
    assert document["phase"] == "Deploying"


def test_a_cluster_without_a_node_to_run_guests_on_waits_for_none() -> None:
    assert said(told(deployment("virt-api"), daemon_set(wanted=0, available=0)), "Available")[0] == "True"


def test_a_node_that_is_away_later_is_told_and_makes_nothing_unavailable() -> None:
    document = told(deployment("virt-api"), daemon_set(available=2), AVAILABLE)
    assert said(document, "Available") == ("True", "")
    assert said(document, "Degraded") == ("True", "virt-handler serves on 2 of 3 nodes")


def test_a_daemon_that_serves_nowhere_does() -> None:
    document = told(deployment("virt-api", available=0), daemon_set(), AVAILABLE)
    assert said(document, "Available") == ("False", "virt-api serves on 0 of 2 replicas")
    assert document["phase"] == "Deployed"


@pytest.mark.parametrize(
    ("api", "words"),
    [
        (deployment("virt-api", available=1, updatedReplicas=1), "virt-api is updated on 1 of 2 replicas"),
        (deployment("virt-api", observedGeneration=0), "the change of virt-api has not been taken up yet"),
    ],
)
def test_a_change_on_its_way_is_progress_and_no_fault(api: Deployment, words: str) -> None:
    document = told(api, daemon_set(), AVAILABLE)
    assert said(document, "Progressing") == ("True", words)
    assert said(document, "Degraded")[0] == "False"
    assert said(document, "Available")[0] == "True"


def test_a_resource_that_is_not_in_force_says_nothing_of_the_daemons() -> None:
    document = told(deployment("virt-api"), daemon_set(available=1), counts=False)
    assert document["phase"] == "Ignored"
    assert document["conditions"]["Available"]["reason"] == "NotInForce"
    assert "older KubeVirt resource" in said(document, "Degraded")[1]


def test_what_is_asked_for_and_not_followed_is_told_and_taken_back() -> None:
    spec = {"configuration": {"cpuModel": "Nehalem", "migrations": {"allowPostCopy": True}}, "infra": {"replicas": 3}}
    document = told(deployment("virt-api"), daemon_set(), spec=spec)
    status, message = said(document, "FieldsNotFollowed")
    assert status == "True"
    assert message.endswith(": spec.configuration.migrations, spec.infra")
    conditions = list(document.pop("conditions").values())
    assert told(deployment("virt-api"), daemon_set(), {**document, "conditions": conditions}, spec=spec) == {}
    mended = told(deployment("virt-api"), daemon_set(), {**document, "conditions": conditions})
    assert "FieldsNotFollowed" not in mended["conditions"]
    assert "FieldsNotFollowed" not in told(deployment("virt-api"), daemon_set(), counts=False, spec=spec)["conditions"]


def test_of_many_fields_that_are_not_followed_some_are_named() -> None:
    spec = {f"field{number}": "x" for number in range(20)}
    message = said(told(deployment("virt-api"), daemon_set(), spec=spec), "FieldsNotFollowed")[1]
    assert "spec.field11 and 8 more" in message
    assert "field12" not in message
