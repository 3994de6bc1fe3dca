"""AgentSentinel for LangChain and LangGraph: one object in `callbacks` reports every tool call.

    sentinel = SentinelCallbackHandler(api_key=os.environ["AGENTSENTINEL_API_KEY"])
    agent.invoke(question, config={"callbacks": [sentinel]})

`instrument()` attaches it to every run of the process instead, without touching the places that call agents.
"""

from agentsentinel_langchain.handler import AsyncSentinelCallbackHandler, SentinelCallbackHandler
from agentsentinel_langchain.switch import instrument, uninstrument

__all__ = ["AsyncSentinelCallbackHandler", "SentinelCallbackHandler", "instrument", "uninstrument"]
