def to_anthropic(tools):
    return [{"name": t.name, "description": t.description, "input_schema": t.schema} for t in tools]


def to_openai(tool):
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
    }


def to_langchain(specs):
    from langchain_core.tools import StructuredTool
    return [StructuredTool.from_function(func=spec.run, name=spec.name, description=spec.text) for spec in specs]


async def load(session):
    from mcp.types import Tool
    listed = await session.list_tools()
    return [Tool(name=t.name, description=t.description, inputSchema=t.inputSchema) for t in listed.tools]
