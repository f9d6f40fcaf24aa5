"""Which Pod is a guest's own, tried with Pods that claim to be and aren't."""

import pytest
from msgspec.structs import replace

from controllers.launchers import controlling_guest, is_launcher_of, pod_name
from controllers.virt_controller.launcher_pod import generic_plan, launcher_pod
from controllers.virt_controller.settings import LauncherSettings
from kvnode.api.decode import convert
from kvnode.api.meta import ObjectMeta, OwnerReference
from tests.controllers.test_virt_controller_pods import guest

GUEST = ObjectMeta(name="web", namespace="lab", uid="3f1c", labels={"app": "web"})
OWNER = OwnerReference(
    api_version="kubevirt.io/v1", kind="VirtualMachineInstance", name="web", uid="3f1c", controller=True
)
OWN = ObjectMeta(
    name=pod_name("web", "3f1c"),
    namespace="lab",
    uid="p-1",
    labels={"kubevirt.io": "virt-launcher", "kubevirt.io/created-by": "3f1c", "vm.kubevirt.io/name": "web"},
    owner_references=(OWNER,),
)


def owned(**changes):
    return replace(OWN, owner_references=(replace(OWNER, **changes),))


def test_the_pod_that_the_controller_makes_is_the_guests_own():
    vmi = guest()
    made = launcher_pod(vmi, LauncherSettings(), generic_plan(vmi, LauncherSettings()))
    assert is_launcher_of(vmi.metadata, convert(made["metadata"], ObjectMeta))
    assert is_launcher_of(GUEST, OWN)


def test_an_owner_of_an_older_version_of_the_api_is_the_same_owner():
    assert is_launcher_of(GUEST, owned(api_version="kubevirt.io/v1alpha3"))


@pytest.mark.parametrize(
    "claim",
    [
        replace(OWN, owner_references=()),
        replace(OWN, namespace="evil"),
        replace(OWN, namespace=None),
        replace(OWN, name="virt-launcher-web"),
        replace(OWN, name=pod_name("web", "3f1d")),
        replace(OWN, name=pod_name("web2", "3f1c")),
        owned(uid="3f1d"),
        owned(uid=""),
        owned(controller=None),
        owned(controller=False),
        owned(kind="VirtualMachine"),
        owned(api_version="evil.io/v1"),
        owned(api_version="v1"),
        owned(api_version="kubevirt.io.evil/v1"),
    ],
)
def test_a_label_makes_nobody_anybodys_pod(claim):
    assert not is_launcher_of(GUEST, claim)


def test_a_guest_that_has_no_uid_yet_has_no_pod():
    for uid in (None, ""):
        pod = replace(owned(uid=""), name=pod_name("web", ""))
        assert not is_launcher_of(replace(GUEST, uid=uid), pod)


def test_the_owner_that_controls_counts_and_not_those_beside_it():
    others = (replace(OWNER, controller=False, uid="x"), OwnerReference(api_version="v1", kind="ReplicaSet", uid="y"))
    assert controlling_guest(replace(OWN, owner_references=(*others, OWNER))) == OWNER
    assert controlling_guest(replace(OWN, owner_references=others)) is None
