"""What agents of JavaScript files may call."""

from agentsentinel_cli.scan.model import AgentFact, GrantKind, Symbol
from agentsentinel_cli.scan.recognize.javascript import extract_javascript


def agents_of(source: str, path: str = "agent.ts") -> tuple[AgentFact, ...]:
    return extract_javascript(path, source.encode()).agents


def granted(agent: AgentFact) -> list[tuple[str, str]]:
    return [
        (grant.kind.value, grant.target.name if isinstance(grant.target, Symbol) else grant.target)
        for grant in agent.grants
    ]


def test_spread_lists_of_this_file_and_of_others_are_all_granted() -> None:
    (agent,) = agents_of("""
        import { createReactAgent } from "@langchain/langgraph/prebuilt";
        import { tool } from "@langchain/core/tools";
        import { mailTools } from "./mail";
        const clock = tool(() => "12", { name: "clock", description: "Time" });
        const basics = [clock];
        const agent = createReactAgent({ llm, tools: [...basics, ...mailTools, await client.getTools()] });
    """)
    assert granted(agent)[:2] == [("local", "clock"), ("imported", "mailTools")]
    assert agent.grants[2].kind is GrantKind.DYNAMIC


def test_tools_that_the_provider_runs_are_hosted() -> None:
    (agent,) = agents_of("""
        import OpenAI from "openai";
        const client = new OpenAI();
        const answer = await client.responses.create({
          model: "gpt-4.1",
          tools: [{ type: "code_interpreter", container: { type: "auto" } }, { type: "web_search_preview" }],
        });
    """)
    assert granted(agent) == [("hosted", "code_interpreter"), ("hosted", "web_search_preview")]
