"""The node's reconcile with a fault at each of its calls to the API server, over guests that really run.

Each scenario is gone through by one handler that nothing happens to and by one for each fault; all come to the same
end. With every other fault the handler dies and another one, which remembers nothing, goes on.
"""

import asyncio
import itertools
import os
import secrets
import signal
from contextlib import suppress

import pytest

from controllers.runtime.faults import Conflict
from controllers.virt_handler import guest_sync
from kvnode.runtime.pod_node import reach_launcher
from kvnode.runtime.protocol import Stop
from tests.controllers.faulty_client import Fault, Kind, faults
from tests.controllers.handler_cases import is_phase, stage

# Report, read, phase: of Running and of the end.
CALLS_TO_RUNNING, CALLS_TO_THE_END = 3, 6


def cases(on, calls, full_run):
    """One without a fault, and one for each fault that is tried."""
    prefix = f"case-{secrets.token_hex(3)}"
    tried = [(None, False)]
    if full_run:
        tried += itertools.product(faults(calls), (False, True))
    else:
        some = [*faults(calls, [Kind.UNANSWERED]), Fault(1, Kind.OVERTAKEN), Fault(3, Kind.OVERTAKEN)]
        tried += [(fault, fault.at % 2 == 0) for fault in [*some, Fault(calls, Kind.UNSENT)]]
    return [on.case(f"{prefix}-{number}", fault, restarts=restarts) for number, (fault, restarts) in enumerate(tried)]


async def up(on, tried):
    """All of them Running, the first by a start and the others by finding the guest started."""
    await tried[0].settle(is_phase("Running"))
    on.share_record()
    started = on.processes()
    assert [len(found) for found in started] == [1, 1]
    for case in tried[1:]:
        await case.settle(is_phase("Running"))
    assert on.processes() == started, "one QEMU and one address server, whoever came back"
    await are_alike(tried)


async def are_alike(tried):
    expected = await tried[0].outcome()
    for case in tried[1:]:
        assert await case.outcome() == expected, str(case)
    return expected


async def ended(tried, phase):
    await asyncio.gather(*(case.settle(is_phase("Succeeded", "Failed")) for case in tried))
    outcome = await are_alike(tried)
    assert outcome["phase"] == phase
    assert outcome["entered"] == ["Running", phase]
    for case in tried[1:]:
        assert case.client.hit, f"{case}: it made {len(case.client.calls)} calls"
        assert case.restarted == case.restarts or case.fault.kind is Kind.OVERTAKEN, str(case)
    return outcome


def reasons(outcome):
    return [reason for _, reason, _ in outcome["told"]]


@pytest.fixture
def played(api_server, crds, tiny_image, tmp_path, half, with_client):
    """Play a scenario: a coroutine function of the stage."""

    def play(scenario):
        async def body(client):
            async with stage(client, api_server, tmp_path, half) as on:
                await scenario(on)

        with_client(body)

    return play


@pytest.mark.partial("every call of the node's reconcile with every kind of fault, not by turns")
def test_a_guest_that_is_deleted_ends_within_its_last_grace_period(played, full_run):
    """It was given 30 seconds when it started; whoever deletes it gives it none any more."""

    async def scenario(on):
        tried = cases(on, CALLS_TO_THE_END, full_run)
        await up(on, tried)
        for case in tried:
            case.cluster.patch(f"{case.cluster.guests}/vmi-tiny", {"spec": {"terminationGracePeriodSeconds": 0}})
            case.cluster.api.request("DELETE", f"{case.cluster.guests}/vmi-tiny")
        outcome = await ended(tried, "Succeeded")
        assert reasons(outcome) == ["Forced", "Started"]
        assert {one["type"]: one["status"] for one in outcome["conditions"]}["Ready"] == "False"

    played(scenario)


@pytest.mark.partial("every call of the node's reconcile with every kind of fault, not by turns")
def test_a_guest_whose_qemu_is_killed_has_crashed(played, full_run):
    async def scenario(on):
        tried = cases(on, CALLS_TO_THE_END, full_run)
        await up(on, tried)
        [qemu] = on.processes()[0]
        os.kill(qemu, signal.SIGKILL)
        outcome = await ended(tried, "Failed")
        assert reasons(outcome) == ["Started", "GuestCrashed"]
        assert outcome["interfaces"]

    played(scenario)


@pytest.mark.partial("every call of the node's reconcile with every kind of fault, not by turns")
def test_an_end_that_no_handler_saw_is_told_by_the_next(played, full_run):
    """By what its launcher left behind; and where the kubelet has cleared that away, by its Pod."""

    async def scenario(on):
        tried = cases(on, CALLS_TO_THE_END, full_run)
        await up(on, tried)
        for case in tried:
            case.sync.close()
        with reach_launcher(on.launcher.place).connection as connection:
            connection.status(Stop(0))
            assert await asyncio.to_thread(on.launcher.sandbox.launcher.wait, 30)
        cleared = tried[-1]
        (on.folder / "kubelet" / "pods" / cleared.pod.uid).unlink()
        cleared.cluster.pod_ended(0, "the guest was ended by force")
        for case in tried:
            case.restart()
        outcomes = tried[:-1], [cleared]
        for some in outcomes:
            await asyncio.gather(*(case.settle(is_phase("Succeeded", "Failed")) for case in some))
        outcome = await are_alike(tried[:-1])
        assert reasons(outcome) == ["Forced", "Started"]
        assert outcome["interfaces"], "what is known of a guest stays known"
        # A Pod says how it ended in an exit status and a sentence, its launcher's reason isn't among them.
        by_the_pod = await cleared.outcome()
        assert reasons(by_the_pod) == ["Shutdown", "Started"]
        assert {**by_the_pod, "told": [], "conditions": []} == {**outcome, "told": [], "conditions": []}
        assert all(case.client.hit for case in tried[1:])

    played(scenario)


