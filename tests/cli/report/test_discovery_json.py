"""The JSON report of a discovery."""

import json

from agentsentinel_cli.report.discovery_json import render
from cli.report.discoveries import hostile, sample

PROMISED = {
    "source",
    "name",
    "framework",
    "provider",
    "model",
    "location",
    "api_keys",
    "live_connections",
    "risk",
    "risk_reason",
    "next_step",
    "tools",
    "transport",
}


def test_every_agent_has_the_promised_members() -> None:
    entries = json.loads(render(sample()))
    assert [entry["risk"] for entry in entries] == ["CRITICAL", "HIGH", "MEDIUM", "LOW"]
    assert all(set(entry) >= PROMISED for entry in entries)


def test_the_sample_as_json() -> None:
    first, second = json.loads(render(sample()))[:2]
    assert first["api_keys"] == ["OPENAI_API_KEY=sk-proj-...wcgA"]
    assert (first["framework"], first["provider"], first["location"]) == ("MCP", "OpenAI", "pid:62508")
    assert second["tools"] == [{"name": "delete_row", "scope": "write", "is_dangerous": True}]
    assert second["next_step"] == "sentinel mcp scan http://10.0.1.45:8080/sse"


def test_texts_that_deceive_are_escaped() -> None:
    shown = render(hostile())
    assert shown.isascii()
    assert "\x1b" not in shown
    assert len(json.loads(shown)) == 4
