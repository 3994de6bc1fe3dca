"""Switches by which frameworks have a person approve calls of a tool, or limit how often it is called.

Each row has the least source in which the switch takes effect; the tests scan it with the switch and without.
"""

from typing import NamedTuple

from agentsentinel_core.lazy_regex import lazy_compile

APPROVAL = "approval"
RATE_LIMIT = "rate-limit"


class Switch(NamedTuple):
    """One switch of one framework."""

    framework: str
    guard: str
    """What it does: APPROVAL or RATE_LIMIT."""
    place: str
    """Where it stands: "tool" (an argument or attribute of the tool), "agent" (an argument of the agent or of a run),
    "call" (an object passed to the agent), "body" (a call in the tool's body)."""
    word: str
    """Name of the argument, attribute, class or function."""
    sample: str
    values: tuple[str, ...] = ()
    """Texts that switch an approval on, besides true, a function, and a list or table of tools."""
    names: str = ""
    """Argument that names the tools concerned, as one text, a list or a table; all of the agent without it."""


_TOOL = '{}\ndef delete_user(id: str) -> str:\n    """Delete a user."""\n    return db.drop(id)\n'
_PLAIN = _TOOL.format("from crm import db\n\n")
_LANGCHAIN = _TOOL.format("from langchain_core.tools import tool\n\n\n@tool")
_CREWAI = (
    "from crewai.tools import BaseTool\n\n\nclass DeleteUser(BaseTool):\n"
    '    name: str = "delete_user"\n    description: str = "Delete a user."\n{}\n'
    "    def _run(self, id: str) -> str:\n        return db.drop(id)\n"
)

