"""Saved views: named filters of a page, bounded, audited, and read by all who may read the page."""

from collections.abc import Iterator
from typing import Any

import pytest

from server.support import Server, assert_refused, query


@pytest.fixture(autouse=True)
def _no_views(server: Server) -> Iterator[None]:
    query(server.dsn, "DELETE FROM saved_views")
    yield
    query(server.dsn, "DELETE FROM saved_views")


def save(server: Server, page: str = "findings", name: str = "Mine", text: str = "assignee=me") -> dict[str, Any]:
    answer = server.api.post("views", json={"page": page, "name": name, "query": text})
    assert answer.status_code == 201, answer.text
    view: dict[str, Any] = answer.json()
    return view


def test_a_view_is_saved_renamed_given_other_filters_and_deleted_and_each_is_audited(server: Server) -> None:
    view = save(server)
    assert (view["page"], view["created_by"]) == ("findings", "bootstrap-admin")
    assert server.api.get("views").json() == [view]
    renamed = server.api.patch(f"views/{view['id']}", json={"name": "Ours"}).json()
    assert (renamed["name"], renamed["query"]) == ("Ours", "assignee=me")
    changed = server.api.patch(f"views/{view['id']}", json={"query": "status=ALL&q=a%20b"}).json()
    assert (changed["name"], changed["query"]) == ("Ours", "status=ALL&q=a%20b")
    server.api.patch(f"views/{view['id']}", json={"name": "Ours"})
    assert server.api.delete(f"views/{view['id']}").status_code == 204
    assert server.api.get("views").json() == []
    assert_refused(server.api.delete(f"views/{view['id']}"), 404)
    entries = server.api.get("audit", params={"subject_id": view["id"]}).json()
    assert [(one["action"], one["subject_name"], one["detail"]) for one in reversed(entries)] == [
        ("view_created", "Mine", "page findings, assignee=me"),
        ("view_changed", "Ours", 'page findings, name: "Mine" -> "Ours"'),
        ("view_changed", "Ours", 'page findings, query: "assignee=me" -> "status=ALL&q=a%20b"'),
        ("view_deleted", "Ours", "page findings, status=ALL&q=a%20b"),
    ]


def test_a_name_is_unique_on_its_page(server: Server) -> None:
    view, other = save(server), save(server, name="Other")
    save(server, page="agents")
    assert_refused(server.api.post("views", json={"page": "findings", "name": "Mine", "query": "q=x"}), 409)
    assert_refused(server.api.patch(f"views/{other['id']}", json={"name": "Mine"}), 409)
    assert server.api.patch(f"views/{view['id']}", json={"name": "Mine"}).status_code == 200


def test_a_key_that_only_reads_sees_views_of_the_pages_it_may_read(server: Server) -> None:
    save(server, page="audit", text="actor=ana")
    shown = save(server)
    answer = server.request("GET", "/api/v1/views", server.new_key("readonly"))
    assert answer.json() == [shown]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?q=x",
        "q",
        "q=<b>",
        "q=a b",
        "Q=x",
        "q=x#y",
        "q=x&q=y",
        "q=%00",
        "&q=x",
        "q=" + "x" * 301,
        "&".join(f"{chr(97 + number % 26)}{chr(97 + number // 26)}=1" for number in range(21)),
        "&".join(f"{chr(97 + number)}={'x' * 290}" for number in range(7)),
    ],
)
def test_what_is_not_a_query_string_of_bounded_size_is_refused(server: Server, text: str) -> None:
    assert_refused(server.api.post("views", json={"page": "findings", "name": "Mine", "query": text}), 422)


@pytest.mark.parametrize("body", [{"name": "  "}, {"name": "x" * 81}, {"page": "keys"}, {"name": "\0"}])
def test_a_page_without_filters_and_a_name_that_is_none_are_refused(server: Server, body: dict[str, str]) -> None:
    assert_refused(server.api.post("views", json={"page": "agents", "name": "Mine", "query": "q=x"} | body), 422)
    assert_refused(server.api.patch(f"views/{save(server)['id']}", json={}), 422)


def test_there_are_200_views_at_most(server: Server) -> None:
    fill = """
        INSERT INTO saved_views (id, page, name, query, created_by, created_at, updated_at)
        SELECT gen_random_uuid(), 'agents', 'view ' || n, 'q=x', 'ana', now(), now() FROM generate_series(1, 199) n
    """
    query(server.dsn, fill)
    save(server)
    answer = server.api.post("views", json={"page": "events", "name": "One more", "query": "q=x"})
    assert_refused(answer, 409)
    assert "200 views" in answer.json()["detail"]
