"""VirtualMachines on the cluster: started, stopped and restarted as `virtctl` does it, and what becomes of a guest that
powers itself off or dies, under each run strategy."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from deploy.cluster.cluster import Cluster
from deploy.cluster.kube_api import KubeApi, Refused
from tests.cluster.guests import Machine, example, facts_of, uptime_s, wait_for


def test_start_stop_and_restart(machine: Machine) -> None:
    machine.apply("Manual")
    wait_for("it is there, and off", lambda: machine.printed == "Stopped", machine.said)
    assert machine.guest() is None
    with pytest.raises(Refused, match="not running"):
        machine.ask("stop")

    machine.ask("start")
    uptime_s(machine.running())
    first = machine.uid
    wait_for("Running is printed", lambda: machine.printed == "Running", machine.said)
    with pytest.raises(Refused, match="already running"):
        machine.ask("start")

    machine.ask("restart")
    wait_for("another guest", lambda: machine.uid not in ("", first), machine.said)
    uptime_s(machine.running())
    assert machine.qemus() == 1

    # The plug is pulled: no guest takes less time to shut down.
    machine.ask("stop", gracePeriod=0)
    wait_for("no guest", lambda: machine.guest() is None, machine.said, 30)
    wait_for("Stopped is printed", lambda: machine.printed == "Stopped", machine.said)
    assert machine.qemus() == 0


def test_the_strategies_that_say_themselves_whether_it_runs(machine: Machine) -> None:
    machine.apply("Halted")
    machine.ask("start")
    assert machine.get()["spec"]["runStrategy"] == "Always"
    machine.running()
    machine.ask("stop", gracePeriod=1)
    assert machine.get()["spec"]["runStrategy"] == "Halted"
    wait_for("no guest", lambda: machine.guest() is None, machine.said, 60)
    with pytest.raises(Refused, match="Halted does not support manual restart"):
        machine.ask("restart")


STRATEGIES = ("Always", "RerunOnFailure", "Manual", "Once")


@pytest.fixture(scope="module")
def machines(kubevirt: Cluster, user: KubeApi) -> Iterator[dict[str, Machine]]:
    """One for each strategy, all up; the cluster starts them side by side."""
    made = {strategy: Machine(kubevirt, user, f"is-{strategy.lower()}") for strategy in STRATEGIES}
    with ExitStack() as stack:
        for strategy, machine in made.items():
            machine.apply(strategy)
            stack.callback(machine.remove)
        made["Manual"].ask("start")
        for machine in made.values():
            machine.running()
        yield made


def test_a_guest_that_powers_itself_off_is_made_anew_where_its_strategy_says_so(machines: dict[str, Machine]) -> None:
    before = {strategy: machine.uid for strategy, machine in machines.items()}
    for machine in machines.values():
        with machine.console() as console:
            console.await_shell()
            console.type("poweroff -f")
    again = machines["Always"]
    wait_for("another guest", lambda: again.uid not in ("", before["Always"]), again.said)
    facts_of(again.running())
    gone = machines["RerunOnFailure"]
    wait_for("the guest that isn't made anew goes", lambda: gone.guest() is None, gone.said)
    for strategy in ("Manual", "Once"):
        machine = machines[strategy]
        wait_for(f"the end of {strategy} is told", lambda it=machine: it.phase == "Succeeded", machine.said)
        assert machine.uid == before[strategy]
    for strategy in ("RerunOnFailure", "Manual", "Once"):
        machine = machines[strategy]
        wait_for(f"{strategy} is stopped", lambda it=machine: it.printed == "Stopped", machine.said)
        assert machine.pods() == []
    assert again.qemus() == 1


def test_a_guest_that_dies_is_made_anew_where_its_strategy_says_so(machines: dict[str, Machine]) -> None:
    """After the test above, for Always and RerunOnFailure; each is up once more."""
    rerun = machines["RerunOnFailure"]
    rerun.ask("start")
    for strategy in ("Always", "RerunOnFailure"):
        machine = machines[strategy]
        wait_for(f"{strategy} runs", lambda it=machine: it.phase == "Running", machine.said)
        before, node = machine.uid, machine.cluster.machine(machine.node)
        node.run("pkill", f"-{signal.SIGKILL.value}", "-f", f"guest=default_{machine.name},")
        wait_for(f"{strategy} has another guest", lambda it=machine, old=before: it.uid not in ("", old), machine.said)
        told = {event["reason"]: event["message"] for event in machine.events()}
        assert "GuestCrashed" in told, told
        failure = machine.get()["status"]["startFailure"]
        assert failure["consecutiveFailCount"] == 1
        machine.running()


def test_deletion_takes_the_guest_along(machine: Machine) -> None:
    machine.apply("Always")
    machine.running()
    machine.user.request("DELETE", machine.path())
    machine.await_gone()
    assert machine.qemus() == 0


def test_a_namespace_goes_with_its_machines(kubevirt: Cluster) -> None:
    namespace = "goes-with-its-machines"
    kubevirt.kubectl("create", "namespace", namespace)
    try:
        document = {**example("vm-tiny"), "metadata": {"name": "tiny", "namespace": namespace}}
        machines = f"/apis/kubevirt.io/v1/namespaces/{namespace}/virtualmachines"
        kubevirt.api.request("POST", machines, document)
        guest = f"/apis/kubevirt.io/v1/namespaces/{namespace}/virtualmachineinstances/tiny"
        wait_for(
            "its guest runs",
            lambda: (kubevirt.api.find(guest) or {}).get("status", {}).get("phase") == "Running",
            lambda: str(kubevirt.api.find(guest)),
        )
    finally:
        kubevirt.kubectl("delete", "namespace", namespace, "--wait=false")
    # Not before the guest and its Pod are gone, and not while the API server misses any group's discovery.
    wait_for(
        "the namespace is gone",
        lambda: kubevirt.api.find(f"/api/v1/namespaces/{namespace}") is None,
        lambda: str(kubevirt.api.find(f"/api/v1/namespaces/{namespace}")),
    )
