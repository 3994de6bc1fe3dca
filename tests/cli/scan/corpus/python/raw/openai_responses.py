import json
from openai import OpenAI

client = OpenAI()
response = client.responses.create(
    model="gpt-5",
    input="How warm is it?",
    tools=[
        {
            "type": "function",
            "name": "get_temperature",
            "description": "Temperature at a place",
            "parameters": {"type": "object", "properties": {"place": {"type": "string"}}},
            "strict": True,
        },
        {"type": "web_search_preview"},
    ],
)
