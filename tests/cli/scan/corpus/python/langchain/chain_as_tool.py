from langchain_core.runnables import RunnableLambda


def shout(text: str) -> str:
    return text.upper()


loud = RunnableLambda(shout).as_tool(name="shout", description="Say it loudly")
