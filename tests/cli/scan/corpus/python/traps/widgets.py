from matplotlib.backend_tools import ToolBase, ToolToggleBase


class ListTools(ToolBase):
    name = "list_tools"
    default_keymap = "m"
    description = "List tools"

    def trigger(self, *args, **kwargs):
        print("tools")
