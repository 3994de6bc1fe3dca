"""Tools that the model's provider runs."""

PYTHON_HOSTED = frozenset(
    {
        "CodeInterpreterTool",
        "WebSearchTool",
        "FileSearchTool",
        "HostedMCPTool",
        "ImageGenerationTool",
        "ComputerTool",
        "LocalShellTool",
        "ApplyPatchTool",
        "HostedCodeInterpreterTool",
        "HostedWebSearchTool",
        "HostedFileSearchTool",
        "CodeExecutionTool",
        "UrlContextTool",
        "MemoryTool",
        "BuiltInCodeExecutor",
        "VertexAiSearchTool",
        "google_search",
        "built_in_code_execution",
        "GoogleSearch",
        "ToolCodeExecution",
        "AzureAISearchTool",
        "BingGroundingTool",
        "WebFetchTool",
        "ToolSearchTool",
        "FunctionsTool",
        "OpenApiTool",
    }
)
"""Classes of tools that the model's provider runs."""

PYTHON_HOSTED_TYPES = (
    "web_search",
    "code_interpreter",
    "file_search",
    "code_execution",
    "computer",
    "bash",
    "text_editor",
    "image_generation",
    "local_shell",
    "shell",
    "mcp",
    "retrieval",
    "web_fetch",
    "memory",
    "apply_patch",
)

JAVASCRIPT_HOSTED = frozenset(
    {
        "codeInterpreterTool", "webSearchTool", "fileSearchTool", "hostedMcpTool", "imageGenerationTool",
        "computerTool",
        "shellTool", "applyPatchTool", "localShellTool", "codeInterpreter", "codeExecution", "webSearch", "fileSearch",
        "webSearchPreview", "googleSearch", "urlContext", "CodeExecutionTool", "GOOGLE_SEARCH", "BuiltInCodeExecutor",
    }
)  # fmt: skip
"""Names of tools that the model's provider runs."""

JAVASCRIPT_HOSTED_PREFIXES = (
    "bash_",
    "computer_",
    "textEditor_",
    "codeExecution_",
    "webSearch_",
    "webFetch_",
    "memory_",
)
"""Prefixes of hosted tools in the Vercel AI SDK, followed by a date: `anthropic.tools.bash_20250124()`."""

JAVASCRIPT_HOSTED_TYPES = (
    "web_search", "code_interpreter", "file_search", "code_execution", "computer", "bash", "text_editor", "mcp",
    "image_generation", "local_shell", "shell", "web_fetch", "memory", "apply_patch",
)  # fmt: skip

PYTHON_HOSTED_KEYS = frozenset({"google_search", "code_execution", "googleSearch"})
"""Keys of a dictionary in a list of tools that stand for a hosted tool: `{"google_search": {}}`."""

RUNTIME_TOOLS = ("Bash", "Edit", "Write", "NotebookEdit", "Read", "Glob", "Grep", "WebFetch", "WebSearch")
"""Built-in tools of Claude's agent runtime, which run on the agent's own machine."""

RUNTIME_SERVER_PREFIX = "mcp__"
"""Beginning of the names of tools of MCP servers among those of the runtime: `mcp__crm__search`."""

PROVIDER_SANDBOXES = frozenset(
    {
        "BuiltInCodeExecutor", "CodeExecutionTool", "CodeInterpreterTool", "HostedCodeInterpreterTool",
        "ToolCodeExecution", "built_in_code_execution", "codeExecution", "codeInterpreter", "codeInterpreterTool",
        "code_execution", "code_interpreter",
    }
)  # fmt: skip
"""Tools that run code in a sandbox of the model's provider, away from the agent's machine."""

OWN_SANDBOXES = frozenset({"crewai"})
"""Frameworks whose tools of those names run on the agent's machine, in a container."""

HOSTED_EFFECTS = {
    "BuiltInCodeExecutor": "code-runner",
    "CodeExecutionTool": "code-runner",
    "CodeInterpreterTool": "code-runner",
    "CommandLineTool": "shell",
    "ComputerTool": "code-runner",
    "DaytonaTools": "code-runner",
    "DockerCommandLineCodeExecutor": "code-runner",
    "E2BTools": "code-runner",
    "FileSearchTool": "file-read",
    "Grep": "file-read",
    "Read": "file-read",
    "LocalCommandLineCodeExecutor": "code-runner",
    "LocalShellTool": "shell",
    "PythonAstREPLTool": "eval",
    "PythonCodeExecutionTool": "code-runner",
    "PythonREPL": "eval",
    "PythonREPLTool": "eval",
    "PythonTools": "code-runner",
    "SessionsPythonTool": "code-runner",
    "ShellTool": "shell",
    "built_in_code_execution": "code-runner",
    "codeExecution": "code-runner",
    "code_execution": "code-runner",
    "code_interpreter": "code-runner",
    "computer": "code-runner",
    "computerTool": "code-runner",
    "textEditor": "file-write",
    "text_editor": "file-write",
}
"""Effects of tools that frameworks and providers ship, for names that do not show what the tool does."""

JAVASCRIPT_HOSTED_KEYS = ("codeExecution", "googleSearch", "urlContext")
"""Keys of an object in a list of tools that stand for a hosted tool: `{ googleSearch: {} }`."""
