from google import genai
from google.genai import types


def set_thermostat(celsius: float) -> dict:
    """Set the thermostat."""
    return {}


schedule = types.FunctionDeclaration(
    name="schedule_meeting",
    description="Schedule a meeting",
    parameters={"type": "OBJECT", "properties": {"day": {"type": "STRING"}}},
)
client = genai.Client()
client.models.generate_content(
    model="gemini-2.5-flash",
    contents="Too cold",
    config=types.GenerateContentConfig(tools=[set_thermostat, types.Tool(function_declarations=[schedule])]),
)
