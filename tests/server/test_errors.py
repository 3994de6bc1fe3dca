"""Errors: what they say to the client, and when it is the database that failed."""

import asyncio

import pytest
from sqlalchemy.exc import DBAPIError

from agentsentinel.errors import Overloaded, ServiceError, TooManyFailures, is_database_unavailable, is_deadlock


class Refusal(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__()
        self.sqlstate = sqlstate


def of_state(sqlstate: str) -> DBAPIError:
    return DBAPIError("SELECT 1", None, Refusal(sqlstate))


@pytest.mark.parametrize("state", ["08006", "53300", "57P01", "58030", "40001", "40P01"])
def test_an_outage_and_a_lost_race_may_be_retried(state: str) -> None:
    assert is_database_unavailable(of_state(state))


@pytest.mark.parametrize("state", ["23505", "22001", "42601"])
def test_a_wrong_statement_is_not_an_outage(state: str) -> None:
    assert not is_database_unavailable(of_state(state))


def test_only_a_deadlock_is_one() -> None:
    assert is_deadlock(of_state("40P01"))
    assert not is_deadlock(of_state("40001"))
    assert not is_deadlock(ValueError())


@pytest.mark.parametrize(("seconds", "said"), [(0.0, "1"), (0.4, "1"), (1.0, "1"), (1.5, "2"), (60, "60")])
def test_the_wait_is_in_whole_seconds_and_at_least_one(seconds: float, said: str) -> None:
    assert TooManyFailures(seconds).headers == {"Retry-After": said}


def test_each_error_carries_its_own_headers() -> None:
    Overloaded("wait", 7)
    assert Overloaded("wait").headers == {"Retry-After": "1"}
    assert ServiceError.headers == {}


def test_a_request_that_was_cut_off_is_not_an_outage() -> None:
    assert not is_database_unavailable(asyncio.CancelledError())
