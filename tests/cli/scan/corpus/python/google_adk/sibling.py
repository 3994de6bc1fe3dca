from google.adk.agents import Agent
from myproject.tools.calendar import create_event

from .tools import list_events
from . import contacts

root_agent = Agent(name="secretary", model="gemini-2.5-flash", tools=[list_events, create_event, contacts.find])
