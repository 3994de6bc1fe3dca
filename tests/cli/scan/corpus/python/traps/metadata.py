TOOL_INFO = {
    "search": {"label": "Search", "icon": "glass", "cost": 1},
    "mail": {"label": "Mail", "icon": "letter", "cost": 2},
}
TOOL_NAMES = ["search", "mail", "calendar"]
tools = ["search", "mail"]
SERVER = {"serverInfo": {"name": "desk", "version": "1.0"}, "capabilities": {"tools": {}}}
PROMPT = {"name": "brief", "description": "Brief me", "arguments": [{"name": "topic", "required": True}]}
EXPERIMENT = {"name": "baseline", "description": "First run", "parameters": {"lr": 0.1, "layers": 3}}


def enabled(name: str) -> bool:
    return name in TOOL_NAMES
