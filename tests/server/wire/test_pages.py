"""All pages of a list together hold each row once, in the list's order."""

from collections.abc import Iterator
from typing import Any

import pytest

from server.support import Server, assert_refused, insert_findings, new_database, running

# --- lists that are longer than a page


@pytest.fixture(scope="module")
def crowd(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server with 600 agents, a tenth of them never scored."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("crowd")) as process:
        insert_findings(process.dsn)
        yield process


def pages(server: Server, path: str, **query: Any) -> list[Any]:
    """Yield the answers of a list, page by page."""
    answer = server.api.get(path, params=query)
    answers = [answer.json()]
    while "next" in answer.links:
        answer = server.request("GET", answer.links["next"]["url"], server.admin_key)
        answers.append(answer.json())
    return answers


def test_all_pages_of_the_overview_hold_each_agent_once_the_least_trusted_first(crowd: Server) -> None:
    whole = [agent["id"] for agent in crowd.api.get("overview").json()]
    paged = [agent["id"] for page in pages(crowd, "overview", limit=37) for agent in page]
    assert paged == whole
    assert len(set(whole)) == 600


def test_all_pages_of_the_capabilities_hold_each_agent_once(crowd: Server) -> None:
    whole = crowd.api.get("capabilities").json()["agents"]
    assert [agent for page in pages(crowd, "capabilities", limit=250) for agent in page["agents"]] == whole
    assert len(whole) == 600


@pytest.mark.parametrize("path", ["keys", "sessions"])
def test_all_pages_of_keys_and_sessions_hold_each_once_the_newest_first(crowd: Server, path: str) -> None:
    for _ in range(5):
        with crowd.sign_in(crowd.new_key("readonly")):
            pass
    whole = [one["id"] for one in crowd.api.get(path, params={"limit": 500}).json()]
    assert [one["id"] for page in pages(crowd, path, limit=2) for one in page] == whole
    assert len(whole) >= 5


@pytest.mark.parametrize("path", ["overview", "capabilities", "keys", "sessions"])
def test_a_cursor_that_no_page_named_is_refused(crowd: Server, path: str) -> None:
    for cursor in ("x", "%00", "bmFuLzAwMDAwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMQ"):
        assert_refused(crowd.api.get(path, params={"cursor": cursor}), 422)
