from browser_use import Agent, Controller

controller = Controller()


@controller.action("Ask a person for help")
def ask_human(question: str) -> str:
    return input(question)


agent = Agent(task="Book a table", controller=controller)
