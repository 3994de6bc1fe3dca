"""Turns: one owner's flood leaves room for the others, whatever is waiting."""

import asyncio
from collections.abc import Callable, Coroutine
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel.auth.principal import KeyScope, Principal
from agentsentinel.errors import Overloaded, Unavailable
from agentsentinel.ingest.admission import HELD_BYTES_OF_KEY, Admission, Turns, agent_of, count_events

ADMIN = Principal(uuid4(), KeyScope.ADMIN, None, key_name="admin")


def turns(in_work: int = 2, of_one: int = 10, waiting: int = 30) -> Turns:
    return Turns(in_work, of_one, waiting, per_second=5)


class Worker:
    """Takes turns, and notes who had them in which order."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.order: list[str] = []
        self.most_at_once = 0
        self._at_once = 0

    async def work(self, owner: str, weight: int = 1, error: Exception | None = None) -> None:
        """One turn."""
        async with self.turns.turn(owner, weight):
            self.order.append(owner)
            self._at_once += weight
            self.most_at_once = max(self.most_at_once, self._at_once)
            try:
                await asyncio.sleep(0)
            finally:
                self._at_once -= weight
            if error is not None:
                raise error


def together(work: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(work())


def test_owners_take_turns_however_much_one_of_them_has_waiting() -> None:
    async def run() -> None:
        worker = Worker(turns(in_work=1))
        flood = [asyncio.create_task(worker.work("flood")) for _ in range(10)]
        await asyncio.sleep(0)
        await asyncio.gather(*flood, *(worker.work(name) for name in ("a", "b", "a")))
        assert worker.order.index("b") <= 5
        assert worker.order[:5].count("a") >= 1
        assert sorted(worker.order) == ["a"] * 2 + ["b"] + ["flood"] * 10

    together(run)


def test_an_owner_with_too_much_waiting_is_told_when_to_come_back_and_others_are_not() -> None:
    async def run() -> None:
        worker = Worker(turns(in_work=1))
        flood = [asyncio.create_task(worker.work("flood")) for _ in range(11)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded) as refused:
            await worker.work("flood")
        assert refused.value.headers == {"Retry-After": "2"}  # ten wait, five a second are done
        await worker.work("other")
        await asyncio.gather(*flood)

    together(run)


def test_when_too_much_of_all_waits_nobody_else_is_let_in() -> None:
    async def run() -> None:
        worker = Worker(turns(in_work=1, waiting=5))
        waiting = [asyncio.create_task(worker.work(f"owner {number}")) for number in range(6)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await worker.work("late")
        await asyncio.gather(*waiting)

    together(run)


def test_when_the_database_goes_away_all_that_wait_are_answered() -> None:
    async def run() -> None:
        worker = Worker(turns(in_work=1))
        failing = asyncio.create_task(worker.work("a", error=Unavailable("gone")))
        waiting = [asyncio.create_task(worker.work(name)) for name in "abc"]
        answers = await asyncio.gather(failing, *waiting, return_exceptions=True)
        assert all(isinstance(answer, Unavailable) for answer in answers)
        assert worker.order == ["a"]
        await worker.work("b")  # and the next one is let in at once

    together(run)


def test_work_heavier_than_all_room_is_done_alone() -> None:
    async def run() -> None:
        worker = Worker(turns(in_work=2, of_one=20))
        await asyncio.gather(worker.work("a"), worker.work("b", 7), worker.work("a"))
        assert sorted(worker.order) == ["a", "a", "b"]
        assert worker.most_at_once == 7

    together(run)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(1, 4), st.sampled_from(["work", "cancel", "fail", "error"])),
        max_size=40,
    )
)
def test_room_is_given_back_however_work_ends(steps: list[tuple[str, int, str]]) -> None:
    async def run() -> None:
        worker = Worker(turns(in_work=4, of_one=20, waiting=40))
        tasks = []
        for owner, weight, end in steps:
            error = {"fail": Unavailable("gone"), "error": ValueError()}.get(end)
            tasks.append(asyncio.create_task(worker.work(owner, weight, error)))
            if end == "cancel":
                await asyncio.sleep(0)
                tasks[-1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert worker.most_at_once <= 4
        state = (worker.turns._in_work, worker.turns._waiting, worker.turns._waiting_of, worker.turns._queues)
        assert state == (0, 0, {}, {})

    together(run)


def test_bytes_under_way_are_bounded_for_each_key() -> None:
    admission = Admission()
    other = Principal(uuid4(), KeyScope.ADMIN, None, key_name="other")
    with admission.hold(ADMIN, HELD_BYTES_OF_KEY):
        with pytest.raises(Overloaded), admission.hold(ADMIN, 1):
            pass
        with admission.hold(other, 1000):
            pass
    with admission.hold(ADMIN, HELD_BYTES_OF_KEY):
        pass


def test_a_batch_is_known_by_its_agent_and_size_before_it_is_decoded() -> None:
    agent = uuid4()
    body = b'{"events": [{"agent_id" : "%b"}, {"agent_id":"x"}]}' % str(agent).upper().encode()
    assert agent_of(ADMIN, body) == str(agent).encode()
    assert agent_of(Principal(uuid4(), KeyScope.AGENT, agent, key_name="own"), body) == agent
    assert agent_of(ADMIN, b"{}") is None
    assert (count_events(body), count_events(b"")) == (2, 1)
