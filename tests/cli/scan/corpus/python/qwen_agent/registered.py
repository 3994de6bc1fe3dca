from qwen_agent.agents import Assistant
from qwen_agent.tools.base import BaseTool, register_tool


@register_tool("my_image_gen")
class ImageGen(BaseTool):
    description = "Draws an image."
    parameters = [{"name": "prompt", "type": "string", "required": True}]

    def call(self, params: str, **kwargs) -> str:
        return params


bot = Assistant(llm={"model": "qwen-max"}, function_list=["my_image_gen"])
