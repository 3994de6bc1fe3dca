def history() -> list[dict]:
    return [
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "get_weather", "arguments": "{}", "description": "x"}}
            ],
        },
        {"role": "tool", "name": "get_weather", "tool_call_id": "1", "content": "sun"},
    ]


def force(client, messages, tools):
    return client.chat.completions.create(
        model="gpt-4o",
        messages=messages,
        tools=tools,
        tool_choice={"type": "function", "function": {"name": "get_weather"}},
    )


CALL = AIMessage(content="", tool_calls=[{"name": "search", "args": {}, "id": "2", "type": "tool_call"}])
