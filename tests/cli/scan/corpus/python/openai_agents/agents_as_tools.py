from agents import Agent, CodeInterpreterTool, WebSearchTool

spanish = Agent(name="Spanish agent", instructions="Translate to Spanish.")
french = Agent(name="French agent", instructions="Translate to French.")

boss = Agent(
    name="Translator",
    instructions="Translate with your tools.",
    tools=[
        spanish.as_tool(tool_name="translate_to_spanish", tool_description="Translate to Spanish"),
        french.as_tool(tool_name="translate_to_french", tool_description="Translate to French"),
        WebSearchTool(),
        CodeInterpreterTool(tool_config={"type": "code_interpreter", "container": {"type": "auto"}}),
    ],
    handoffs=[spanish, french],
)
