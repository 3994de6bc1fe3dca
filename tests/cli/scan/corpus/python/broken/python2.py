from langchain_core.tools import tool


@tool
def shout(text):
    """Shout."""
    print "shouting", text
    return text.upper()
