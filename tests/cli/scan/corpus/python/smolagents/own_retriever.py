"""A class of this file with the name of another framework's tool; its instance is the same tool."""

from smolagents import CodeAgent, InferenceClientModel, Tool


class RetrieverTool(Tool):
    name = "manuals"
    description = "Finds pages of the manuals."
    inputs = {"query": {"type": "string", "description": "What to look for."}}
    output_type = "string"

    def __init__(self, pages, **kwargs):
        super().__init__(**kwargs)
        self.pages = pages

    def forward(self, query: str) -> str:
        return "\n".join(page for page in self.pages if query in page)


retriever = RetrieverTool(["one", "two"])
agent = CodeAgent(tools=[retriever], model=InferenceClientModel())
