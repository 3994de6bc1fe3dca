"""Whose spans they are: the agent of the key, or the one that span and process name."""

from uuid import uuid4

from server.otlp.support import (
    events_of,
    execute_tool,
    json_attributes,
    json_request,
    json_span,
    rejected,
    send,
)
from server.support import Server


def test_what_an_agents_key_reports_is_that_agents_whatever_the_spans_say(server: Server, agent: str) -> None:
    own = server.new_agent()
    before = len(events_of(server, agent))
    claims = json_attributes(execute_tool(gen_ai__agent__name="shop", gen_ai__agent__id=agent))
    body = json_request(json_span(attributes=claims), service_name="shop")
    assert rejected(send(server, server.new_key("agent", own), body)) == (0, "")
    assert (len(events_of(server, own)), len(events_of(server, agent))) == (1, before)


def test_an_agent_cannot_take_the_event_ids_of_another_agents_spans(server: Server) -> None:
    first, second = server.new_agent(), server.new_agent()
    body = json_request(json_span())
    for agent_id in (first, second):
        assert rejected(send(server, server.new_key("agent", agent_id), body)) == (0, "")
    (one,), (other,) = events_of(server, first), events_of(server, second)
    assert one["event_id"] != other["event_id"]


# --- whose spans, with an admin key ---------------------------------------------------------------------------------


def test_an_admin_key_finds_the_agent_by_the_name_of_the_span_then_of_the_process(server: Server) -> None:
    name, service = f"agent {uuid4().hex}", f"service {uuid4().hex}"
    by_span, by_process = server.new_agent(name=name), server.new_agent(name=service)
    spans = [
        json_span("first", attributes=json_attributes(execute_tool("first", gen_ai__agent__name=name))),
        json_span("second", attributes=json_attributes(execute_tool("second", gen_ai__agent__name="nobody's name"))),
        json_span("third"),
    ]
    assert rejected(send(server, server.admin_key, json_request(*spans, service_name=service))) == (0, "")
    assert [event["tool_name"] for event in events_of(server, by_span)] == ["first"]
    assert sorted(event["tool_name"] for event in events_of(server, by_process)) == ["second", "third"]


def test_an_id_says_more_than_a_name(server: Server) -> None:
    agent_id = server.new_agent()
    body = json_request(json_span(), service_name="shop", **{"gen_ai.agent.id": agent_id})
    assert rejected(send(server, server.admin_key, body)) == (0, "")
    assert len(events_of(server, agent_id)) == 1


def test_an_agent_nobody_registered_is_not_registered_silently(server: Server) -> None:
    name = f"stranger {uuid4().hex}"
    spans, why = rejected(send(server, server.admin_key, json_request(json_span(), json_span(), service_name=name)))
    assert spans == 2
    assert "OTEL_SERVICE_NAME" in why
    assert name not in why
    assert server.api.get("agents", params={"name": name}).json() == []


def test_a_name_that_two_agents_have_is_nobodys(server: Server) -> None:
    name = f"twin {uuid4().hex}"
    twins = [server.new_agent(name=name), server.new_agent(name=name)]
    spans, why = rejected(send(server, server.admin_key, json_request(json_span(), service_name=name)))
    assert spans == 1
    assert "several agents" in why
    assert [events_of(server, twin) for twin in twins] == [[], []]
