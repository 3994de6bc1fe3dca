"""Packages and the frameworks they belong to, as reports name them."""

import re

from agentsentinel_core.lazy_regex import lazy_compile

PYTHON_PACKAGES = {
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
    "agentsentinel_sdk": "agentsentinel",
}

PYTHON_SUBPACKAGES = (
    ("google.adk", "google-adk"),
    ("google.genai", "google-genai"),
    ("google.generativeai", "google-genai"),
)

CLIENT_LIBRARIES = frozenset({"openai", "anthropic", "mcp", "google-genai", "ollama"})
"""Clients that agents of other frameworks use as well; they determine a file's framework only when no other does."""

PYTHON_TOOL_FACTORY_PACKAGES = frozenset({"crewai.project"})
"""Packages whose `@tool` marks a method that returns a tool."""

PYTHON_ACTION_PACKAGES = frozenset({"browser_use"})
"""Packages whose `@controller.action("description")` defines tools."""

PYTHON_FOREIGN_PACKAGES = frozenset(
    {"matplotlib", "bokeh", "traits", "enable", "chaco", "sqlalchemy", "django", "qgis", "enum", "typing"}
)
"""Packages whose `Tool` classes are tools for people, not for models."""

JAVASCRIPT_PACKAGES = (
    ("@modelcontextprotocol/", "mcp"),
    ("@anthropic-ai/claude-agent-sdk", "claude-agent-sdk"),
    ("fastmcp", "mcp"),
    ("mcp-framework", "mcp"),
    ("@rekog/mcp-nest", "mcp"),
    ("@anthropic-ai/", "anthropic"),
    ("@openai/agents", "openai-agents"),
    ("@openai/agents-core", "openai-agents"),
    ("@openai/agents-realtime", "openai-agents"),
    ("openai", "openai"),
    ("@langchain/", "langchain"),
    ("langchain", "langchain"),
    ("@mastra/", "mastra"),
    ("@llamaindex/", "llamaindex"),
    ("llamaindex", "llamaindex"),
    ("genkit", "genkit"),
    ("@genkit-ai/", "genkit"),
    ("@google/adk", "google-adk"),
    ("@google/genai", "google-genai"),
    ("@google/generative-ai", "google-genai"),
    ("@strands-agents/", "strands"),
    ("@voltagent/", "voltagent"),
    ("@copilotkit/", "copilotkit"),
    ("@coinbase/agentkit", "agentkit"),
    ("beeai-framework", "beeai"),
    ("ai", "vercel-ai"),
    ("@ai-sdk/", "vercel-ai"),
)

JAVASCRIPT_NETWORK_PACKAGES = lazy_compile(
    r"^(?:node:)?https?$|undici|proxy|agentkeepalive|supertest|@atproto|aws", re.I
)
