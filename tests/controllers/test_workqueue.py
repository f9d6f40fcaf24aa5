"""The workqueue's rule by numbers instead of a clock, and the queue itself with real workers."""

import asyncio
import itertools

from hypothesis import given
from hypothesis import strategies as st

from controllers.runtime.backoff import Backoff
from controllers.runtime.workqueue import Schedule, Workqueue

EXACT = Backoff(first_s=1.0, most_s=8.0)


def taken(schedule: Schedule[str], now: float) -> list[str]:
    """Everything that is due, in its order; all of it is done at once."""
    keys = []
    while (found := schedule.take(now)) is not None:
        keys.append(found[0])
    for key in keys:
        schedule.done(key, now)
    return keys


def test_what_is_added_often_is_done_once_and_in_order():
    schedule: Schedule[str] = Schedule(EXACT)
    for key in "abcab":
        schedule.add(key, 0.0)
    assert schedule.depth == 3
    assert taken(schedule, 0.0) == ["a", "b", "c"]
    assert taken(schedule, 1.0) == []


def test_a_key_at_work_is_not_given_out_again_but_remembered():
    schedule: Schedule[str] = Schedule(EXACT)
    schedule.add("a", 0.0)
    assert schedule.take(0.0) == ("a", 0.0)
    schedule.add("a", 1.0)
    schedule.add("a", 1.0)
    assert schedule.take(2.0) is None
    schedule.done("a", 3.0)
    assert taken(schedule, 3.0) == ["a"]
    assert schedule.idle


def test_a_head_start_goes_first_and_starves_nobody():
    schedule: Schedule[str] = Schedule(EXACT)
    schedule.add("first list", 0.0, head_start_s=-60.0)
    schedule.add("plain", 10.0)
    schedule.add("urgent", 12.0, head_start_s=5.0)
    assert taken(schedule, 12.0) == ["urgent", "plain", "first list"]
    schedule.add("first list", 100.0, head_start_s=-60.0)
    schedule.add("plain", 161.0)
    assert taken(schedule, 161.0) == ["first list", "plain"]


def test_what_is_due_later_comes_when_it_is_time_or_when_something_happens():
    schedule: Schedule[str] = Schedule(EXACT)
    schedule.add("a", 0.0, after_s=10.0)
    schedule.add("a", 0.0, after_s=20.0)
    schedule.add("b", 0.0, after_s=5.0)
    assert schedule.next_due(0.0) == 5.0
    assert taken(schedule, 4.9) == []
    schedule.add("a", 5.0)
    assert taken(schedule, 5.0) == ["b", "a"]
    # Once it was looked at, what was planned for it before is void: its reconcile plans anew.
    assert schedule.next_due(30.0) is None


def test_failures_in_a_row_double_the_wait_and_a_success_ends_it():
    schedule: Schedule[str] = Schedule(EXACT)
    waits = [schedule.failed("a", 0.0) for _ in range(6)]
    for wait, plain in zip(waits, [1, 2, 4, 8, 8, 8], strict=True):
        assert 0.9 * plain <= wait <= min(1.1 * plain, 8.0)
    schedule.succeeded("a")
    assert schedule.failures("a") == 0
    assert schedule.failed("a", 0.0) <= 1.1
    assert schedule.failed("b", 0.0, at_least_s=30.0) == 30.0


def test_all_retries_together_are_bounded():
    schedule: Schedule[str] = Schedule(Backoff(first_s=0.001, most_s=0.001), burst=10, per_s=2.0)
    for number in range(30):
        schedule.failed(f"k{number}", 0.0)
    due = [len(taken(schedule, float(second))) for second in range(1, 12)]
    assert sum(due) == 30
    assert due[0] <= 12
    assert all(count <= 2 for count in due[1:])


