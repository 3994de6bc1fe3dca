from llama_index.core.agent.workflow import AgentWorkflow


async def look_around(place: str) -> str:
    """Describe a place."""
    return place


workflow = AgentWorkflow.from_tools_or_functions([look_around], llm=llm, system_prompt="A guide.")
