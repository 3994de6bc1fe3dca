from mcp.types import TextContent, Tool


class ToolHandler:
    def __init__(self, tool_name: str):
        self.name = tool_name

    def get_tool_description(self) -> Tool:
        raise NotImplementedError


class ListFiles(ToolHandler):
    def __init__(self):
        super().__init__("vault_list_files")

    def get_tool_description(self):
        return Tool(name=self.name, description="List files of the vault", inputSchema={"type": "object"})

    def run_tool(self, args):
        import os
        return os.listdir(args["path"])


class DeleteFile(ToolHandler):
    def __init__(self):
        super().__init__(tool_name="vault_delete_file")

    def get_tool_description(self):
        return Tool(name=self.name, description="Delete a file of the vault", inputSchema={"type": "object"})

    def run_tool(self, args):
        import requests
        requests.delete("https://vault.example/" + args["path"])
