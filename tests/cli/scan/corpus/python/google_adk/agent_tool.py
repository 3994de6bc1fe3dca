from google.adk.agents import LlmAgent
from google.adk.tools.agent_tool import AgentTool

summariser = LlmAgent(name="summariser", model="gemini-2.5-flash", instruction="Summarise.")
root_agent = LlmAgent(name="editor", model="gemini-2.5-pro", tools=[AgentTool(agent=summariser)])
