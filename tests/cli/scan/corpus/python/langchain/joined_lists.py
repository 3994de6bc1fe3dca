from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from .retrieval import retriever_tool


@tool
def multiply(a: int, b: int) -> int:
    """Multiply."""
    return a * b


class Answer(BaseModel):
    """The final answer."""
    text: str


BASE_TOOLS = [multiply]
MORE = [retriever_tool]
model = ChatOpenAI(model="gpt-5").bind_tools(BASE_TOOLS + MORE + [Answer])
