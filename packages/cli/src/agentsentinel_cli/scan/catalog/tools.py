"""Words by which frameworks define tools: decorators, base classes, constructors, schemas and their arguments."""

from agentsentinel_core.lazy_regex import lazy_compile

PYTHON_DECORATORS = {
    "tool": None,
    "tool_plain": "pydantic-ai",
    "function_tool": "openai-agents",
    "kernel_function": "semantic-kernel",
    "sk_function": "semantic-kernel",
    "beta_tool": "anthropic",
    "beta_async_tool": "anthropic",
    "register_for_llm": "autogen",
    "register_for_execution": "autogen",
    "ai_function": "agent-framework",
    "ai_callable": "livekit",
    "register_tool": None,
    "SentinelTool": "agentsentinel",
}
"""Last word of a decorator -> the only framework that uses it, or None when several do."""

PYTHON_NAME_FIRST_DECORATORS = frozenset({"tool", "register_tool"})
"""Decorators whose first argument, when it is a string, is the tool's name."""

PYTHON_DECORATOR_NAME_KEYWORDS = ("name", "name_override", "tool_name", "name_or_callable", "function_name")

PYTHON_BASE_FAMILY = lazy_compile(r"^(?:\w*Tool|BaseTool\w*|ToolBase|AbstractTool\w*)$")

PYTHON_BASES = frozenset({"SendMessage", "HandoffTool"})
"""Base classes of tools in frameworks, whose names the pattern for tool classes does not match."""

PYTHON_OTHER_BASES = frozenset(
    {"BaseToolkit", "BaseToolSpec", "BaseToolset", "MCPTool", "ToolboxTool", "HostedMCPTool"}
)

PYTHON_TEST_DOUBLES = lazy_compile(r"^_?(?:Mock|Fake|Stub|Spy)[A-Z_]|(?:Mock|Fake|Stub)Tool$")

PYTHON_RUN_METHODS = frozenset(
    {
        "_run",
        "_arun",
        "run",
        "arun",
        "__call__",
        "call",
        "acall",
        "forward",
        "invoke",
        "ainvoke",
        "execute",
        "_execute",
        "run_async",
        "process_llm_request",
        "run_tool",
        "handle",
        "stream",
        "on_invoke_tool",
        "_call",
        "run_json",
        "execute_async",
        "use",
        "apply",
    }
)

PYTHON_MODEL_BASES = frozenset({"BaseModel", "TypedDict", "SQLModel"})

PYTHON_CLASS_METHODS = frozenset({"from_defaults", "from_function", "from_method", "from_callable", "from_func"})

PYTHON_CALLS = frozenset(
    {
        "add_tool", "register_function", "create_tool_from_function", "add_function", "function_to_tool", "Function",
        "from_function", "from_defaults", "from_method", "from_callable", "from_func", "register_tool",
        "create_retriever_tool", "create_search_function", "as_tool", "load_tool", "tool_from_function",
    }
)  # fmt: skip

PYTHON_CLASS_FAMILY = lazy_compile(r"^(?:\w*Tool|StructuredTool|KernelFunctionFromMethod)$")

PYTHON_OTHER_CLASSES = frozenset({"MCPTool", "HostedMCPTool", "CodeInterpreterTool", "WebSearchTool", "FileSearchTool"})

PYTHON_FUNCTION_KEYWORDS = (
    "fn", "func", "function", "async_fn", "coroutine", "handler", "callable", "method", "func_or_tool", "async_func",
    "python_function", "entrypoint", "callback", "f", "action", "on_invoke_tool",
)  # fmt: skip

PYTHON_NAME_KEYWORDS = ("name", "tool_name", "name_override", "function_name", "custom_name")

PYTHON_DESCRIPTION_KEYWORDS = ("description", "description_override", "tool_description", "desc")

PYTHON_FUNCTION_FIRST_CLASSES = frozenset(
    {
        "Tool",
        "FunctionTool",
        "StructuredTool",
        "LongRunningFunctionTool",
        "AuthenticatedFunctionTool",
        "CrewStructuredTool",
    }
)
"""Classes with known positional arguments; for others only a function of this file, or a keyword, is accepted."""

PYTHON_COMPONENTS = {
    "QueryEngineTool": "llamaindex", "RetrieverTool": "llamaindex", "AgentTool": None, "TeamTool": "autogen",
    "ComponentTool": "haystack", "PipelineTool": "haystack", "QueryPlanTool": "llamaindex",
    "VectorStoreQATool": "langchain", "create_retriever_tool": "langchain", "as_tool": None, "GraphTool": None,
    "create_search_function": "semantic-kernel",
    "OnDemandLoaderTool": "llamaindex", "LoadAndSearchToolSpec": None, "VectaraQueryTool": None,
}  # fmt: skip

PYTHON_DEFAULT_NAMES = {
    "QueryEngineTool": "query_engine_tool",
    "RetrieverTool": "retriever_tool",
    "create_search_function": "search",
}
"""Default names of tools in LlamaIndex and Semantic Kernel, by class or function."""

PYTHON_COMPONENT_KEYWORDS = (
    "query_engine",
    "retriever",
    "agent",
    "team",
    "component",
    "pipeline",
    "runnable",
    "chain",
    "reader",
    "index",
)

PYTHON_SCHEMA_CLASSES = {
    "Tool": None, "ToolParam": None, "ToolDefinition": None, "ToolSpec": None, "FunctionDeclaration": "google-genai",
    "FunctionDefinition": None, "FunctionSchema": "pipecat", "FunctionToolParam": None, "FunctionTool": None,
    "ChatCompletionToolParam": "openai", "ChatCompletionFunctionToolParam": "openai", "BetaToolParam": "anthropic",
    "ToolSchema": None, "ParametersSchema": None, "MCPTool": None, "McpTool": None, "RawFunctionTool": None,
}  # fmt: skip

