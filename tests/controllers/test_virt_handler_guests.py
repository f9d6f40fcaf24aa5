"""The node's reconcile against a real API server, with a real launcher in a Pod that only lacks its kubelet."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from kvnode.network.dnsmasq import find_dnsmasq
from kvnode.runtime.pod_node import NodeHalf
from tests.controllers.handler_world import Cluster, handler, phase_is, until


def test_a_guest_from_scheduled_to_its_end(cluster: Cluster, half: NodeHalf) -> None:
    _, launcher = cluster.scheduled()

    async def body() -> None:
        async with handler(cluster, half):
            await until("Running", phase_is(cluster, "Running"), cluster.guest)
        status = cluster.guest()["status"]
        (interface,) = status["interfaces"]
        assert (interface["name"], interface["podInterfaceName"], interface["infoSource"]) == (
            "default",
            "eth0",
            "domain",
        )
        assert interface["ipAddress"] in interface["ipAddresses"]
        ready = cluster.condition("Ready")
        assert (ready["status"], ready["reason"], ready["message"]) == ("True", "", ""), "the controller's words go"
        assert cluster.condition("LiveMigratable")["reason"] == "InterfaceNotLiveMigratable"
        assert "emulated" in cluster.condition("SoftwareEmulation")["message"]
        assert [one["target"] for one in status["volumeStatus"]] == ["vda", "vdb"]
        entered = [one["phase"] for one in status["phaseTransitionTimestamps"]]
        assert entered == ["Running"]
        assert launcher.sandbox is not None
        assert launcher.sandbox.launcher.alive(), "the handler ended, and its guest with it"

        # The next handler follows what the first one started; a guest that is to go is asked to.
        # It may still boot, which takes its time on a busy machine, and it doesn't hear its power button before.
        cluster.patch(f"{cluster.guests}/vmi-tiny", {"spec": {"terminationGracePeriodSeconds": 120}})
        async with handler(cluster, half):
            cluster.api.request("DELETE", f"{cluster.guests}/vmi-tiny")
            await until("the end", phase_is(cluster, "Succeeded"), cluster.guest)
            await until(
                "the event", lambda: any(reason == "Shutdown" for reason, _ in cluster.events()), cluster.events
            )
        assert cluster.condition("Ready")["status"] == "False"
        assert [one["phase"] for one in cluster.guest()["status"]["phaseTransitionTimestamps"]] == [
            "Running",
            "Succeeded",
        ]

    asyncio.run(body())


def test_a_start_that_fails_is_told_and_tried_again(cluster: Cluster, half: NodeHalf) -> None:
    """A condition and an event say why, tries come less and less often; once it can be, the guest runs."""
    _, launcher = cluster.scheduled()
    (launcher.image / "disk" / "second").touch()
    tries: list[float] = []

    def look() -> NodeHalf:
        tries.append(time.monotonic())
        return half

    async def body() -> None:
        async with handler(cluster, look):
            synchronized = lambda: cluster.condition("Synchronized").get("reason") == "InvalidImage"  # noqa: E731
            await until("the condition", synchronized, cluster.guest)
            assert "2 files in /disk" in cluster.condition("Synchronized")["message"]
            await until("the event", lambda: "InvalidImage" in dict(cluster.events()), cluster.events)
            assert cluster.guest()["status"]["phase"] == "Scheduled"
            await until("a fourth try", lambda: len(tries) >= 4, cluster.guest)
            assert tries[3] - tries[0] > 1.5
            (launcher.image / "disk" / "second").unlink()
            await until("Running", phase_is(cluster, "Running"), cluster.guest)
            assert cluster.condition("Synchronized")["status"] == "True"

    asyncio.run(body())


def test_a_silent_launcher_is_left_alone(cluster: Cluster, half: NodeHalf) -> None:
    """Nothing is known of a guest whose launcher doesn't answer, so nothing is done: it goes on when it answers."""
    _, launcher = cluster.scheduled()

    async def body() -> None:
        async with handler(cluster, half):
            await until("Running", phase_is(cluster, "Running"), cluster.guest)
        assert launcher.sandbox is not None
        pid = launcher.sandbox.launcher.pid
        servers = find_dnsmasq(pid)
        os.kill(pid, signal.SIGSTOP)
        try:
            async with handler(cluster, half):
                await until("Unknown", lambda: cluster.condition("Ready").get("status") == "Unknown", cluster.guest)
                assert cluster.guest()["status"]["phase"] == "Running"
                assert find_dnsmasq(pid) == servers
                os.kill(pid, signal.SIGCONT)
                await until("Ready", lambda: cluster.condition("Ready").get("status") == "True", cluster.guest)
        finally:
            os.kill(pid, signal.SIGCONT)

    asyncio.run(body())


@pytest.mark.parametrize(
    ("exit_code", "phase", "reason"), [(0, "Succeeded", "Shutdown"), (4, "Failed", "GuestCrashed")]
)
def test_how_a_guest_ended_while_the_handler_was_away(
    cluster: Cluster, half: NodeHalf, exit_code: int, phase: str, reason: str
) -> None:
    """The kubelet has emptied the Pod's folder; its container's last word is with the API server."""
    cluster.scheduled(launcher=False)
    cluster.patch(f"{cluster.guests}/vmi-tiny/status", {"status": {"phase": "Running"}})
    cluster.pod_ended(exit_code, "its last word")

    async def body() -> None:
        async with handler(cluster, half):
            await until("the end", phase_is(cluster, phase), cluster.guest)
            await until("the event", lambda: (reason, "its last word") in cluster.events(), cluster.events)
        assert cluster.condition("Ready")["message"] == "its last word"

    asyncio.run(body())
