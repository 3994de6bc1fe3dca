from langchain.agents import AgentExecutor, create_openai_functions_agent, initialize_agent
from langchain.tools import Tool
from langchain_community.tools import DuckDuckGoSearchRun
from langchain_openai import ChatOpenAI

llm = ChatOpenAI(model_name="gpt-4", temperature=0)


def count_words(text: str) -> int:
    return len(text.split())


tools = [DuckDuckGoSearchRun()]
tools.append(Tool(name="Word Counter", func=count_words, description="Counts words"))
agent = create_openai_functions_agent(llm, tools, prompt)
executor = AgentExecutor(agent=agent, tools=tools, verbose=True)
