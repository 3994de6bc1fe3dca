"""Failures of the database are explained by their cause, however deep it lies, and other errors are left alone."""

import asyncio
import socket
import ssl

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from agentsentinel.kit.database_errors import (
    BY_STATE,
    MAKE_EXTENSION,
    MIGRATE,
    PRELOAD,
    SEARCH_PATH,
    UNREACHABLE,
    explain_database_error,
    is_database_unavailable,
    is_deadlock,
)


class Refusal(Exception):
    """An error of PostgreSQL as a driver raises it."""

    def __init__(self, sqlstate: str, message: str) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


def next_step(error: BaseException) -> str | None:
    trouble = explain_database_error(error)
    return trouble and trouble.next_step


@pytest.mark.parametrize(("state", "step"), BY_STATE.items())
def test_a_known_state_has_its_own_next_step_after_postgresqls_words(state: str, step: str) -> None:
    trouble = explain_database_error(Refusal(state, 'database "shop"\nDETAIL: more'))
    assert trouble == ('database "shop"', step)


@pytest.mark.parametrize(
    ("state", "message", "step"),
    [
        ("42501", 'permission denied to create extension "timescaledb"', MAKE_EXTENSION),
        ("42883", "function create_hypertable(unknown) does not exist", SEARCH_PATH),
        ("42883", "function by_range(unknown) does not exist", SEARCH_PATH),
        ("XX000", 'extension "timescaledb" must be preloaded', PRELOAD),
        ("42P01", 'relation "agents" does not exist', MIGRATE),
        ("08006", "connection lost", UNREACHABLE),
        ("57014", "canceling statement", UNREACHABLE),
    ],
)
def test_a_state_is_told_apart_by_its_message(state: str, message: str, step: str) -> None:
    assert next_step(Refusal(state, message)) == step


@pytest.mark.parametrize("state", ["42601", "23505", "22001"])
def test_a_mistake_in_a_statement_is_not_the_operators(state: str) -> None:
    assert explain_database_error(Refusal(state, "wrong")) is None


def test_the_drivers_error_inside_of_sqlalchemys_is_found() -> None:
    inner = Refusal("28P01", "<class 'asyncpg.InvalidPasswordError'>: password authentication failed")
    trouble = explain_database_error(DBAPIError("SELECT 1", None, inner))
    assert trouble == ("password authentication failed", BY_STATE["28P01"])


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(), TimeoutError(), PoolTimeoutError("full"), asyncpg.InterfaceError("closed")]
)
def test_a_database_that_does_not_answer_cannot_be_reached(error: Exception) -> None:
    assert next_step(error) == UNREACHABLE


def test_an_unknown_host_and_a_failed_handshake_have_their_own_words() -> None:
    assert "POSTGRES_HOST" in str(explain_database_error(socket.gaierror(-2, "unknown")))
    assert "PGSSLROOTCERT" in str(explain_database_error(ssl.SSLError("self-signed")))


def test_a_missing_file_is_not_a_database() -> None:
    assert explain_database_error(FileNotFoundError(2, "missing", "/nowhere")) is None
    assert explain_database_error(ValueError("other")) is None


def of_state(sqlstate: str) -> DBAPIError:
    return DBAPIError("SELECT 1", None, Refusal(sqlstate, "message"))


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


def test_a_request_that_was_cut_off_is_not_an_outage() -> None:
    assert not is_database_unavailable(asyncio.CancelledError())
