"""Words by which frameworks build agents, and arguments that grant tools to them."""

from agentsentinel_core.lazy_regex import lazy_compile

PYTHON_GRANTING_KEYWORDS = frozenset(
    {
        "tools",
        "functions",
        "function_map",
        "toolsets",
        "on_list_tools",
        "builtin_tools",
        "python_tools",
        "initial_tools",
    }
)

PYTHON_AGENT_FAMILY = lazy_compile(r"^(?:\w*Agent|\w*AgentExecutor|create_\w*agent\w*)$")
"""Names of the agent classes and functions of most frameworks, and of a project's own."""

PYTHON_AGENTS = frozenset(
    {
        "AgentOptions", "AgentRunner", "AgentWorkflow", "Assistant", "ClaudeAgentOptions", "ClaudeCodeOptions",
        "async_create_deep_agent",
        "AgentDefinition",
        "SentinelMiddleware", "bind_tools", "from_tools", "from_tools_or_functions", "initialize_agent",
    }
)  # fmt: skip
"""Other calls that build an agent."""

PYTHON_COMMON_AGENTS = frozenset(
    {
        "Agency", "GenerativeModel", "Swarm", "as_agent", "bind_functions", "create_supervisor", "tool_runner",
    }
)  # fmt: skip
"""Calls that build an agent, but are common elsewhere too: a file is read for them only when tools are passed."""

PYTHON_REQUESTS = frozenset(
    {"create", "parse", "stream", "acreate", "completion", "acompletion", "chat", "generate_content"}
)
"""Requests to a model, which are agents when tools are passed to them."""

PYTHON_OTHER_AGENTS = frozenset({"UserAgent", "user_agent", "ToolAgent", "create_user_agent"})

SYSTEM_ROLES = frozenset({"system", "developer"})
"""Roles of the messages of a request that state what the model is for."""

PYTHON_SUBAGENT_KEYWORDS = ("subagents", "sub_agents")
"""Arguments with a list of agents, each written as a dictionary with a name, a description and tools."""

PYTHON_TOOL_KEYWORDS = ("tools", "functions", "toolsets", "python_tools", "builtin_tools", "plugins")

PYTHON_AGENT_DESCRIPTION_KEYWORDS = (
    "description", "instructions", "system_prompt", "system_message", "prompt", "instruction", "backstory", "system",
)  # fmt: skip

PYTHON_AGENT_KEYWORDS = frozenset(
    {"name", "tools", "functions", "model", "llm", "instructions", "system_prompt", "system_message", "role", "goal",
     "allowed_tools", "permission_mode",
     "description", "instruction", "model_client", "llm_config", "prompt", "toolsets", "mcp_servers"}
)  # fmt: skip

PYTHON_CODE_EXECUTORS = lazy_compile(
    r"(?:CommandLine|Docker|Jupyter|Local|Container|VertexAi|BuiltIn|Unsafe\w*)\w*CodeExecutor$|^CodeExecutor"
)

PYTHON_KERNEL = "Kernel"
"""Semantic Kernel's class that holds plug-ins and answers prompts with them; it is passed to agents."""

PYTHON_CODE_AGENTS = frozenset(
    {"CodeExecutorAgent", "CodeAgent", "CodeInterpreterAgent", "OpenInterpreter", "CodeActAgent"}
)

PYTHON_CODE_CAPABILITIES = ("shell", "codeinterpreter", "codeexecution", "terminal", "bash", "pythonrepl")
"""Words in the name of a capability that lets an agent run programs in its sandbox."""

PYTHON_WITHHOLDING_PREFIXES = (
    "on_", "disabled", "excluded", "blocked", "denied", "forbidden", "hidden", "removed", "ignored", "expected",
)  # fmt: skip
"""Prefixes of keywords ending in `_tools` that are callbacks, or tools withheld from the model."""

PYTHON_ADDING_METHODS = {"add_tool": "tool", "add_plugin": "plugin", "add_tools": "tools", "add_functions": "functions"}
"""Methods that add tools to an agent -> the keyword argument with the tools."""

PYTHON_NAMED_TOOLS = {
    "ClaudeAgentOptions": ("allowed_tools", "tools"),
    "ClaudeCodeOptions": ("allowed_tools",),
    "AgentDefinition": ("tools",),
}
"""Classes that grant tools of the runtime by their names -> the arguments with the names."""

RUNTIME_AGENTS = {
    "ClaudeAgentOptions": "tools of the runtime, where they are permitted",
    "ClaudeCodeOptions": "tools of the runtime, where they are permitted",
    "async_create_deep_agent": "file tools of its backend",
    "createDeepAgent": "file tools of its backend",
    "create_deep_agent": "file tools of its backend",
}
"""Calls that build an agent which has tools even if none is listed -> what these are."""

TOOLS_ELSEWHERE = "tools that are registered elsewhere"
"""What is said of a server of a module that registers no tool itself."""

UNASKED_MODE = "bypassPermissions"
"""Value of Claude's permission mode in which every tool of the runtime may be used without asking."""

PYTHON_TOOL_COLLECTIONS = frozenset(
    {"ToolNode", "Toolkit", "Toolset", "FunctionToolset", "ToolRegistry", "list", "ToolCollection", "StaticWorkbench"}
)

JAVASCRIPT_AGENT_FAMILY = lazy_compile(r"^\w*Agent$")
"""Names of the agent classes and functions of most frameworks, and of a project's own."""

