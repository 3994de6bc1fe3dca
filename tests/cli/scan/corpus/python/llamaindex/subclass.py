from llama_index.core.tools import FunctionTool


class TracedTool(FunctionTool):
    """A function tool that writes a trace."""

    def call(self, *args, **kwargs):
        return super().call(*args, **kwargs)


def ping(host: str) -> str:
    import subprocess
    return subprocess.check_output(["ping", "-c1", host]).decode()


tool = TracedTool.from_defaults(fn=ping)