PYTHON_SCHEMA_KEYWORDS = (
    "inputSchema", "input_schema", "params_json_schema", "parameters_json_schema", "parameters", "properties",
    "json_schema", "parametersJsonSchema",
)  # fmt: skip

PYTHON_SCHEMA_FUNCTION_KEYWORDS = ("func", "function", "fn", "callable", "handler", "coroutine", "async_fn", "callback")

PYTHON_INJECTED_ANNOTATIONS = frozenset(
    {"RunContext", "RunContextWrapper", "ToolContext", "Context", "ToolRuntime", "InjectedState", "CallbackContext"}
)
"""Annotations of parameters that the framework injects; the model never sees these parameters."""

MCP_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")

JAVASCRIPT_SCHEMA_KEYS = ("inputSchema", "parameters", "schema", "input_schema", "input", "paramsSchema", "args")

JAVASCRIPT_HANDLER_KEYS = (
    "execute",
    "handler",
    "fn",
    "run",
    "callback",
    "func",
    "call",
    "cb",
    "invoke",
    "handle",
    "function",
)

JAVASCRIPT_DESCRIPTION_KEYS = ("description", "summary", "desc")

JAVASCRIPT_FACTORIES = {
    "tool": None,
    "dynamicTool": "vercel-ai",
    "createTool": "mastra",
    "defineTool": None,
    "DynamicTool": "langchain",
    "DynamicStructuredTool": "langchain",
    "StructuredTool": "langchain",
    "FunctionTool": None,
    "betaTool": "anthropic",
    "betaZodTool": "anthropic",
    "zodFunction": "openai",
    "zodResponsesFunction": "openai",
    "buildTool": None,
    "makeTool": None,
    "QueryEngineTool": "llamaindex",
    "useFrontendTool": "copilotkit",
    "useHumanInTheLoop": "copilotkit",
    "useCopilotAction": "copilotkit",
    "useComponent": "copilotkit",
}

JAVASCRIPT_FACTORY_FAMILY = lazy_compile(r"^(?:define|create|make|build|declare)\w*Tool$")
"""Names of a project's own factory functions, which take a name and a description."""

JAVASCRIPT_NAME_KEYS = ("name", "id", "toolName")

JAVASCRIPT_REGISTERING_METHODS = ("tool", "registerTool", "addTool", "registerAppTool", "setTool")

JAVASCRIPT_BASES = {
    "StructuredTool": "langchain",
    "Tool": "langchain",
    "BaseTool": None,
    "MCPTool": "mcp",
    "FunctionTool": None,
    "DynamicStructuredTool": "langchain",
    "AgentTool": None,
}

JAVASCRIPT_BASE_FAMILY = lazy_compile(r"Tool(?:Base)?$|^(?:Abstract|Base)\w*Tool")
"""Names of a project's base classes between a framework's class and the tools."""

JAVASCRIPT_DECORATORS = frozenset({"Tool", "tool", "McpTool", "MCPTool", "AgentTool", "CreateAction"})

JAVASCRIPT_RUN_METHODS = ("_call", "execute", "run", "call", "invoke", "handle", "handler", "runAsync")

JAVASCRIPT_SCHEMA_FIELDS = ("schema", "parameters", "inputSchema", "input_schema")

JAVASCRIPT_OTHER_FACTORIES = lazy_compile(
    r"^define(?!\w*(?:Tool|Function))|(?:Flow|Prompt|Step|Workflow|Resource|Route|Evaluator|Retriever|Indexer)$"
)
"""Functions that create other things with a name and a schema: flows, prompts, steps."""

JAVASCRIPT_MAP_SCHEMA_KEYS = ("parameters", "inputSchema", "input_schema", "schema", "paramsSchema")

PYTHON_FUNCTION_WRAPPERS = frozenset(
    {"partial", "wraps", "staticmethod", "classmethod", "sync_to_async", "to_sync", "to_async"}
)
"""Calls that return their first argument in another form, with the same effects."""

PYTHON_INSTANCE_RUN_METHODS = ("_run", "run", "__call__", "forward", "_arun", "call")
"""Methods that run an instance of a tool class, the likeliest first."""

PYTHON_CLASS_METHOD_OWNERS = ("Tool", "FunctionDeclaration", "KernelFunction", "ToolSpec")
"""Endings of the classes whose PYTHON_CLASS_METHODS create tools."""

PYTHON_ADDING_CALLS = frozenset({"add_tool", "register_tool", "add_function", "Function"})
"""Calls that may add a tool which exists already, instead of a function."""

PYTHON_REGISTERING_CALLS = frozenset({"add_tool", "register_function", "add_function"})
"""Methods that register a function with an agent or a server."""

PYTHON_MODEL_DECORATORS = frozenset({"tool", "function_tool"})
"""Calls that turn a model class into a tool."""

PYTHON_TOOLKIT_SUFFIXES = ("ToolSpec", "Toolkit")
"""Endings of the base classes whose subclasses list methods as tools."""

PYTHON_INCLUDING_KEYWORDS = ("include_tools", "selected_tools")
PYTHON_EXCLUDING_KEYWORDS = ("exclude_tools",)
"""Arguments of a toolkit that name the methods which it gives, or does not give."""

PYTHON_RUN_PARAMETERS = frozenset({"run_manager", "config", "kwargs"})
"""Parameters of a run method that the framework fills."""

JAVASCRIPT_METHOD_FACTORIES = frozenset({"defineTool", "dynamicTool"})
"""Factories that may be called as methods: `app.defineTool({...})`."""
