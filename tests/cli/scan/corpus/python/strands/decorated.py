from strands import Agent, tool
from strands_tools import calculator, shell


@tool
def letter_count(word: str, letter: str) -> int:
    """Count a letter in a word."""
    return word.count(letter)


@tool(name="post_status", description="Post a status to the team's channel")
def status(text: str) -> str:
    slack = WebClient(token=TOKEN)
    slack.chat_postMessage(channel="#team", text=text)
    return "posted"


agent = Agent(model="us.anthropic.claude-sonnet-4", system_prompt="Help.", tools=[letter_count, status, calculator, shell])
