"""What is attached to an agent or a server after it is made."""

from agentsentinel_cli.scan.model import GrantKind
from cli.scan.recognize.python.support import agents, granted


def test_a_server_that_others_are_mounted_on_offers_their_tools_too() -> None:
    proxy, main = agents(
        "from fastmcp import FastMCP\n"
        'proxy = FastMCP.as_proxy("http://x.example/mcp", name="Proxy")\n'
        'main = FastMCP("main")\n'
        '@main.tool\ndef find(code: str) -> str:\n    """Find."""\n'
        'main.mount(proxy, prefix="p")\n'
    )
    assert (proxy.name, main.name) == ("Proxy", "main")
    assert {kind for kind, _ in granted(main)} == {GrantKind.LOCAL, GrantKind.DYNAMIC}
