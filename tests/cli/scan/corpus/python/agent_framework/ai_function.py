from agent_framework import ChatAgent, ai_function


@ai_function(name="open_gate", description="Open the gate")
def gate(code: str) -> bool:
    return True


guard = ChatAgent(chat_client=client, name="Guard", instructions="Guard the gate.", tools=[gate])
