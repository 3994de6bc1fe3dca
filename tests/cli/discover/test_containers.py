"""What the definition of a container shows of an agent."""

import pytest

from agentsentinel_cli.discover.containers import inspect_container, member, texts_of, variables_of
from cli.discover.support import made_up_key


@pytest.mark.parametrize(
    ("image", "framework"),
    [
        ("mcp/time:latest", "MCP"),
        ("ghcr.io/acme/mcp-server@sha256:00", "MCP"),
        ("ollama/ollama", "Ollama"),
        ("vllm/vllm-openai:v0.11", "vLLM"),
        ("ghcr.io/berriai/litellm:main", "LiteLLM"),
        ("registry.local:5000/team/crewai-worker", "CrewAI"),
    ],
)
def test_images_are_known_by_their_words(image: str, framework: str) -> None:
    agent = inspect_container(image, [], {}, {})
    assert agent is not None
    assert agent.frameworks == (framework,)


@pytest.mark.parametrize("image", ["postgres:16", "acme/tmcpd", "nginx", "", "acme/comcp:mcpx"])
def test_other_images_are_not_agents(image: str) -> None:
    assert inspect_container(image, ["--model", "ollama"], {"PATH": "/bin", "OPENAI_API_KEY": "changeme"}, {}) is None


def test_a_key_in_the_environment_or_the_command_makes_an_agent() -> None:
    key = made_up_key("sk-proj-")
    for agent in (
        inspect_container("python:3", [], {"OPENAI_API_KEY": key}, {}),
        inspect_container("python:3", ["run", "--api-key", key], {}, {}),
    ):
        assert agent is not None
        assert (agent.provider, len(agent.api_keys)) == ("OpenAI", 1)
        assert key not in repr(agent)


def test_a_key_that_comes_from_a_secret_is_evidence_and_not_exposed() -> None:
    agent = inspect_container("python:3", [], {}, {"OPENAI_API_KEY": "the secret llm", "OTHER": "the secret x"})
    assert agent is not None
    assert (agent.api_keys, agent.evidence) == ((), ("OPENAI_API_KEY comes from the secret llm",))


@pytest.mark.parametrize("entries", [None, 1, "A=b", {}, [1, None, {}], ["A"]])
def test_environments_of_another_shape_are_empty(entries: object) -> None:
    assert variables_of(entries) == {}


def test_values_may_hold_equals_signs() -> None:
    assert variables_of(["A=b=c", "D="]) == {"A": "b=c", "D": ""}


@pytest.mark.parametrize("document", [None, 1, [], {"a": 1}, {"a": {"c": 1}}])
def test_members_that_are_missing_are_none(document: object) -> None:
    assert member(document, "a", "b") is None
    assert texts_of(document) == []
