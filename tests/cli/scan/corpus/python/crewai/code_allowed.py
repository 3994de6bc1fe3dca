from crewai import Agent

analyst = Agent(role="Analyst", goal="Compute figures", backstory="Numbers.", allow_code_execution=True)