@pytest.mark.partial("every call of the node's reconcile with every kind of fault, not by turns")
def test_a_start_that_fails_and_is_mended(played, full_run):
    """Its image is none; it waits and says so, and runs once it is mended."""

    async def scenario(on):
        # One report of the fault, then Running.
        tried = cases(on, 1 + CALLS_TO_RUNNING, full_run)
        (on.launcher.image / "disk" / "second").touch()

        def fails(case):
            return lambda status: (
                "InvalidImage" in case.told.reasons
                and any(one["reason"] == "InvalidImage" for one in status["conditions"])
            )

        for case in tried:
            await case.settle(fails(case))
        assert on.processes() == ([], []), "nothing of a guest that can't be"
        outcome = await are_alike(tried)
        assert outcome["phase"] == "Scheduled"
        assert "InvalidImage" in reasons(outcome)
        (on.launcher.image / "disk" / "second").unlink()
        await up(on, tried)
        assert all(case.client.hit for case in tried[1:])

    played(scenario)


def test_who_else_writes_into_a_guests_conditions_is_answered_but_not_word_for_word(played, monkeypatch):
    monkeypatch.setattr(guest_sync, "SAY_AGAIN_S", 1.0)

    async def scenario(on):
        case = on.case(f"case-{secrets.token_hex(3)}")
        await up(on, [case])
        ready = await case.outcome()

        def contradict(number):
            told = [{**one, "status": "False"} if one["type"] == "Ready" else one for one in conditions]
            path = f"{case.cluster.guests}/vmi-tiny/status"
            case.cluster.patch(path, {"status": {"conditions": told, "fsFreezeStatus": str(number)}})

        conditions = (await case.status())["conditions"]
        begun, writes = asyncio.get_running_loop().time(), case.client.writes
        for number in range(20):
            await asyncio.to_thread(contradict, number)
            await case.caught_up()
            await case.sync.reconcile(case.request)
        took_s = asyncio.get_running_loop().time() - begun
        assert case.client.writes - writes <= took_s + 1
        await case.settle(is_ready)
        outcome = await case.outcome()
        assert {**outcome, "fsFreezeStatus": ""} == {**ready, "fsFreezeStatus": ""}

    played(scenario)


class Lagging:
    """An informer that still shows one object as it was."""

    def __init__(self, informer, request):
        self._informer, self._request, self._old = informer, request, informer.get(request)

    def get(self, request):
        return self._old if request == self._request else self._informer.get(request)

    def __getattr__(self, name):
        return getattr(self._informer, name)


def test_what_a_handler_has_lost_is_not_made_up(played):
    """Its record of the guest, the Pod's object, the last news of the API server: the end is the same end."""

    async def scenario(on):
        prefix = f"case-{secrets.token_hex(3)}"
        plain, forgotten, podless, late = tried = [on.case(f"{prefix}-{number}") for number in range(4)]
        await up(on, tried)
        running = await plain.outcome()
        assert running["interfaces"]
        # Torn by a crash of the node's, say.
        whole = forgotten.pod.place.record.read_bytes()
        forgotten.pod.place.record.write_bytes(whole[: len(whole) // 2])
        forgotten.restart()
        await forgotten.settle(says("Synchronized", "RecordLost"))
        outcome = await forgotten.outcome()
        changed = {"Synchronized"}
        assert differing(outcome["conditions"], running["conditions"]) == changed, "it runs and is ready"
        assert {**outcome, "conditions": []} == {**running, "conditions": []}, "what the status knew is still known"
        # Deleted by force: there is no object any more that could say how it ended.
        path = f"{podless.cluster.pods}/{podless.pod_name}?gracePeriodSeconds=0"
        podless.cluster.api.request("DELETE", path)
        await podless.caught_up()
        lagging = Lagging(on.guests, late.request)

        [qemu] = on.processes()[0]
        os.kill(qemu, signal.SIGKILL)
        for case in tried:
            await case.settle(is_phase("Failed"))
        ended = await are_alike(tried)

        # Whoever still sees it running, and finds neither launcher nor folder, changes nothing of what was written.
        (on.folder / "kubelet" / "pods" / late.pod.uid).unlink()
        on.guests, guests = lagging, on.guests
        late.sync._guests = lagging
        writes = late.client.writes
        await late.sync.reconcile(late.request)
        assert late.client.writes == writes, "it has just written the end itself"
        late.restart()
        on.guests = guests
        async with asyncio.timeout(30):  # until it has tried; a wake that was somebody else's is one more turn
            while late.client.writes == writes:
                late.woken.clear()
                with suppress(Conflict):
                    await late.sync.reconcile(late.request)
                    await late.woken.wait()
        assert await late.outcome() == ended

    played(scenario)


def is_ready(status):
    return {one["type"]: one["status"] for one in status["conditions"]}["Ready"] == "True"


def says(kind, reason):
    return lambda status: any((one["type"], one.get("reason")) == (kind, reason) for one in status["conditions"])


def differing(some, others):
    """Types of conditions that aren't the same in both lists."""
    return {one["type"] for one in [*some, *others] if one not in some or one not in others}
