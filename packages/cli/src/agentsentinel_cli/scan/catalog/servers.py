"""Classes and functions that build MCP servers or connect to them."""

PYTHON_SERVERS = frozenset({"FastMCP", "MCPServer", "McpServer", "FastMCPServer", "Server", "create_sdk_mcp_server"})

PYTHON_GENERATED_SERVERS = frozenset(
    {
        "from_fastapi", "from_openapi", "as_proxy", "from_client", "create_proxy",
        "FastApiMCP", "FastMCPOpenAPI", "FastMCPProxy",
    }
)  # fmt: skip
"""Calls that build an MCP server whose tools are known only at run time: from the routes of an application, from an
OpenAPI description, or from another server."""

PYTHON_MOUNTING_METHODS = frozenset({"mount", "import_server"})
"""Methods by which an MCP server also offers the tools of another one."""

PYTHON_BY_COMMAND = frozenset(
    {
        "StdioServerParameters",
        "StdioServerParams",
        "MCPServerStdio",
        "MCPStdioTool",
        "MCPStdioPlugin",
        "StdioServerInfo",
        "StdioConnectionParams",
        "StdioTransport",
        "MCPStdioServer",
        "MCPServerStdioParams",
        "StdioMCPServer",
    }
)

PYTHON_BY_URL = frozenset(
    {
        "MCPServerStreamableHttp",
        "MCPServerStreamableHTTP",
        "MCPServerSse",
        "MCPServerSSE",
        "MCPServerHTTP",
        "sse_client",
        "streamablehttp_client",
        "streamable_http_client",
        "SseServerParams",
        "StreamableHttpServerParams",
        "StreamableHTTPConnectionParams",
        "SseConnectionParams",
        "MCPStreamableHTTPTool",
        "BasicMCPClient",
        "StreamableHttpServerInfo",
        "StreamableHttpMcpToolset",
        "MCPSsePlugin",
        "MCPStreamableHttpPlugin",
        "StreamableHTTPServerParams",
        "SSEServerInfo",
        "MCPWebsocketTool",
    }
)

PYTHON_BY_ADDRESS = frozenset(
    {"Client", "ProxyClient", "FastMCPProxy", "as_proxy", "create_proxy", "StreamableHttpTransport", "SSETransport"}
)
"""Calls of MCP packages that connect to a server when their first argument is its address."""

PYTHON_BY_TABLE = frozenset(
    {"MultiServerMCPClient", "MCPClient", "MCPToolkit", "MCPTools", "ClaudeAgentOptions", "MCPServerAdapter"}
)

JAVASCRIPT_SERVERS = frozenset(
    {"McpServer", "FastMCP", "MCPServer", "McpServerBuilder", "createSdkMcpServer", "LiteMCP"}
)
"""Classes and functions that build an MCP server."""

JAVASCRIPT_COMMON_SERVERS = frozenset({"Server"})
"""Classes of MCP servers whose names are common elsewhere too: a file is read only when it also lists tools."""

JAVASCRIPT_CONNECTIONS = (
    "MCPServerStdio", "MCPServerSSE", "MCPServerStreamableHttp", "MCPServerStreamableHTTP", "StdioClientTransport",
    "SSEClientTransport", "StreamableHTTPClientTransport", "Experimental_StdioMCPTransport", "StdioMCPTransport",
    "createMCPClient", "experimental_createMCPClient", "hostedMcpTool",
)  # fmt: skip

JAVASCRIPT_BY_TABLE = ("MultiServerMCPClient", "MCPClient", "MCPConfiguration", "MultiMCPClient")

PYTHON_HOSTED_CONNECTION = "HostedMCPTool"
"""Class of a connection that the provider holds, configured by a dictionary."""

MCP_PACKAGES = frozenset({"mcp", "mcp_types"})
"""Packages of the protocol itself, whose `Tool` needs no schema to be a tool."""

MCP_SERVER_PACKAGES = MCP_PACKAGES | {"fastmcp", "claude_agent_sdk"}
"""Packages whose `Server` classes are MCP servers."""
