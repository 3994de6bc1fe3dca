"""Agents that JavaScript files construct: their names, models and instructions."""

import pytest

from agentsentinel_cli.scan.catalog.prefilter_javascript import may_matter
from agentsentinel_cli.scan.model import PURPOSE_ELSEWHERE, AgentFact, Symbol
from agentsentinel_cli.scan.recognize.javascript import extract_javascript


def agents_of(source: str, path: str = "agent.ts") -> tuple[AgentFact, ...]:
    return extract_javascript(path, source.encode()).agents


def granted(agent: AgentFact) -> list[tuple[str, str]]:
    return [
        (grant.kind.value, grant.target.name if isinstance(grant.target, Symbol) else grant.target)
        for grant in agent.grants
    ]


def test_an_agent_says_its_name_model_instructions_and_tools() -> None:
    (agent,) = agents_of("""
        import { Agent, tool } from "@openai/agents";
        const look = tool({ name: "look", description: "Looks", parameters: {}, execute: async () => "" });
        export const guide = new Agent({
          name: "Guide", model: "gpt-4.1", instructions: "Show people round.", tools: [look],
        });
    """)
    assert (agent.name, agent.model, agent.description) == ("Guide", "gpt-4.1", "Show people round.")
    assert (agent.framework, agent.symbol) == ("openai-agents", "guide")
    assert granted(agent) == [("local", "look")]


def test_a_model_inside_the_call_of_a_provider_is_named() -> None:
    (agent,) = agents_of("""
        import { generateText } from "ai";
        import { openai } from "@ai-sdk/openai";
        import { tools } from "./tools";
        export const run = () => generateText({ model: openai("gpt-4o"), tools });
    """)
    assert (agent.name, agent.model) == ("run", "gpt-4o")
    assert agent.grants[0].target == Symbol("./tools", "tools")


def test_turns_of_one_conversation_are_one_agent() -> None:
    found = agents_of("""
        import Anthropic from "@anthropic-ai/sdk";
        const client = new Anthropic();
        const tools = [{ name: "now", description: "Time", input_schema: { type: "object" } }];
        let reply = await client.messages.create({ model: "claude-sonnet-4-5", tools, messages });
        while (reply.stop_reason === "tool_use") {
          reply = await client.messages.create({ model: "claude-sonnet-4-5", tools, messages });
        }
    """)
    assert [granted(agent) for agent in found] == [[("local", "now")]]


def test_agents_of_the_network_are_none() -> None:
    assert agents_of('import https from "node:https";\nconst agent = new https.Agent({ model: 1, tools: [] });') == ()


@pytest.mark.parametrize(
    "purpose",
    ['["You write reports.", "You save them."]', "() => `You write reports on ${topic}.`", "said"],
)
def test_a_purpose_is_seen_in_a_list_and_a_function(purpose: str) -> None:
    (agent,) = agents_of(f"""
        import {{ Agent }} from "@openai/agents";
        function said() {{ return "You write reports."; }}
        export const writer = new Agent({{ name: "Writer", instructions: {purpose}, tools: [save] }});
    """)
    assert isinstance(agent.description, str)
    assert agent.description.startswith("You write reports")


def test_a_model_that_does_not_chat_is_not_the_model_of_the_file() -> None:
    source = """
        import { Agent } from "@openai/agents";
        const vectors = await client.embeddings.create({ model: "some-model", input: text });
        const ranks = await rerank({ model: "rerank-v3", query: text });
        export const guide = new Agent({ name: "Guide", tools: [look] });
    """
    assert extract_javascript("a.ts", source.encode()).model is None


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ('allowedTools: ["Bash", "Write"], permissionMode: "bypassPermissions"', {"Bash", "Write"}),
        ('allowedTools: ["mcp__crm__search"]', set()),
        ('allowedTools: [], agents: { fixer: { prompt: "p", tools: ["Bash"] } }', {"Bash"}),
    ],
)
def test_tools_of_claudes_runtime_are_granted_by_name(options: str, expected: set[str]) -> None:
    head = 'import { query } from "@anthropic-ai/claude-agent-sdk";'
    source = f'{head}\nconst q = query({{ prompt: "x", options: {{ {options} }} }});'
    assert may_matter(source.encode())
    assert {name for agent in agents_of(source) for _, name in granted(agent)} == expected


def test_an_agent_that_asks_nothing_and_names_no_tools_has_all_of_the_runtime() -> None:
    source = """
        import { query } from "@anthropic-ai/claude-agent-sdk";
        for await (const m of query({ prompt: "x", options: { permissionMode: "bypassPermissions" } })) console.log(m);
    """
    assert may_matter(source.encode())
    (agent,) = agents_of(source)
    assert {"Bash", "Write"} <= {name for _, name in granted(agent)}


@pytest.mark.parametrize(
    ("prompt", "purpose"),
    [
        ("instructions: PROMPT", Symbol("./prompts", "PROMPT")),
        ("instructions: config.prompt", PURPOSE_ELSEWHERE),
        ("instructions: ({ context }) => build(context)", PURPOSE_ELSEWHERE),
        ("instructions: `You help ${name}.`", "You help  ."),
        ("instructions: ''", None),
        ("instructions: undefined", None),
    ],
)
def test_a_prompt_whose_text_is_not_in_the_file_still_states_a_purpose(
    prompt: str, purpose: str | Symbol | None
) -> None:
    (agent,) = agents_of(f"""
        import {{ Agent }} from "@openai/agents";
        import {{ PROMPT }} from "./prompts";
        new Agent({{ name: "a", tools: [send], {prompt} }});
    """)
    assert agent.description == purpose


def test_the_system_message_of_a_request_states_its_purpose() -> None:
    (agent,) = agents_of("""
        import { generateText } from "ai";
        await generateText({ model: "m", tools: { send }, messages: [{ role: "system", content: "Helps." }] });
    """)
    assert agent.description == "Helps."


@pytest.mark.parametrize(
    ("call", "count"),
    [
        ('repository.createAgent({ name: "a", model: "m", prompt: "p" })', 0),
        ('this.store.saveAgent({ name: "a", instructions: "i" })', 0),
        ('client.createAgent({ name: "a", model: "m", tools: [send] })', 1),
        ('createAgent({ name: "a", model: "m" })', 1),
    ],
)
def test_a_method_that_stores_a_record_of_an_agent_builds_none(call: str, count: int) -> None:
    assert len(agents_of(f'import {{ createAgent }} from "langchain";\nconst made = {call};')) == count


@pytest.mark.parametrize(
    "source",
    [
        'import { Agent as A } from "@openai/agents";\nnew A({ name: "a", instructions: "Mails.", tools: [send] });',
        'import { createAgent as build } from "langchain";\nbuild({ systemPrompt: "Mails.", tools: [send] });',
        'import { generateText as ask } from "ai";\nask({ model: "m", system: "Mails.", tools: { send } });',
    ],
)
def test_an_agent_is_seen_under_another_name(source: str) -> None:
    (agent,) = agents_of(f'import {{ send }} from "./mail";\n{source}')
    assert agent.description == "Mails."
    assert len(agent.grants) == 1