def test_a_failing_key_keeps_nobody_from_their_turn():
    schedule: Schedule[str] = Schedule(Backoff(first_s=0.01, most_s=60.0))
    tries, turns = 0, 0
    for step in range(1000):
        now = step / 100
        schedule.add("good", now)
        if step == 0:
            schedule.add("bad", now)
        while (found := schedule.take(now)) is not None:
            if found[0] == "bad":
                tries += 1
                schedule.failed("bad", now)
            else:
                turns += 1
            schedule.done(found[0], now)
    assert turns == 1000
    # 0.01 s doubling for ten seconds: 0.01, 0.03, 0.07 ... 5.11, 10.23.
    assert 8 <= tries <= 12


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["add", "later", "urgent", "take", "done", "failed", "succeeded"]),
        st.sampled_from("abcd"),
        st.floats(0.0, 5.0),
    ),
    max_size=80,
)


@given(OPERATIONS)
def test_whatever_happens_no_key_is_lost_doubled_or_worked_on_twice(operations):
    """Against a model: per key, whether something was told that no work has begun after."""
    schedule: Schedule[str] = Schedule(EXACT)
    now, working, owed = 0.0, set(), set()
    for operation, key, step in operations:
        now += step
        if operation == "take":
            found = schedule.take(now)
            if found is not None:
                assert found[0] not in working
                assert found[1] >= 0.0
                assert found[0] in owed
                working.add(found[0])
                owed.discard(found[0])
            else:
                assert schedule.next_due(now) != 0.0
        elif operation == "done":
            if key in working:
                working.discard(key)
                schedule.done(key, now)
        elif operation == "succeeded":
            schedule.succeeded(key)
        else:
            owed.add(key)
            if operation == "failed":
                schedule.failed(key, now)
            else:
                after_s, start_s = {"add": (0.0, 0.0), "later": (step, 0.0), "urgent": (0.0, step)}[operation]
                schedule.add(key, now, after_s=after_s, head_start_s=start_s)
    for key in working:
        schedule.done(key, now)
    # Everything that is owed comes within the longest back-off, each once.
    assert sorted(taken(schedule, now + 100.0)) == sorted(owed)
    assert schedule.idle
    assert schedule.next_due(now + 100.0) is None


@given(st.lists(st.tuples(st.floats(0.0, 100.0), st.floats(-50.0, 50.0)), min_size=1, max_size=30))
def test_order_is_by_when_a_key_was_due_less_its_head_start(added):
    schedule: Schedule[int] = Schedule(EXACT)
    at = sorted(added)
    for number, (now, start_s) in enumerate(at):
        schedule.add(number, now, head_start_s=start_s)
    order = []
    while (found := schedule.take(100.0)) is not None:
        order.append(found[0])
    ranks = [at[number][0] - at[number][1] for number in order]
    assert ranks == sorted(ranks)
    assert len(order) == len(at)


def test_workers_wait_wake_and_end():
    async def main() -> None:
        queue: Workqueue[str] = Workqueue()
        done: list[str] = []

        async def worker() -> None:
            while (found := await queue.get()) is not None:
                done.append(found[0])
                queue.done(found[0])

        workers = [asyncio.create_task(worker()) for _ in range(3)]
        await asyncio.sleep(0)
        queue.add("later", after_s=0.1)
        queue.add("now")
        await asyncio.sleep(0.05)
        assert done == ["now"]
        # One that would have been woken goes; what it was woken for is taken by another.
        workers.pop().cancel()
        queue.add("after")
        await asyncio.sleep(0.1)
        assert done == ["now", "after", "later"]
        queue.shut()
        assert await asyncio.gather(*workers) == [None, None]

    asyncio.run(main())


def test_no_two_workers_have_one_key():
    async def main() -> None:
        queue: Workqueue[int] = Workqueue()
        at_work: set[int] = set()
        times = dict.fromkeys(range(5), 0)

        async def worker() -> None:
            while (found := await queue.get()) is not None:
                key = found[0]
                assert key not in at_work
                at_work.add(key)
                await asyncio.sleep(0.001)
                times[key] += 1
                at_work.discard(key)
                queue.done(key)

        workers = [asyncio.create_task(worker()) for _ in range(8)]
        for number in itertools.islice(itertools.cycle(range(5)), 300):
            queue.add(number)
            if number == 4:
                await asyncio.sleep(0.0005)
        while not queue.schedule.idle:
            await asyncio.sleep(0.01)
        queue.shut()
        await asyncio.gather(*workers)
        assert all(count > 1 for count in times.values())

    asyncio.run(main())
