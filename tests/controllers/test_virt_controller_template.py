"""The guest that a template describes, and whether the one that is there still is that guest."""

import pytest

import kvnode
from controllers.virt_api.admission import Rules
from controllers.virt_controller.actions import Apply, Create
from controllers.virt_controller.machine_life import Seen, decide
from controllers.virt_controller.machine_template import changed_fields, guest_of, template_hash
from controllers.virt_controller.objects import GENERATION, MACHINE_FINALIZER, TEMPLATE_HASH, Guest
from kvnode.api.configuration import KubeVirtConfiguration
from kvnode.api.decode import convert
from kvnode.api.identity import firmware_uuid
from kvnode.api.meta import ObjectMeta
from tests.controllers.test_virt_api_admission import mutated
from tests.controllers.virt_objects import NOW, SPEC, machine

DEFAULTS = KubeVirtConfiguration()
HELD = {"finalizers": [MACHINE_FINALIZER]}
START = {"action": "Start"}


def of(spec, generation=8, strategy="Always", **more):
    """A machine with this guest spec in its template."""
    return machine(
        strategy, in_force=strategy, spec={"template": {"spec": spec}}, generation=generation, **HELD, **more
    )


def admitted(document, config=DEFAULTS):
    """An object as admission lets it through, with what it wrote into it."""
    return mutated(document, rules=Rules(config))[0]


def made_from(subject, phase="Running", config=DEFAULTS, **meta):
    """The guest that a start of the machine makes, as admission lets it through; it is at work by now."""
    made = admitted(guest_of(subject), config)
    made["metadata"] |= {"uid": "g-1", "resourceVersion": "1", **meta}
    return convert({**made, "status": {"phase": phase}}, Guest)


def unmarked(guest):
    """As an earlier version made it: without the hash."""
    document = kvnode.to_dict(guest)
    del document["metadata"]["annotations"][TEMPLATE_HASH]
    return convert(document, Guest)


def changed(spec, **fields):
    return {**spec, **fields}