JAVASCRIPT_AGENTS = frozenset({"AgentExecutor", "ToolLoopAgent", "bindTools", "createAgentUIStream", "runTools"})
"""Other calls that build an agent."""

JAVASCRIPT_COMMON_AGENTS = frozenset(
    {"Swarm", "agent", "createSupervisor", "generateText", "query", "streamText", "toolRunner"}
)
"""Calls that build an agent, but are common elsewhere too: a file is read for them only when tools are passed."""

JAVASCRIPT_OTHER_AGENTS = frozenset(
    {"UserAgent", "createUserAgent", "HttpsAgent", "HttpAgent", "ProxyAgent", "HttpsProxyAgent"}
)

JAVASCRIPT_REQUESTS = frozenset(
    {"create", "parse", "stream", "generateContent", "generateContentStream", "generate", "getGenerativeModel"}
)

JAVASCRIPT_SUBAGENTS_KEY = "subagents"
"""Key of a list of agents, each written as an object with a name, a description and tools."""

JAVASCRIPT_TOOL_KEYS = ("tools", "functions", "toolsets", "allowedTools")

JAVASCRIPT_AGENT_KEYS = frozenset(
    {
        "allowedTools",
        "tools",
        "instructions",
        "model",
        "llm",
        "system",
        "prompt",
        "systemPrompt",
        "handoffs",
        "mcpServers",
    }
)

JAVASCRIPT_AGENT_DESCRIPTION_KEYS = (
    "description",
    "instructions",
    "system",
    "systemPrompt",
    "systemMessage",
    "handoffDescription",
)

JAVASCRIPT_MODEL_KEYS = ("model", "llm", "modelName", "modelId")

OTHER_MODEL_CALLS = lazy_compile(
    r"(?i)(?:embed\w*|rerank\w*|moderations?|images?|audio|transcri\w*|speech|tts|whisper\w*|ocr)(?:\.\w+)?$"
)
"""Calls whose model does not chat: `client.embeddings.create`, `OpenAIEmbeddings`, `client.audio.speech.create`."""

OTHER_MODELS = lazy_compile(
    r"(?i)embed|rerank|moderation|whisper|\btts|-tts\b|dall-?e|gpt-image|imagen|bge-|minilm|clip-vit|stable-diffusion"
)
"""Names of models that do not chat."""

PYTHON_MODEL_FIRST_CALLS = frozenset({"init_chat_model", "create_agent", "create_react_agent", "LLM"})
"""Calls whose first argument names the model."""

PYTHON_TOOLS_ARGUMENT = {
    "bind_tools": 0,
    "bind_functions": 0,
    "initialize_agent": 0,
    "from_tools_or_functions": 0,
    "from_tools": 0,
    "SentinelMiddleware": 4,
}
"""Calls that take a list of tools as a positional argument -> its index."""

PYTHON_TOOL_HOLDERS = (
    "ToolNode",
    "Toolset",
    "FunctionToolset",
    "ToolExecutor",
    "ToolRegistry",
    "convert_to_openai_tool",
    "StaticWorkbench",
)
"""Calls whose first argument lists tools, outside of any agent."""

PYTHON_CONFIGURED_AGENTS = "agents_config"
"""CrewAI's table of agents, from YAML, whose entries state role and goal."""

PYTHON_CONFIGURED_REQUESTS = ("generate_content", "generate_content_stream", "send_message")
"""Requests to a model that grant tools in a `config` argument."""

PYTHON_SERVER_KEYWORDS = frozenset({"mcp_servers", "tools", "toolsets", "workbench", "plugins", "mcp_configs"})
"""Arguments of an agent that hold connections to MCP servers."""

PYTHON_CALLBACK_HANDLER = "SentinelCallbackHandler"
"""Our callback handler, whose argument describes the file's agent."""

PYTHON_AGENT_CLASS_METHODS = frozenset({"from_tools", "from_tools_or_functions"})
"""Class methods that build an agent."""

PYTHON_AGENT_CLASS_METHOD_OWNERS = ("Agent", "AgentWorkflow", "AgentRunner")
"""Endings of the classes that have PYTHON_AGENT_CLASS_METHODS."""

PYTHON_COROUTINE_RUNNERS = ("asyncio.run", "anyio.run", "run_until_complete")
"""Calls that wait for the coroutine they are given, so that its result is theirs."""

PYTHON_NAME_FIRST_SUFFIXES = ("AssistantAgent", "ConversableAgent", "ProxyAgent")
"""Endings of the agent classes whose first argument is the agent's name."""

PYTHON_EXECUTOR_KEYWORDS = frozenset({"code_executor", "executor", "code_executors"})
"""Arguments of an agent that hold a code executor."""

PYTHON_CODE_SWITCHES = frozenset({"allow_code_execution", "code_interpreter", "enable_code_execution"})
"""Arguments of an agent that switch code execution on."""

PYTHON_CAPABILITY_KEYWORDS = frozenset({"capabilities", "default_capabilities"})
"""Arguments of an agent that list what it may do in its sandbox."""

JAVASCRIPT_AGENTS_BY_TOOLS = frozenset({"query", "agent", "generateText", "streamText", "toolRunner", "runTools"})
"""Calls that are agents only when tools or servers are passed to them."""

JAVASCRIPT_CONVERSIONS = frozenset({"convertToTool", "asTool", "bind"})
"""Methods that return their object as a tool, or as another form of it."""
