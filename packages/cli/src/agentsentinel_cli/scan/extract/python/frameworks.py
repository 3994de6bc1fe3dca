"""Mapping of imports to frameworks."""

from agentsentinel_cli.scan.extract.python.module import Module
from agentsentinel_cli.scan.facts import Symbol

_ROOTS = {
    "langchain": "langchain",
    "langchain_core": "langchain",
    "langchain_community": "langchain",
    "langchain_classic": "langchain",
    "langchain_openai": "langchain",
    "langchain_anthropic": "langchain",
    "langchain_experimental": "langchain",
    "langgraph": "langchain",
    "deepagents": "langchain",
    "agents": "openai-agents",
    "crewai": "crewai",
    "crewai_tools": "crewai",
    "autogen": "autogen",
    "autogen_agentchat": "autogen",
    "autogen_core": "autogen",
    "autogen_ext": "autogen",
    "ag2": "autogen",
    "pyautogen": "autogen",
    "semantic_kernel": "semantic-kernel",
    "agent_framework": "agent-framework",
    "llama_index": "llamaindex",
    "haystack": "haystack",
    "haystack_integrations": "haystack",
    "pydantic_ai": "pydantic-ai",
    "swarm": "swarm",
    "swarms": "swarms",
    "strands": "strands",
    "strands_tools": "strands",
    "agency_swarm": "agency-swarm",
    "anthropic": "anthropic",
    "claude_agent_sdk": "anthropic",
    "openai": "openai",
    "mcp": "mcp",
    "mcp_types": "mcp",
    "fastmcp": "mcp",
    "smolagents": "smolagents",
    "agno": "agno",
    "phi": "agno",
    "camel": "camel",
    "livekit": "livekit",
    "browser_use": "browser-use",
    "qwen_agent": "qwen-agent",
    "metagpt": "metagpt",
    "ollama": "ollama",
    "vertexai": "google-genai",
    "dspy": "dspy",
    "pipecat": "pipecat",
    "letta": "letta",
    "marvin": "marvin",
    "controlflow": "controlflow",
    "griptape": "griptape",
    "aws_lambda_powertools": "bedrock",
    "bedrock_agentcore": "bedrock",
}
_LONGER = (
    ("google.adk", "google-adk"),
    ("google.genai", "google-genai"),
    ("google.generativeai", "google-genai"),
)
_WEAK = frozenset({"openai", "anthropic", "mcp", "google-genai", "ollama"})
"""Clients that agents of other frameworks use as well; they determine a file's framework only when no other does."""


def framework_of_module(name: str) -> str | None:
    """Return the framework of a dotted module; None for other packages and for relative imports."""
    for prefix, framework in _LONGER:
        if name == prefix or name.startswith(prefix + "."):
            return framework
    return _ROOTS.get(name.split(".", 1)[0])


def framework_of(symbol: Symbol | None) -> str | None:
    """Return the framework that an imported symbol belongs to, or None."""
    return framework_of_module(symbol.module) if symbol is not None else None


def framework_of_file(module: Module) -> str | None:
    """Return the framework that a file imports, the default for tools without a more specific one; None without any."""
    found = [framework for name in sorted(module.imported_modules) if (framework := framework_of_module(name))]
    strong = [framework for framework in found if framework not in _WEAK]
    chosen = strong or found
    return chosen[0] if chosen else None
