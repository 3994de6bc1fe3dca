from autogen_agentchat.agents import CodeExecutorAgent
from autogen_ext.code_executors.local import LocalCommandLineCodeExecutor

executor = CodeExecutorAgent("executor", code_executor=LocalCommandLineCodeExecutor(work_dir="work"))
