async def call_tool(name: str, arguments: dict):
    match name:
        case "search":
            return await search(arguments)
        case "mail":
            return await mail(arguments)
    if name == "calendar":
        return None
    return await fallback(name)


async def list_tools():
    return await upstream.list_tools()
