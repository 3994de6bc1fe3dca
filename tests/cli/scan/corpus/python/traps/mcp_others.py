from mcp.server.fastmcp import FastMCP

mcp = FastMCP("docs")


@mcp.resource("docs://{page}")
def page(page: str) -> str:
    return page


@mcp.prompt(name="review")
def review(code: str) -> str:
    return f"Review {code}"


@mcp.completion()
async def complete(ref, argument, context):
    return None


@mcp.custom_route("/health", methods=["GET"])
async def health(request):
    return "ok"
