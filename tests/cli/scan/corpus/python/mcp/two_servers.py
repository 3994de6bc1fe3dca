from mcp.server.fastmcp import FastMCP

staging = FastMCP("staging")
production = FastMCP("production")


@staging.tool(name="deploy")
def deploy_staging(tag: str) -> str:
    """Deploy to staging."""
    return tag


@production.tool(name="deploy")
def deploy_production(tag: str) -> str:
    """Deploy to production."""
    return tag
