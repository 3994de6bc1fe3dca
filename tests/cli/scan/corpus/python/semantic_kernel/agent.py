from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.connectors.ai.open_ai import AzureChatCompletion
from semantic_kernel.functions import kernel_function


class Menu:
    @kernel_function(description="Today's specials")
    def specials(self) -> str:
        return "soup"


host = ChatCompletionAgent(
    service=AzureChatCompletion(), name="Host", instructions="Answer about the menu.", plugins=[Menu()]
)
