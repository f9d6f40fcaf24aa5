"""The handler in bad moments: no API server, another handler beside it, a Pod that goes in the middle of a start.

Real guests, real launchers, the API server itself stopped; what a single failed call does is in
test_virt_handler_faults.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from controllers.runtime.client import ApiClient
from controllers.runtime.credentials import from_kubeconfig
from controllers.virt_handler import node as node_module
from controllers.virt_handler.guest_sync import Folders
from controllers.virt_handler.node import ThisNode
from kvnode.network.dnsmasq import find_dnsmasq
from kvnode.runtime.pod_node import NodeHalf
from tests.controllers.api_server import ApiServer
from tests.controllers.eventually import eventually
from tests.controllers.faulty_client import FaultyClient, by_turns, faults
from tests.controllers.handler_cases import qemus
from tests.controllers.handler_world import Cluster, handler, phase_is, until
from tests.guest.conftest import kill
from tests.guest.launcher_pod import Pod as LauncherPod


def reasons(cluster: Cluster) -> list[str]:
    return sorted({reason for reason, _ in cluster.events()})


def pid_of(launcher: LauncherPod) -> int:
    assert launcher.sandbox is not None
    return launcher.sandbox.launcher.pid


def this_node(cluster: Cluster, half: NodeHalf, threads: ThreadPoolExecutor, name: str = "none") -> ThisNode:
    folders = Folders(cluster.folder / "kubelet", cluster.folder / "state")
    return ThisNode(name, folders, Path("/sys/fs/cgroup"), lambda: half.configuration, threads)


@pytest.mark.full("an API server that is stopped while a guest runs and ends")
def test_an_end_without_an_api_server_is_told_when_it_is_back(
    cluster: Cluster, half: NodeHalf, api_server: ApiServer
) -> None:
    """The launcher has long gone by then, and its Pod's folder with it. Meanwhile what runs is mended all the same."""
    _, launcher = cluster.scheduled()

    async def body() -> None:
        async with handler(cluster, half):
            await until("Running", phase_is(cluster, "Running"), cluster.guest)
            await until("the event", lambda: "Started" in reasons(cluster), cluster.events)
            pid = pid_of(launcher)
            await asyncio.to_thread(api_server.stop, "kube-apiserver")
            try:
                await address_servers_are_mended(cluster, half, pid)
                (qemu,) = qemus(pid)
                os.kill(qemu, signal.SIGKILL)
                assert launcher.sandbox is not None
                assert await asyncio.to_thread(launcher.sandbox.launcher.wait, 30)
                shutil.rmtree(launcher.place.public)
                await asyncio.sleep(2.0)  # some tries of the handler's, all in vain
            finally:
                await asyncio.to_thread(api_server.start_api_server)
            await until("the end", phase_is(cluster, "Failed"), cluster.guest)
            await until("the event", lambda: "GuestCrashed" in reasons(cluster), cluster.events)
        assert reasons(cluster) == ["GuestCrashed", "Started"]
        assert cluster.condition("Ready")["reason"] == "GuestCrashed"
        assert cluster.guest()["status"]["interfaces"]

    asyncio.run(body())


async def address_servers_are_mended(cluster: Cluster, half: NodeHalf, pid: int) -> None:
    """A node whose API server is away looks after its guests."""
    (server,) = find_dnsmasq(pid)
    kill(server)
    with ThreadPoolExecutor(2) as threads:
        async with ApiClient(from_kubeconfig(cluster.api.kubeconfig), field_owner="virt-handler") as client:
            beat = asyncio.create_task(this_node(cluster, half, threads).beat(client))
            try:
                await eventually(lambda: len(find_dnsmasq(pid)) == 1)
            finally:
                beat.cancel()
                with suppress(asyncio.CancelledError):
                    await beat


def test_two_handlers_of_one_node_are_one_to_the_guest(cluster: Cluster, half: NodeHalf) -> None:
    """An update may overlap: both see the guest Scheduled at the same moment, and both see it go."""
    _, launcher = cluster.scheduled()

    async def body() -> None:
        async with handler(cluster, half), handler(cluster, half):
            await until("Running", phase_is(cluster, "Running"), cluster.guest)
            pid = pid_of(launcher)
            assert (len(qemus(pid)), len(find_dnsmasq(pid))) == (1, 1)
            cluster.patch(f"{cluster.guests}/vmi-tiny", {"spec": {"terminationGracePeriodSeconds": 0}})
            cluster.api.request("DELETE", f"{cluster.guests}/vmi-tiny")
            await until("the end", phase_is(cluster, "Succeeded"), cluster.guest)
        assert reasons(cluster) == ["Forced", "Started"]
        entered = [one["phase"] for one in cluster.guest()["status"]["phaseTransitionTimestamps"]]
        assert entered == ["Running", "Succeeded"]

    asyncio.run(body())


