"""CPUs, memory, hypervisor and overhead in a plan."""

import pickle

import pytest

import kvnode
from kvnode import InvalidManifest, NoFit
from kvnode.api.decode import convert
from kvnode.api.instance import VirtualMachineInstance
from kvnode.errors import HostError
from kvnode.facts import HostFacts
from kvnode.planning.hypervisor import translation_buffer_bytes
from tests.plans import EMULATING, GIB, HOST, MIB, guest, plan_of


def fields_of(error):
    return [fault.field for fault in error.value.errors]


def test_vcpus_that_may_be_plugged_are_there_and_off():
    plan = plan_of({"cpu": {"sockets": 2, "cores": 4, "threads": 2, "maxSockets": 8}})
    assert (plan.vcpu.enabled, plan.vcpu.maximum) == (16, 64)
    topology = plan.cpu.topology
    assert (topology.sockets, topology.cores, topology.threads) == (8, 4, 2)
    assert '<vcpu placement="static" current="16">64</vcpu>' in kvnode.render(plan)


def test_a_guest_without_cpu_has_one():
    plan = kvnode.plan(kvnode.load(kvnode.to_dict(guest({"cpu": None}))), HostFacts())
    assert plan.vcpu.enabled == 1


def test_vcpus_beyond_the_machine_do_not_fit():
    with pytest.raises(NoFit) as error:
        plan_of({"cpu": {"cores": 300, "sockets": 1}}, HOST | {"qemu": 7_002_000})
    assert (error.value.reason, error.value.wanted, error.value.available) == ("TooManyVcpus", 300, 255)
    with pytest.raises(NoFit) as error:
        plan_of({"cpu": {"sockets": 4294967295, "cores": 4294967295, "threads": 4294967295}})
    assert error.value.wanted == 4294967295**3
    assert "79228162458924105385300197375" in str(error.value)


def test_room_to_grow_is_cut_to_what_the_machine_has():
    plan = plan_of({"cpu": {"sockets": 1, "cores": 100, "maxSockets": 4}}, HOST | {"qemu": 7_002_000})
    assert (plan.vcpu.enabled, plan.vcpu.maximum) == (100, 200)


@pytest.mark.parametrize(
    ("model", "facts", "mode", "name"),
    [
        ("host-model", HOST, "host-model", None),
        ("host-passthrough", HOST, "host-passthrough", None),
        ("host-model", EMULATING, "host-model", None),
        ("host-passthrough", EMULATING, "maximum", None),
        ("EPYC-Rome", HOST, "custom", "EPYC-Rome"),
    ],
)
def test_cpu_modes(model, facts, mode, name):
    plan = plan_of({"cpu": {"model": model}}, facts)
    assert (plan.cpu.mode, plan.cpu.model) == (mode, name)


def test_a_named_model_loses_mpx_unless_it_is_asked_for():
    cpu = plan_of({"cpu": {"model": "Skylake-Server", "features": [{"name": "pcid"}]}}).cpu
    assert [(one.name, one.policy) for one in cpu.features] == [("pcid", "require"), ("mpx", "disable")]
    cpu = plan_of({"cpu": {"model": "Skylake-Server", "features": [{"name": "mpx", "policy": "require"}]}}).cpu
    assert [(one.name, one.policy) for one in cpu.features] == [("mpx", "require")]


def test_a_model_that_the_host_lacks_is_named():
    with pytest.raises(HostError, match="the CPU 'Moon'; host-model always works, and so do qemu64, EPYC"):
        plan_of({"cpu": {"model": "Moon"}}, HOST | {"cpu_models": ["qemu64", "EPYC"]})


def test_memory_may_grow_in_a_cell_of_the_guest():
    plan = plan_of({"memory": {"guest": "1Gi", "maxGuest": "4Gi"}, "cpu": {"sockets": 1, "maxSockets": 4}})
    assert (plan.memory.bytes, plan.memory.max_bytes) == (GIB, 4 * GIB)
    assert plan.memory.slots > 0
    (cell,) = plan.cpu.numa
    assert (cell.cpus, cell.memory_bytes) == ("0-3", GIB)


def test_memory_that_may_not_grow_has_no_slots():
    plan = plan_of({"memory": {"guest": "1Gi", "maxGuest": "1Gi"}})
    assert (plan.memory.max_bytes, plan.memory.slots, plan.cpu.numa) == (None, 0, ())