def test_the_guest_is_the_template_as_it_is_written():
    template = {
        "metadata": {"labels": {"app": "web"}, "annotations": {"note": "1", TEMPLATE_HASH: "mine"}},
        "spec": {**SPEC, "fieldOfTomorrow": {"deep": [1, None]}},
    }
    made = guest_of(machine(spec={"template": template}))
    assert made["spec"]["fieldOfTomorrow"] == {"deep": [1, None]}
    assert made["metadata"]["labels"] == {"app": "web"}
    assert made["metadata"]["annotations"] == {
        "note": "1",
        GENERATION: "7",
        TEMPLATE_HASH: template_hash(template["spec"]),
    }
    [owner] = made["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("VirtualMachine", "m-1", True)
    assert "firmware" not in template["spec"]["domain"]


def test_its_firmware_uuid_is_the_machines_and_not_the_guests():
    uuid = guest_of(machine())["spec"]["domain"]["firmware"]["uuid"]
    assert uuid == firmware_uuid(ObjectMeta(name="tiny", namespace="lab"))
    mine = "5d307ca9-b3ef-428c-8861-06e72d69f223"
    spec = {**SPEC, "domain": {**SPEC["domain"], "firmware": {"uuid": mine}}}
    assert guest_of(machine(spec={"template": {"spec": spec}}))["spec"]["domain"]["firmware"]["uuid"] == mine


def test_a_start_may_be_paused():
    subject = machine("Manual", in_force="Manual", requests=[{**START, "data": {"paused": "true"}}], **HELD)
    [made] = [one for one in decide(Seen(subject, None, NOW)).actions if isinstance(one, Create)]
    assert made.body["spec"]["startStrategy"] == "Paused"


# What agrees.


def test_within_a_generation_nothing_changes():
    guest = made_from(of(SPEC, generation=8))
    assert changed_fields(of(changed(SPEC, hostname="other"), generation=8), guest, DEFAULTS) is None


def test_what_was_changed_may_be_changed_back():
    guest = made_from(of(SPEC, generation=8))
    assert changed_fields(of(changed(SPEC, hostname="other"), generation=9), guest, DEFAULTS) == [
        "spec.template.spec.hostname"
    ]
    assert changed_fields(of(SPEC, generation=10), guest, DEFAULTS) is None


@pytest.mark.parametrize("mark", [lambda guest: guest, unmarked])
def test_another_configuration_changes_no_template(mark):
    """The default of a CPU's model moved while the guest ran, and the machine was halted and the like."""
    guest = mark(made_from(of(SPEC, generation=8), config=KubeVirtConfiguration(cpu_model="Nehalem")))
    assert guest.spec["domain"]["cpu"]["model"] == "Nehalem"
    now = KubeVirtConfiguration(cpu_model="Haswell")
    assert changed_fields(of(SPEC, generation=8), guest, now) is None
    expected = None if mark is not unmarked else ["spec.template.spec.domain.cpu.model"]
    assert changed_fields(of(SPEC, generation=9), guest, now) == expected


def test_defaults_that_admission_writes_into_a_template_later_are_no_change():
    """An upgrade: the machine came in before admission wrote these into templates, and was touched after it."""
    guest = made_from(of(SPEC, generation=8))
    document = {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": "tiny", "namespace": "lab"},
        "spec": {"runStrategy": "Always", "template": {"spec": SPEC}},
    }
    later = admitted(document)["spec"]["template"]["spec"]
    assert later != SPEC
    assert template_hash(later) != template_hash(SPEC)
    for one in (guest, unmarked(guest)):
        assert changed_fields(of(later, generation=9), one, DEFAULTS) is None


def test_a_default_that_is_written_down_is_no_change():
    guest = made_from(of(SPEC, generation=8))
    spelled_out = {**guest.spec, "terminationGracePeriodSeconds": guest.spec["terminationGracePeriodSeconds"]}
    assert changed_fields(of(spelled_out, generation=9), guest, DEFAULTS) is None


def test_a_guest_of_an_earlier_version_is_judged_by_what_it_is():
    guest = unmarked(made_from(of(SPEC, generation=8)))
    assert changed_fields(of(SPEC, generation=9), guest, DEFAULTS) is None
    more = changed(SPEC, domain={**SPEC["domain"], "cpu": {"cores": 2}})
    assert changed_fields(of(more, generation=9), guest, DEFAULTS) == ["spec.template.spec.domain.cpu.cores"]


def test_keys_have_no_order():
    turned = dict(reversed(SPEC.items()))
    assert list(turned) != list(SPEC)
    assert template_hash(turned) == template_hash(SPEC)


# What differs.


def test_a_template_that_cannot_be_read_differs_and_it_is_not_said_where():
    guest = made_from(of(SPEC, generation=8))
    assert changed_fields(of(changed(SPEC, noSuchField=1), generation=9), guest, DEFAULTS) == []
    assert changed_fields(of(changed(SPEC, domain="a machine"), generation=9), guest, DEFAULTS) == []


def conditions(subject, guest):
    [applied] = [one for one in decide(Seen(subject, guest, NOW)).actions if isinstance(one, Apply)]
    return {one["type"]: one for one in applied.status["conditions"]}, applied.status


def test_a_restart_that_is_needed_is_told_with_what_would_do():
    guest = made_from(of(SPEC, generation=8))
    disks = SPEC["domain"]["devices"]["disks"]
    spec = changed(
        SPEC,
        hostname="other",
        subdomain="lab",
        terminationGracePeriodSeconds=7,
        schedulerName="mine",
        priorityClassName="high",
        domain={**SPEC["domain"], "devices": {**SPEC["domain"]["devices"], "disks": disks[:-1]}},
    )
    found, status = conditions(of(spec, generation=9), guest)
    told = found["RestartRequired"]
    assert told["status"] == "True"
    assert told["message"].startswith(
        "a non-live-updatable field was changed in the template spec: spec.template.spec."
    )
    assert "and 1 more" in told["message"]
    assert "restart tiny" in told["message"]
    assert (status["observedGeneration"], status["desiredGeneration"]) == (8, 9)


def test_one_that_agrees_needs_none_and_its_generation_is_the_machines():
    guest = made_from(of(SPEC, generation=8))
    found, status = conditions(of(SPEC, generation=12, strategy="Manual"), guest)
    assert "RestartRequired" not in found
    assert (status["observedGeneration"], status["desiredGeneration"]) == (12, 12)


def test_the_observed_generation_never_goes_back():
    guest = made_from(of(SPEC, generation=8))
    told = {"observedGeneration": 12, "desiredGeneration": 12}
    subject = of(changed(SPEC, hostname="other"), generation=13, status=told)
    _, status = conditions(subject, guest)
    assert (status["observedGeneration"], status["desiredGeneration"]) == (12, 13)


def test_the_condition_goes_when_it_holds_no_longer():
    stale = {"type": "RestartRequired", "status": "True", "reason": "TemplateChanged", "message": "m"}
    guest = made_from(of(SPEC, generation=8))
    for its_guest in (guest, None):
        subject = of(SPEC, generation=9, strategy="Manual", status={"conditions": [stale]})
        found, _ = conditions(subject, its_guest)
        assert "RestartRequired" not in found


@pytest.mark.parametrize(
    "over", [{"phase": "Succeeded"}, {"phase": "Failed"}, {"deletionTimestamp": "2026-06-01T12:00:00Z"}]
)
def test_a_guest_that_is_over_needs_no_restart(over):
    guest = made_from(of(SPEC, generation=8), **over)
    found, _ = conditions(of(changed(SPEC, hostname="other"), generation=9, strategy="Manual"), guest)
    assert "RestartRequired" not in found


def test_labels_of_the_template_make_no_other_machine():
    guest = made_from(of(SPEC, generation=8))
    template = {"metadata": {"labels": {"app": "new"}}, "spec": SPEC}
    subject = machine("Always", in_force="Always", spec={"template": template}, generation=9, **HELD)
    found, _ = conditions(subject, guest)
    assert "RestartRequired" not in found
