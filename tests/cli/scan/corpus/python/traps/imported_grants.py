from crewai import Agent
from crewai_tools import FileReadTool, SerperDevTool, WebsiteSearchTool

search = SerperDevTool()
site = WebsiteSearchTool(website="https://example.com")
writer = Agent(role="Writer", goal="Write", backstory="", tools=[search, site, FileReadTool()])
