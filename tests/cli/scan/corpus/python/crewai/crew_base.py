from crewai import Agent, Crew, Task
from crewai.project import CrewBase, agent, crew, task, tool
from crewai_tools import FileReadTool


@CrewBase
class Research:
    @agent
    def researcher(self) -> Agent:
        return Agent(config=self.agents_config["researcher"], tools=[FileReadTool()], verbose=True)

    @task
    def research(self) -> Task:
        return Task(config=self.tasks_config["research"])

    @tool
    def reader(self):
        return FileReadTool()
