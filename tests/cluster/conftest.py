"""One cluster for the whole layer: made for the first test that asks for it, gone after the last one.

Its number is the first that no other run holds, from 1 on: cluster 0 is a person's own (``make cluster``), and is left
alone. What a run that was cut off left under the number is removed first.
"""

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deploy.cluster.cluster import Cluster, create_cluster, remove_cluster
from deploy.cluster.kube_api import KubeApi
from deploy.cluster.layout import NUMBERS, Layout
from deploy.images.install import install
from deploy.setup.cache import cache_folder
from tests.cluster.guests import NAMESPACE, Guest, Machine


@contextmanager
def held_number() -> Iterator[int]:
    """A cluster's number that is ours until the end."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    for number in range(1, NUMBERS):
        with (cache_folder() / f"suite-cluster.{number}.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            remove_cluster(number, print)
            try:
                yield number
            finally:
                remove_cluster(number, print)
            return
    raise RuntimeError(f"other runs hold all of the clusters 1 to {NUMBERS - 1}: they can't all be alive")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A control plane and two nodes, everything Ready, with the images ``pause`` and ``busybox``."""
    with held_number() as number:
        yield create_cluster(Layout(number), print)


@pytest.fixture(scope="session")
def kubevirt(cluster: Cluster) -> Cluster:
    """The same cluster with kvnode on it, as ``make cluster`` leaves it."""
    install(cluster, print)
    return cluster


@pytest.fixture(scope="session")
def user(kubevirt: Cluster) -> KubeApi:
    """Who makes guests: a user with the cluster role ``edit`` in one namespace, and nothing else."""
    name = "maker-of-guests"
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}],
    }
    kubevirt.api.request("POST", f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/rolebindings", binding)
    return kubevirt.user(name)


def _name_of(request: pytest.FixtureRequest) -> str:
    return re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:40].strip("-")


@pytest.fixture
def guest(kubevirt: Cluster, user: KubeApi, request: pytest.FixtureRequest) -> Iterator[Guest]:
    """A guest that is called as its test, to be applied by it; taken away afterwards."""
    made = Guest(kubevirt, user, _name_of(request))
    yield made
    made.remove()


@pytest.fixture
def machine(kubevirt: Cluster, user: KubeApi, request: pytest.FixtureRequest) -> Iterator[Machine]:
    """A machine that is called as its test, to be applied by it; taken away afterwards."""
    made = Machine(kubevirt, user, _name_of(request))
    yield made
    made.remove()


@pytest.fixture
def cluster_number() -> Iterator[int]:
    """The number of a cluster that isn't there, for a test that makes its own; whatever it leaves is removed."""
    with held_number() as number:
        yield number
