from crewai.tools import BaseTool


class Named(BaseTool):
    prefix: str = "desk_"

    def __init__(self, **kwargs):
        super().__init__(name="desk_answer", description="Answer", **kwargs)

    def _run(self, question: str) -> str:
        return question