PYTHON_SWITCHES = (
    Switch(
        "agno",
        APPROVAL,
        "tool",
        "requires_confirmation",
        _TOOL.format("from agno.tools import tool\n\n\n@tool(requires_confirmation=True)"),
    ),
    Switch(
        "agno",
        APPROVAL,
        "agent",
        "requires_confirmation_tools",
        f"from agno.tools import Toolkit\nfrom agno.agent import Agent\n{_PLAIN}\n\n"
        'Agent(name="a", tools=[Toolkit(tools=[delete_user], requires_confirmation_tools=["delete_user"])])\n',
        names="requires_confirmation_tools",
    ),
    Switch(
        "pydantic-ai",
        APPROVAL,
        "tool",
        "requires_approval",
        _TOOL.format(
            'from pydantic_ai import Agent\n\nclerk = Agent("m")\n\n\n@clerk.tool_plain(requires_approval=True)'
        ),
    ),
    Switch(
        "openai-agents",
        APPROVAL,
        "tool",
        "needs_approval",
        _TOOL.format("from agents import function_tool\n\n\n@function_tool(needs_approval=True)"),
    ),
    Switch(
        "google-adk",
        APPROVAL,
        "tool",
        "require_confirmation",
        f"from google.adk.tools import FunctionTool\n{_PLAIN}\n\n"
        "tool = FunctionTool(func=delete_user, require_confirmation=True)\n",
    ),
    Switch(
        "agent-framework",
        APPROVAL,
        "tool",
        "approval_mode",
        _TOOL.format('from agent_framework import ai_function\n\n\n@ai_function(approval_mode="always_require")'),
        ("always_require",),
    ),
    Switch(
        "langchain",
        APPROVAL,
        "agent",
        "interrupt_on",
        f'from deepagents import create_deep_agent\n{_LANGCHAIN}\n\nclerk = create_deep_agent(model="m", '
        'tools=[delete_user], interrupt_on={"delete_user": True})\n',
        names="interrupt_on",
    ),
    Switch(
        "langchain",
        APPROVAL,
        "call",
        "HumanInTheLoopMiddleware",
        "from langchain.agents import create_agent\nfrom langchain.agents.middleware import HumanInTheLoopMiddleware\n"
        f'{_LANGCHAIN}\n\nclerk = create_agent("m", tools=[delete_user], '
        'middleware=[HumanInTheLoopMiddleware(interrupt_on={"delete_user": {"allowed_decisions": ["approve"]}})])\n',
        names="interrupt_on",
    ),
    Switch(
        "langchain",
        APPROVAL,
        "agent",
        "interrupt_before",
        f"from langgraph.prebuilt import create_react_agent\n{_LANGCHAIN}\n\n"
        'clerk = create_react_agent("m", tools=[delete_user], interrupt_before=["tools"])\n',
    ),
    Switch(
        "langchain",
        APPROVAL,
        "body",
        "interrupt",
        "from langchain_core.tools import tool\nfrom langgraph.types import interrupt\n\n\n@tool\n"
        'def delete_user(id: str) -> str:\n    """Delete a user."""\n'
        '    interrupt({"delete": id})\n    return db.drop(id)\n',
    ),
    Switch(
        "mcp",
        APPROVAL,
        "body",
        "elicit",
        'from mcp.server.fastmcp import Context, FastMCP\n\nmcp = FastMCP("m")\n\n\n@mcp.tool()\n'
        'async def delete_user(id: str, ctx: Context) -> str:\n    """Delete a user."""\n'
        '    await ctx.elicit("Delete it?", schema=Answer)\n    return db.drop(id)\n',
    ),
    Switch("crewai", RATE_LIMIT, "tool", "max_usage_count", _CREWAI.format("    max_usage_count: int = 3\n")),
    Switch(
        "crewai",
        RATE_LIMIT,
        "agent",
        "max_rpm",
        'from crewai import Agent\nfrom crewai.tools import tool\n\n\n@tool("delete_user")\n'
        'def delete_user(id: str) -> str:\n    """Delete a user."""\n    return db.drop(id)\n\n\n'
        'clerk = Agent(role="Clerk", goal="Deletes", tools=[delete_user], max_rpm=5)\n',
    ),
    Switch(
        "agno",
        RATE_LIMIT,
        "agent",
        "tool_call_limit",
        f'from agno.agent import Agent\n{_PLAIN}\n\nclerk = Agent(name="c", tools=[delete_user], tool_call_limit=3)\n',
    ),
    Switch(
        "pydantic-ai",
        RATE_LIMIT,
        "agent",
        "usage_limits",
        f'from pydantic_ai import Agent, UsageLimits\n{_PLAIN}\n\nclerk = Agent("m", tools=[delete_user])\n'
        'clerk.run_sync("go", usage_limits=UsageLimits(tool_calls_limit=3))\n',
    ),
    Switch(
        "langchain",
        RATE_LIMIT,
        "call",
        "ToolCallLimitMiddleware",
        "from langchain.agents import create_agent\nfrom langchain.agents.middleware import ToolCallLimitMiddleware\n"
        f'{_LANGCHAIN}\n\nlimit = ToolCallLimitMiddleware(tool_name="delete_user", run_limit=3)\n'
        'clerk = create_agent("m", tools=[delete_user], middleware=[limit])\n',
        names="tool_name",
    ),
    Switch(
        "langchain",
        RATE_LIMIT,
        "call",
        "ModelCallLimitMiddleware",
        "from langchain.agents import create_agent\nfrom langchain.agents.middleware import ModelCallLimitMiddleware\n"
        f'{_LANGCHAIN}\n\nclerk = create_agent("m", tools=[delete_user], '
        "middleware=[ModelCallLimitMiddleware(thread_limit=10)])\n",
    ),
    Switch(
        "openai-agents",
        RATE_LIMIT,
        "agent",
        "max_turns",
        _TOOL.format("from agents import Agent, Runner, function_tool\n\n\n@function_tool")
        + '\n\nclerk = Agent(name="c", tools=[delete_user])\nRunner.run_sync(clerk, "go", max_turns=3)\n',
    ),
    Switch(
        "langchain",
        RATE_LIMIT,
        "agent",
        "max_iterations",
        f"from langchain.agents import AgentExecutor\n{_LANGCHAIN}\n\n"
        'clerk = AgentExecutor(agent="a", tools=[delete_user], max_iterations=3)\n',
    ),
    Switch(
        "crewai",
        RATE_LIMIT,
        "agent",
        "max_iter",
        'from crewai import Agent\nfrom crewai.tools import tool\n\n\n@tool("delete_user")\n'
        'def delete_user(id: str) -> str:\n    """Delete a user."""\n    return db.drop(id)\n\n\n'
        'clerk = Agent(role="Clerk", goal="Deletes", tools=[delete_user], max_iter=3)\n',
    ),
    Switch(
        "smolagents",
        RATE_LIMIT,
        "agent",
        "max_steps",
        _TOOL.format("from smolagents import ToolCallingAgent, tool\n\n\n@tool")
        + '\n\nclerk = ToolCallingAgent(model="m", tools=[delete_user], max_steps=3)\n',
    ),
    Switch(
        "fastmcp",
        RATE_LIMIT,
        "call",
        "RateLimitingMiddleware",
        "from fastmcp import FastMCP\nfrom fastmcp.server.middleware.rate_limiting import RateLimitingMiddleware\n\n"
        'mcp = FastMCP("m")\nmcp.add_middleware(RateLimitingMiddleware(max_requests_per_second=1))\n\n\n@mcp.tool\n'
        'def delete_user(id: str) -> str:\n    """Delete a user."""\n    return db.drop(id)\n',
    ),
)

_ZOD_TOOL = (
    'import {{ {imports} }} from "{module}";\nimport {{ z }} from "zod";\n\nexport const deleteUser = {word}({{\n'
    '  {name}: "delete_user",\n  description: "Delete a user.",\n  inputSchema: z.object({{ id: z.string() }}),\n'
    "  {switch}: true,\n  execute: async ({{ id }}) => db.drop(id),\n}});\n"
)
_JS_LANGCHAIN = (
    'import { createAgent, humanInTheLoopMiddleware, toolCallLimitMiddleware } from "langchain";\n'
    'import { tool } from "@langchain/core/tools";\n\nconst deleteUser = tool(async ({ id }) => db.drop(id), '
    '{ name: "delete_user", description: "Delete a user." });\n'
)

