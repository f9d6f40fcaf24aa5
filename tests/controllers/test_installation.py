"""The configuration in force, from what an informer knows: the oldest resource's, and the last that could be read."""

import pytest

from controllers.runtime.client import ApiClient
from controllers.runtime.faults import Undecodable
from controllers.runtime.informer import Informer
from controllers.runtime.installation import INSTALLATIONS, Installation, LiveConfiguration
from controllers.runtime.resources import Request
from kvnode.api.meta import ObjectMeta
from kvnode.api.settings import typed_configuration
from kvnode.errors import InvalidManifest


@pytest.fixture
def informer(with_client):
    """An informer that nobody runs: what it knows is put there by the test."""
    made = []

    async def body(client: ApiClient) -> None:
        made.append(Informer(client, INSTALLATIONS, Installation, namespace="kubevirt"))

    with_client(body)
    return made[0]


def put(informer, name, created, version, configuration):
    metadata = ObjectMeta(name=name, uid=f"uid-of-{name}", creation_timestamp=created, resource_version=version)
    informer.store.put(Request("kubevirt", name), Installation(metadata, {"configuration": configuration}))


def emulates(live):
    developer = live.current().developer_configuration
    return bool(developer and developer.use_emulation)


EMULATED = {"developerConfiguration": {"useEmulation": True}}
BAD = {"developerConfiguration": {"useEmulation": "perhaps"}}


def test_without_a_resource_every_default_holds(informer):
    live = LiveConfiguration(informer, typed_configuration)
    assert not emulates(live)
    assert live.chosen() is None


def test_the_oldest_counts_and_is_followed(informer):
    live = LiveConfiguration(informer, typed_configuration)
    put(informer, "younger", "2026-02-01T00:00:00Z", "1", EMULATED)
    assert emulates(live)
    put(informer, "older", "2026-01-01T00:00:00Z", "2", {})
    assert not emulates(live)
    assert live.chosen().metadata.name == "older"
    informer.store.drop(Request("kubevirt", "older"))
    assert emulates(live)


def test_what_can_not_be_read_changes_nothing(informer):
    live = LiveConfiguration(informer, typed_configuration)
    put(informer, "kubevirt", "2026-01-01T00:00:00Z", "1", EMULATED)
    assert emulates(live)
    put(informer, "kubevirt", "2026-01-01T00:00:00Z", "2", BAD)
    assert emulates(live)
    assert isinstance(live.fault, InvalidManifest)
    put(informer, "kubevirt", "2026-01-01T00:00:00Z", "3", {})
    assert not emulates(live)
    assert live.fault is None


def test_a_resource_that_is_there_and_no_object_changes_nothing(informer):
    live = LiveConfiguration(informer, typed_configuration)
    put(informer, "kubevirt", "2026-01-01T00:00:00Z", "1", EMULATED)
    assert emulates(live)
    fault = Undecodable(
        "spec.configuration: a list", namespace="kubevirt", name="kubevirt", uid="", resource_version="2"
    )
    informer.store.put_fault(Request("kubevirt", "kubevirt"), fault)
    assert emulates(live)
