from llama_index.core.tools import FunctionTool


class Shop:
    def find_item(self, name: str) -> str:
        """Find an item."""
        return name

    def sell_item(self, name: str) -> str:
        """Sell it."""
        return name

    def tools(self):
        return [
            FunctionTool.from_defaults(self.find_item),
            FunctionTool.from_defaults(fn=self.sell_item, name="sell", description="Sell an item"),
        ]