JAVASCRIPT_SWITCHES = (
    Switch(
        "openai-agents",
        APPROVAL,
        "tool",
        "needsApproval",
        _ZOD_TOOL.format(imports="tool", module="@openai/agents", word="tool", name="name", switch="needsApproval"),
    ),
    Switch(
        "mastra",
        APPROVAL,
        "tool",
        "requireApproval",
        _ZOD_TOOL.format(
            imports="createTool",
            module="@mastra/core/tools",
            word="createTool",
            name="id",
            switch="requireApproval",
        ),
    ),
    Switch(
        "langchain",
        APPROVAL,
        "agent",
        "interruptOn",
        f'{_JS_LANGCHAIN}\nexport const clerk = createAgent({{ model: "m", tools: [deleteUser], '
        "middleware: [humanInTheLoopMiddleware({ interruptOn: { delete_user: true } })] });\n",
        names="interruptOn",
    ),
    Switch(
        "langchain",
        APPROVAL,
        "agent",
        "interruptBefore",
        f'{_JS_LANGCHAIN}\nexport const clerk = createAgent({{ model: "m", tools: [deleteUser], '
        'interruptBefore: ["tools"] });\n',
    ),
    Switch(
        "langchain",
        RATE_LIMIT,
        "call",
        "toolCallLimitMiddleware",
        f'{_JS_LANGCHAIN}\nexport const clerk = createAgent({{ model: "m", tools: [deleteUser], '
        "middleware: [toolCallLimitMiddleware({ runLimit: 3 })] });\n",
        names="toolName",
    ),
    Switch(
        "openai-agents",
        RATE_LIMIT,
        "agent",
        "maxTurns",
        _ZOD_TOOL.format(imports="Agent, run, tool", module="@openai/agents", word="tool", name="name", switch="strict")
        + 'const clerk = new Agent({ name: "c", tools: [deleteUser] });\nawait run(clerk, "go", { maxTurns: 3 });\n',
    ),
    Switch(
        "vercel-ai",
        RATE_LIMIT,
        "agent",
        "stopWhen",
        'import { generateText, stepCountIs, tool } from "ai";\n\nconst deleteUser = tool({ description: '
        '"Delete a user.", inputSchema: z.object({ id: z.string() }), execute: async ({ id }) => db.drop(id) });\n'
        'await generateText({ model: "m", tools: { delete_user: deleteUser }, stopWhen: stepCountIs(3) });\n',
    ),
    Switch(
        "mastra",
        RATE_LIMIT,
        "agent",
        "maxSteps",
        _ZOD_TOOL.format(
            imports="createTool", module="@mastra/core/tools", word="createTool", name="id", switch="strict"
        )
        + 'import { Agent } from "@mastra/core/agent";\nexport const clerk = new Agent({ id: "c", '
        "tools: { deleteUser }, "
        "defaultOptions: { maxSteps: 3 } });\n",
    ),
    Switch(
        "mcp",
        APPROVAL,
        "body",
        "elicitInput",
        'import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";\n'
        'const server = new McpServer({ name: "m", version: "1" });\n'
        'server.registerTool("delete_user", { description: "Delete a user.", inputSchema: { id: z.string() } }, '
        'async ({ id }) => { await server.server.elicitInput({ message: "Delete it?" }); return db.drop(id); });\n',
    ),
)

QUESTIONS_AT_TERMINALS = {
    "input": ("builtins",),
    "confirm": ("click", "typer", "questionary", "inquirer"),
    "ask": ("rich",),
}
"""Functions by which a tool's body asks the person at the terminal -> the packages that have them."""

LIMITERS = lazy_compile(
    r"(?i)(?:^|[._])(?:\w*?(?<!de)limiter|\w*?throttler?|token_?bucket|leaky_?bucket|rate_?limit(?:ing)?)\w{0,12}"
    r"\.(?:acquire|try_?acquire|consume|hit|check|wait|take|limit|allow|schedule|wrap|throttle|remove_?tokens|is_allowed"
    r"|__aenter__|ratelimit)\w{0,8}$"
)
"""Dotted names of calls and decorators that ask a rate limiter: `limiter.acquire`, `self._throttle.wait`."""
LIMITER_FUNCTIONS = frozenset(
    {
        "check_rate_limit", "checkRateLimit", "enforce_rate_limit", "enforceRateLimit", "rate_limit", "rateLimit",
        "rate_limited", "rateLimited", "ratelimit", "throttled", "apply_rate_limit", "applyRateLimit",
        "consume_rate_limit", "wait_for_rate_limit", "with_rate_limit", "withRateLimit", "RateLimiter", "AsyncLimiter",
    }
)  # fmt: skip
"""Functions and decorators that limit the rate of what follows."""
LIMITER_PACKAGES = frozenset({"ratelimit", "pyrate_limiter", "aiolimiter", "slowapi", "limits", "asyncio_throttle"})
"""Packages whose functions and objects limit rates."""
LIMITER_SAMPLES = (
    "limiter.acquire('delete_user')",
    "self._throttler.wait()",
    "check_rate_limit('delete_user')",
    "bucket.token_bucket.consume(1)",
)