def test_another_guest_of_the_name_has_nothing_of_the_first(cluster: Cluster, half: NodeHalf) -> None:
    """Forced out of the API server while its launcher still ran; the name is taken again at once."""
    first, launcher = cluster.scheduled()

    async def body() -> None:
        async with handler(cluster, half) as sync:
            await until("Running", phase_is(cluster, "Running"), cluster.guest)
            (qemu,) = qemus(pid_of(launcher))
            cluster.patch(f"{cluster.guests}/vmi-tiny", {"metadata": {"finalizers": None}})
            cluster.api.request("DELETE", f"{cluster.guests}/vmi-tiny")
            second, _ = cluster.scheduled(launcher=False)
            await eventually(lambda: set(sync._known) == {second["metadata"]["uid"]})
            assert second["metadata"]["uid"] != first["metadata"]["uid"]
            assert qemus(pid_of(launcher)) == [qemu], "whose it is isn't known any more, so it is left alone"
            os.kill(qemu, signal.SIGKILL)
            assert launcher.sandbox is not None
            assert await asyncio.to_thread(launcher.sandbox.launcher.wait, 30)
            cluster.pod_ended(4, "the second one's end")
            await until("its own end", phase_is(cluster, "Failed"), cluster.guest)
        assert cluster.condition("Ready")["message"] == "the second one's end"
        assert cluster.guest()["metadata"]["uid"] == second["metadata"]["uid"]

    asyncio.run(body())


@pytest.mark.parametrize(
    ("number", "phase", "told"), [(signal.SIGTERM, "Succeeded", ["NeverStarted"]), (signal.SIGKILL, "Scheduled", [])]
)
def test_a_pod_that_goes_in_the_middle_of_a_start_is_no_failed_start(
    cluster: Cluster, half: NodeHalf, number: int, phase: str, told: list[str]
) -> None:
    """Asked to end, its launcher says so; killed, it says nothing, and its Pod is waited for."""
    _, launcher = cluster.scheduled()
    begun = asyncio.Event()

    async def body() -> None:
        loop = asyncio.get_running_loop()

        def ends_meanwhile() -> NodeHalf:
            assert launcher.sandbox is not None
            assert launcher.sandbox.launcher.end(signal.Signals(number), 20)
            loop.call_soon_threadsafe(begun.set)
            return half

        async with handler(cluster, ends_meanwhile):
            await begun.wait()
            await until(phase, phase_is(cluster, phase), cluster.guest)
            await asyncio.sleep(1.0)  # for what should not come
            assert reasons(cluster) == told
            if phase == "Scheduled":
                cluster.pod_ended(137)
                await until("the end", phase_is(cluster, "Failed"), cluster.guest)
                assert cluster.condition("Synchronized")["reason"] == "LauncherCrashed"

    asyncio.run(body())


@pytest.mark.partial("every call for a node's labels with every kind of fault, not by turns")
def test_a_nodes_labels_are_written_whichever_call_fails(
    cluster: Cluster,
    half: NodeHalf,
    full_run: bool,
    with_client: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And taken back when the handler leaves: read, labels, and the label of a node that nobody looks after."""
    monkeypatch.setattr(node_module, "AGAIN_S", 0.05)
    (cluster.folder / "kubelet" / "pods").mkdir(parents=True)

    async def body(client: ApiClient) -> None:
        outcomes = []
        for number, fault in enumerate([None, *(faults(3) if full_run else by_turns(3))]):
            name = f"{cluster.namespace}-{number}"
            cluster.api.request("POST", "/api/v1/nodes", {"metadata": {"name": name}})
            path = f"/api/v1/nodes/{name}"

            def labels(path: str = path) -> dict[str, str]:
                found: dict[str, str] = json.loads(cluster.api.request("GET", path))["metadata"].get("labels", {})
                return found

            faulty = FaultyClient(client, fault, reads=True)
            with ThreadPoolExecutor(2) as threads:
                beat = asyncio.create_task(this_node(cluster, half, threads, name).beat(faulty))
                await until("its labels", lambda known=labels: "kubevirt.io/kvm" in known(), labels)
                there = await asyncio.to_thread(labels)
                beat.cancel()
                with suppress(asyncio.CancelledError):
                    await beat
            left = await asyncio.to_thread(labels)
            assert faulty.hit or fault is None
            outcomes.append((there, left))
            cluster.api.request("DELETE", path)
        assert outcomes[0][0]["kubevirt.io/schedulable"] == "true"
        assert outcomes[0][1]["kubevirt.io/schedulable"] == "false"
        for outcome in outcomes[1:]:
            assert outcome == outcomes[0]

    with_client(body)
