import subprocess

from agents import Agent, Runner, function_tool


@function_tool
def run_tests(target: str) -> str:
    """Run the test suite of a target."""
    return subprocess.run(f"pytest {target}", shell=True, capture_output=True, text=True).stdout


@function_tool(name_override="fetch_page")
async def fetch(url: str) -> str:
    """Get a page."""
    import httpx
    async with httpx.AsyncClient() as client:
        return (await client.get(url)).text


coder = Agent(name="Coder", instructions="Fix failing tests.", tools=[run_tests, fetch], model="gpt-5")
