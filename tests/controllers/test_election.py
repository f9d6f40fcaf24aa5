"""Who leads: the rule with clocks of our own, and two replicas on a real Lease with a network that fails."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.runtime import credentials
from controllers.runtime.client import ApiClient
from controllers.runtime.election import (
    LEASES,
    LeaderElection,
    LeadershipLost,
    Lease,
    LeaseSpec,
    Term,
    Times,
)
from controllers.runtime.resources import Request
from kvnode.api.meta import ObjectMeta
from tests.controllers.eventually import eventually, running
from tests.controllers.fault_proxy import Refusal, fault_proxy

TIMES = Times(lease_s=15.0, renew_s=10.0, retry_s=2.0)
# Quick enough for a test, slow enough for a busy machine.
FAST = Times(lease_s=3.0, renew_s=2.0, retry_s=0.2)


def lease(holder: str, renewed: str = "r1", duration: int = 15) -> Lease:
    return Lease(
        metadata=ObjectMeta(uid="u"),
        spec=LeaseSpec(holder_identity=holder, renew_time=renewed, lease_duration_seconds=duration),
    )


def test_anothers_lease_is_waited_out_from_when_it_was_last_seen_to_change():
    term = Term("me", TIMES)
    term.observe(lease("other", "r1"), 100.0)
    assert not term.may_take(lease("other", "r1"), 114.9)
    term.observe(lease("other", "r2"), 114.9)
    assert not term.may_take(lease("other", "r2"), 129.8)
    term.observe(lease("other", "r2"), 129.8)
    assert term.may_take(lease("other", "r2"), 129.9)


def test_a_lease_that_was_given_back_or_is_ours_is_taken_at_once():
    term = Term("me", TIMES)
    for holder in ("", "me"):
        term.observe(lease(holder), 100.0)
        assert term.may_take(lease(holder), 100.0)


def test_a_holder_with_longer_times_is_given_them():
    term = Term("me", TIMES)
    term.observe(lease("other", duration=60), 100.0)
    assert not term.may_take(lease("other", duration=60), 159.9)
    assert term.may_take(lease("other", duration=60), 160.0)


def test_a_leader_leads_for_as_long_as_its_renewal_is_young():
    term = Term("me", TIMES)
    assert not term.leads(100.0)
    term.renewed(100.0)
    assert term.leads(109.9)
    # A machine that was suspended for a minute wakes up: its clock went on, and it leads no more.
    assert not term.leads(160.0)
    assert term.left_s(104.0) == 6.0
    assert term.still_by() == 115.0
    term.renewed(104.0)
    term.observe(lease("other"), 105.0)
    assert not term.leads(105.0)


def test_times_that_cannot_work_are_refused():
    with pytest.raises(ValueError, match="longer than its renewal"):
        Times(lease_s=10.0, renew_s=10.0)
    with pytest.raises(ValueError, match="longer than two tries"):
        Times(lease_s=15.0, renew_s=3.0, retry_s=2.0)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 0, 1, 1, 2]),
            # Moments around those that count: a try, the renewal's deadline, the lease's end.
            st.sampled_from([0.0, 0.5, 2.0, 4.9, 9.5, 9.99, 14.9, 15.0]),
            st.sampled_from([0.0, 0.0, 1.0, 4.0]),
            st.sampled_from([False, False, False, True]),
        ),
        min_size=50,
        max_size=80,
    ),
    st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3),
)
def test_never_do_two_replicas_lead_whatever_is_late_or_lost(steps, offsets):
    """Three replicas whose clocks are off by any amount try in any order; a call may take seconds, or get lost."""
    terms = [Term(f"r{number}", TIMES) for number in range(3)]
    stored = Lease(metadata=ObjectMeta(uid="u"))
    now = 0.0
    for number, (who, pause, takes, lost) in enumerate(steps):
        now += pause
        mine = now + offsets[who]
        term = terms[who]
        term.observe(stored, mine)
        if term.may_take(stored, mine):
            # The write arrives at some moment of the call; its sender counts from before it.
            stored = lease(f"r{who}", f"renewal {number}")
            now += takes
            if not lost:
                term.renewed(mine)
        leading = [one.identity for one, offset in zip(terms, offsets, strict=True) if one.leads(now + offset)]
        assert len(leading) <= 1


@pytest.fixture
def electing(api_server, namespace):
    """Run a body with one Lease's name, and a client; both for as many replicas as it likes."""

    def run(body):
        async def main() -> None:
            async with ApiClient(credentials.from_kubeconfig(api_server.kubeconfig), field_owner="test") as client:
                await body(client, Request(namespace, "controller"))

        asyncio.run(main())

    return run


