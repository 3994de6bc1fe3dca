from langchain.tools import tool

SEARCH_HELP = "Search the handbook. Prefer short questions."


@tool(description=SEARCH_HELP)
async def search_handbook(question: str) -> list[str]:
    return await INDEX.find(question)
