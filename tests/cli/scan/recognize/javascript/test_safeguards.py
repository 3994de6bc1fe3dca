"""Approvals and limits of TypeScript are assigned to the tools and agents that they concern, and to no others."""

from agentsentinel_cli.scan.recognize.javascript import extract_javascript

HEAD = 'import { tool, Agent } from "@openai/agents";\n'


def of_tools(source: str) -> dict[str, list[str]]:
    facts = extract_javascript("a.ts", (HEAD + source).encode())
    guards = {"approval", "rate-limit"}
    return {str(fact.name): [effect.text for effect in fact.effects if effect.kind in guards] for fact in facts.tools}


def test_a_switch_that_is_off_or_unknown_approves_nothing() -> None:
    source = """
const off = tool({ name: "off", description: "d", parameters: {}, needsApproval: false, execute: async () => 1 });
const unknown = tool({ name: "unknown", parameters: {}, needsApproval: env.X, execute: async () => 1 });
const on = tool({ name: "on", description: "d", parameters: {}, needsApproval: true, execute: async () => 1 });
"""
    assert of_tools(source) == {"off": [], "unknown": [], "on": ["needsApproval: true"]}


def test_a_function_that_decides_about_each_call_approves() -> None:
    source = """
const one = tool({ name: "one", parameters: {}, needsApproval: async ({ n }) => n > 3, execute: async () => 1 });
const two = tool({ name: "two", parameters: {}, async needsApproval({ n }) { return n > 3; }, execute: async () => 1 });
"""
    assert [len(texts) for texts in of_tools(source).values()] == [1, 1]


def test_a_limiter_in_the_body_limits() -> None:
    source = """
const one = tool({ name: "one", parameters: {}, execute: async () => { await limiter.removeTokens(1); return 1; } });
const two = tool({ name: "two", parameters: {}, execute: async () => { await ratelimit.limit("u"); return 1; } });
const free = tool({ name: "free", parameters: {}, execute: async () => { await query.limit(1); return 1; } });
"""
    assert {name: bool(texts) for name, texts in of_tools(source).items()} == {"one": True, "two": True, "free": False}


def test_a_safeguard_belongs_to_the_agent_in_whose_call_it_is() -> None:
    source = """
const careful = new Agent({ name: "careful", tools: [send], interruptBefore: ["tools"] });
const rash = new Agent({ name: "rash", tools: [send] });
"""
    facts = extract_javascript("a.ts", (HEAD + source).encode())
    assert [(agent.name, len(agent.safeguards)) for agent in facts.agents] == [("careful", 1), ("rash", 0)]
