from openai import OpenAI

LOOKUP = "lookup_customer"


class Desk:
    SAVE = {
        "type": "function",
        "function": {
            "name": "save_note",
            "description": "Save a note on a customer",
            "parameters": {"type": "object", "properties": {"text": {"type": "string"}}},
        },
    }

    def schema(self) -> dict:
        return {
            "type": "function",
            "function": {
                "name": LOOKUP,
                "description": "Look a customer up",
                "parameters": {"type": "object", "properties": {"email": {"type": "string"}}},
            },
        }

    def ask(self, messages):
        return OpenAI().chat.completions.create(model="gpt-4o", messages=messages, tools=[self.schema(), self.SAVE])