class Work:
    """What a leader does: note that it is at work, until cancelled."""

    def __init__(self) -> None:
        self.at_work = False
        self.times = 0
        self.stubborn_s = 0.0

    async def __call__(self) -> None:
        self.at_work, self.times = True, self.times + 1
        try:
            await asyncio.Event().wait()
        finally:
            if self.stubborn_s:
                await asyncio.sleep(self.stubborn_s)
            self.at_work = False


def test_one_of_two_leads_and_hands_over_at_once_when_it_stops(electing):
    async def body(client: ApiClient, request: Request) -> None:
        one, two = Work(), Work()
        first = LeaderElection(client, request, "one", times=FAST)
        second = LeaderElection(client, request, "two", times=FAST)
        task = asyncio.create_task(first.run(one))
        await eventually(lambda: one.at_work)
        async with running(second.run(two)):
            await asyncio.sleep(FAST.lease_s + 1.0)
            assert (first.leads(), second.leads(), two.times) == (True, False, 0)
            task.cancel()
            await asyncio.wait((task,))
            assert not one.at_work
            began = asyncio.get_running_loop().time()
            await eventually(lambda: two.at_work)
            assert asyncio.get_running_loop().time() - began < FAST.lease_s / 2
            held = await client.get(LEASES, request, Lease)
            assert (held.spec.holder_identity, held.spec.lease_transitions) == ("two", 2)

    electing(body)


def test_a_leader_that_is_cut_off_stops_before_another_begins(api_server, electing):
    async def body(client: ApiClient, request: Request) -> None:
        async with fault_proxy(api_server) as proxy, ApiClient(proxy.load(), field_owner="cut-off") as cut_off:
            one, two = Work(), Work()
            first = LeaderElection(cut_off, request, "one", times=FAST)
            second = LeaderElection(client, request, "two", times=FAST)
            overlaps = []

            async def look() -> None:
                while True:
                    overlaps.append(one.at_work and two.at_work)
                    await asyncio.sleep(0.01)

            async with running(first.run(one), look()):
                await eventually(lambda: one.at_work)
                async with running(second.run(two)):
                    # Calls are taken and never answered.
                    proxy.answer_delay_s = 60.0
                    await eventually(lambda: two.at_work, 30)
                    assert not one.at_work
                    proxy.answer_delay_s = 0.0
                    await asyncio.sleep(2.0)
                    assert (one.times, second.leads(), first.leads()) == (1, True, False)
                # And back again: the one that had lost leads when the other goes.
                await eventually(lambda: one.times == 2)
            assert overlaps
            assert not any(overlaps)

    electing(body)


def test_a_server_that_fails_for_less_than_the_renewal_costs_no_leader(api_server, electing):
    async def body(client: ApiClient, request: Request) -> None:
        async with fault_proxy(api_server) as proxy, ApiClient(proxy.load(), field_owner="test") as shaken:
            work = Work()
            election = LeaderElection(shaken, request, "one", times=FAST)
            async with running(election.run(work)):
                await eventually(lambda: work.at_work)
                proxy.refusals.append(Refusal(lambda _: True, 500, times=5))
                await eventually(lambda: proxy.refusals[0].times == 0)
                await asyncio.sleep(0.5)
                assert (work.at_work, work.times, election.leads()) == (True, 1, True)

    electing(body)


def test_work_that_does_not_end_in_time_ends_the_process(api_server, electing):
    async def body(client: ApiClient, request: Request) -> None:
        async with fault_proxy(api_server) as proxy, ApiClient(proxy.load(), field_owner="test") as cut_off:
            work = Work()
            work.stubborn_s = 30.0
            task = asyncio.create_task(LeaderElection(cut_off, request, "one", times=FAST).run(work))
            await eventually(lambda: work.at_work)
            proxy.refusals.append(Refusal(lambda _: True, 500, times=10**6))
            await asyncio.wait((task,), timeout=FAST.lease_s + 5.0)
            with pytest.raises(LeadershipLost, match="did not end within 1 s"):
                task.result()

    electing(body)


def test_work_that_ends_or_fails_ends_the_election_and_gives_the_lease_back(electing):
    async def body(client: ApiClient, request: Request) -> None:
        async def fails() -> None:
            raise RuntimeError("the work failed")

        with pytest.raises(RuntimeError, match="the work failed"):
            await LeaderElection(client, request, "one", times=FAST).run(fails)
        assert (await client.get(LEASES, request, Lease)).spec.holder_identity in (None, "")

    electing(body)
