import chainlit as cl
from fastapi import FastAPI
from haystack import component

app = FastAPI(title="tools")


@app.post("/tools/{name}")
async def run_tool(name: str, body: dict) -> dict:
    return {"name": name}


@app.get("/tools")
def list_tools() -> list[str]:
    return ["search", "mail"]


@cl.step(type="tool")
async def lookup(question: str) -> str:
    return question


@component
class Joiner:
    @component.output_types(text=str)
    def run(self, parts: list[str]):
        return {"text": "".join(parts)}
