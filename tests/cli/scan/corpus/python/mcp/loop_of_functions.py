from fastmcp import FastMCP


def start_job(name: str) -> str:
    """Start a job."""
    return name


def stop_job(name: str) -> str:
    """Stop a job."""
    return name


mcp = FastMCP("jobs")
for job in (start_job, stop_job):
    mcp.add_tool(job)
