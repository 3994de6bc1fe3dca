import openai

functions = [
    {
        "name": "create_event",
        "description": "Put an event into the calendar",
        "parameters": {"type": "object", "properties": {"when": {"type": "string"}}},
    }
]
answer = openai.ChatCompletion.create(model="gpt-3.5-turbo", messages=history, functions=functions, function_call="auto")
