from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field


class Router(BaseModel):
    """Send the question to the right desk."""
    desk: str = Field(description="billing or technical")


@tool
class Escalate(BaseModel):
    """Hand the conversation to a person."""
    reason: str


class Settings(BaseModel):
    retries: int = 3


llm = ChatOpenAI(model="gpt-5").bind_tools([Router, Escalate])
