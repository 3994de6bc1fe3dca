import autogen

assistant = autogen.AssistantAgent("assistant", llm_config={"config_list": [{"model": "gpt-4o", "api_key": KEY}]})
user = autogen.UserProxyAgent("user", code_execution_config={"work_dir": "out", "use_docker": False})


@user.register_for_execution()
@assistant.register_for_llm(name="python", description="Run a cell of Python")
def run_cell(cell: str) -> str:
    return exec(cell)


@user.register_for_execution()
@assistant.register_for_llm(description="Exchange a sum")
def exchange(amount: float) -> float:
    return amount * 1.1