@pytest.mark.parametrize(
    ("memory", "field"),
    [
        ({"guest": "0"}, "spec.domain.memory.guest"),
        ({"guest": "1e30"}, "spec.domain.memory.guest"),
        ({"guest": "1Gi", "maxGuest": "512Mi"}, "spec.domain.memory.maxGuest"),
        ({"guest": "1Gi", "hugepages": {"pageSize": "3Mi"}}, "spec.domain.memory.hugepages.pageSize"),
        ({"guest": "1025Mi", "hugepages": {"pageSize": "2Mi"}}, "spec.domain.memory.hugepages.pageSize"),
        ({"guest": "1Gi", "hugepages": {"pageSize": "2ki"}}, "spec.domain.memory.hugepages.pageSize"),
    ],
)
def test_amounts_that_are_none(memory, field):
    with pytest.raises(InvalidManifest) as error:
        plan_of({"memory": memory})
    assert fields_of(error) == [field]


def test_memory_that_the_host_lacks_is_counted_with_its_overhead():
    facts = {"cells": [{"id": 0, "memory_free_bytes": 600 * MIB}]}
    with pytest.raises(NoFit) as error:
        plan_of(facts=facts)
    overhead = -(-plan_of().overhead.total_bytes // MIB)
    assert (error.value.reason, error.value.available, error.value.wanted) == ("NotEnoughMemory", 600, 512 + overhead)
    assert error.value.cell == 0
    assert str(error.value) == (
        f"cell 0 has 600 MiB of memory free, {512 + overhead} wanted: 512 MiB for the guest, {overhead} MiB as its "
        "overhead (NotEnoughMemory)"
    )


@pytest.mark.parametrize(
    ("facts", "where"),
    [
        ({"cells": [{"id": 3, "memory_free_bytes": 1 << 40}], "memory_available_bytes": 600 * MIB}, "its cgroup"),
        ({"memory_available_bytes": 600 * MIB}, "within its cgroup's limit, "),
        (
            {"cells": [{"id": 0, "memory_free_bytes": 200 * MIB}, {"id": 4, "memory_free_bytes": 400 * MIB}]},
            "the host has 600 MiB of memory free (200 in cell 0, 400 in cell 4), ",
        ),
    ],
)
def test_memory_that_no_single_cell_lacks_is_the_hosts(facts, where):
    with pytest.raises(NoFit) as error:
        plan_of(facts=facts)
    assert error.value.cell is None
    assert where in str(error.value)


def test_of_many_cells_the_first_are_told():
    cells = [{"id": number, "memory_free_bytes": MIB} for number in range(40)]
    with pytest.raises(NoFit) as error:
        plan_of(facts={"cells": cells})
    assert "1 in cell 7, and 32 cells more)" in str(error.value)
    assert len(str(error.value)) < 300


def test_a_request_below_the_guests_memory_is_overcommitment():
    facts = {"cells": [{"id": 0, "memory_free_bytes": 600 * MIB}]}
    plan = plan_of({"resources": {"requests": {"memory": "256Mi"}}}, facts)
    assert plan.memory.bytes == 512 * MIB


def test_a_host_whose_memory_is_unknown_has_enough():
    assert plan_of({"memory": {"guest": "100Gi"}}, {"cells": [{"id": 0}]}).memory.bytes == 100 * GIB


def test_huge_pages_back_the_guest_or_do_not_fit():
    pool = {"2Mi": {"total": 300, "free": 256}}
    facts = {"cells": [{"id": 0, "memory_free_bytes": 200 * MIB, "hugepages": pool}]}
    plan = plan_of({"memory": {"guest": "512Mi", "hugepages": {"pageSize": "2Mi"}}}, facts)
    assert (plan.memory.hugepage_bytes, plan.memory.source) == (2 * MIB, "memfd")
    assert plan.devices.balloon.free_page_reporting is False
    with pytest.raises(NoFit) as error:
        plan_of({"memory": {"guest": "514Mi", "hugepages": {"pageSize": "2Mi"}}}, facts)
    assert (error.value.reason, error.value.wanted, error.value.available) == ("NotEnoughHugepages", 257, 256)


def test_emulation_has_to_be_allowed():
    with pytest.raises(HostError, match="emulation isn't allowed") as error:
        plan_of(facts=HOST | {"kvm": "absent"})
    assert error.value.exit_status == 3
    plan = plan_of(facts=HOST | {"kvm": "broken", "kvm_note": "too slow: 500 ns", "emulation_allowed": True})
    assert plan.hypervisor == "qemu"
    assert "too slow: 500 ns" in plan.hypervisor_note
    assert plan_of().hypervisor_note is None


def test_the_translation_buffer_is_bounded_by_the_guests_size():
    assert [translation_buffer_bytes(size) // MIB for size in (MIB, 128 * MIB, GIB, 2 * GIB, 64 * GIB)] == [
        32, 32, 64, 128, 256,
    ]  # fmt: skip
    assert plan_of(facts=EMULATING).features.tb_cache_bytes == 32 * MIB
    assert plan_of().features.tb_cache_bytes is None


def test_overhead_is_the_sum_of_its_items_and_each_has_a_reason():
    overhead = plan_of(facts=EMULATING).overhead
    assert overhead.total_bytes == sum(item.bytes for item in overhead.items)
    assert all(item.why and item.bytes > 0 for item in overhead.items)
    assert len({item.name for item in overhead.items}) == len(overhead.items)


def test_the_worked_overhead():
    disks = [{"name": name, "disk": {"bus": "virtio"}} for name in ("system", "seed", "data")]
    volumes = [
        {"name": "system", "containerDisk": {"image": "localhost/kvnode/tiny"}},
        {"name": "seed", "cloudInitNoCloud": {"userData": "#!/bin/sh\n"}},
        {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
    ]
    changes = {"memory": {"guest": "128Mi"}, "devices.disks": disks, "spec.volumes": volumes}
    overhead = plan_of(changes, EMULATING).overhead
    assert round(overhead.total_bytes / MIB, 1) == 162.8


def test_what_is_added_costs():
    def total(changes=None, facts=EMULATING, config=None):
        return plan_of({"cpu": {"cores": 1}, **(changes or {})}, facts, config).overhead.total_bytes

    plain = total()
    assert total({"cpu": {"cores": 4}}) > plain
    assert total({"memory": {"guest": "2Gi"}}) > plain
    assert total({"devices.autoattachGraphicsDevice": False}) == plain - 18 * MIB
    assert total({"ioThreadsPolicy": "auto"}) == plain + MIB
    assert total({"cpu": {"sockets": 1, "maxSockets": 3}}) == plain + 2 * 64 * 1024
    assert total({"devices.tpm": {}}) == plain + 8 * MIB
    uefi = {"firmware": {"bootloader": {"efi": {"secureBoot": False}}}}
    assert total(uefi, EMULATING | {"efi": {"plain": {"code": "/c", "vars": "/v"}}}) == plain + 4 * MIB
    assert total(facts=HOST) < plain
    facts = EMULATING | {"volumes": {"system": {"capacity_bytes": 64 * GIB}}}
    assert total(facts=facts) == plain + 8 * MIB
    assert total(config={"additionalGuestMemoryOverheadRatio": "1.5"}) == plain + plain // 2


@pytest.mark.parametrize("ratio", ["x", "0.5", "inf", "nan", "-1"])
def test_a_ratio_that_is_none(ratio):
    with pytest.raises(InvalidManifest) as error:
        plan_of(config={"additionalGuestMemoryOverheadRatio": ratio})
    assert fields_of(error) == ["spec.configuration.additionalGuestMemoryOverheadRatio"]


def test_the_same_facts_give_the_same_bytes():
    first, second = (kvnode.render(plan_of(facts=EMULATING)) for _ in range(2))
    assert first == second
    assert plan_of(facts=EMULATING) == plan_of(facts=EMULATING)


def test_a_quantity_that_nobody_has_checked_is_refused_by_its_path():
    """The fast decoder takes any text for a quantity; a plan without admission says which one is none."""
    for document, field in [
        ({"domain": {"memory": {"guest": "lots"}}}, "spec.domain.memory.guest"),
        (
            {"domain": {"memory": {"guest": "1Gi"}, "resources": {"requests": {"memory": "1Gb"}}}},
            "spec.domain.resources.requests.memory",
        ),
        (
            {
                "domain": {"memory": {"guest": "1Gi"}, "devices": {"disks": [{"name": "a"}]}},
                "volumes": [{"name": "a", "emptyDisk": {"capacity": ""}}],
            },
            "spec.volumes[0].emptyDisk.capacity",
        ),
    ]:
        with pytest.raises(InvalidManifest) as error:
            kvnode.plan(convert({"spec": document}, VirtualMachineInstance), HostFacts())
        assert fields_of(error) == [field]


def test_memory_that_is_to_be_locked_is_all_that_there_may_be():
    asked = {"memory": {"guest": "1Gi", "maxGuest": "4Gi", "reservedOverhead": {"memLock": "Required"}}}
    plan = plan_of(asked)
    assert plan.memory_lock_bytes == 4 * GIB + plan.overhead.total_bytes
    assert (
        plan_of({"memory": {"guest": "1Gi", "reservedOverhead": {"memLock": "NotRequired"}}}).memory_lock_bytes is None
    )
    assert plan_of().memory_lock_bytes is None


def test_what_does_not_fit_can_be_sent_to_another_process():
    facts = {"cells": [{"id": at, "hugepages": {"2Mi": {"total": at}}} for at in range(2)]}
    with pytest.raises(NoFit) as error:
        plan_of({"memory": {"guest": "512Mi", "hugepages": {"pageSize": "2Mi"}}}, facts)
    again = pickle.loads(pickle.dumps(error.value))
    assert (again.cell, again.by_cell, str(again)) == (None, ((0, 0), (1, 1)), str(error.value))
