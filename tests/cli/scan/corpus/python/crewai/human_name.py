from crewai import Agent, Crew, Task
from crewai.tools import tool
from crewai_tools import SerperDevTool


@tool("Invoice Lookup")
def invoice(number: str) -> str:
    """Find an invoice by its number."""
    return DATABASE.execute("SELECT * FROM invoices WHERE number = ?", (number,)).fetchone()


clerk = Agent(role="Clerk", goal="Answer questions about invoices", backstory="Years of it.", tools=[invoice, SerperDevTool()])
crew = Crew(agents=[clerk], tasks=[Task(description="Answer", agent=clerk, expected_output="text")])
