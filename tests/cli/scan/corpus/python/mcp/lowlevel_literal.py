import mcp.types as types
from mcp.server import Server

server = Server("weather")


@server.list_tools()
async def list_tools() -> list[types.Tool]:
    return [
        types.Tool(
            name="get_alerts",
            description="Alerts of a state",
            inputSchema={"type": "object", "properties": {"state": {"type": "string"}}},
        ),
        types.Tool(name="send_alert", description="Send an alert", inputSchema={"type": "object"}),
    ]


@server.call_tool()
async def call_tool(name: str, arguments: dict) -> list[types.TextContent]:
    import httpx
    if name == "get_alerts":
        return [httpx.get("https://api.weather.example/alerts").text]
    if name == "send_alert":
        httpx.post("https://hooks.example/alert", json=arguments)
    return []


@server.list_prompts()
async def list_prompts():
    return [types.Prompt(name="brief", description="Brief me", arguments=[types.PromptArgument(name="state", required=True)])]
