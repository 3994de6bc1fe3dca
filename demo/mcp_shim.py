"""The MCP shim: point it at an MCP server, point the agent at it, and AgentSentinel sees each tool call.

    export AGENTSENTINEL_API_KEY=as_adm_...
    python demo/mcp_shim.py --agent-name my-mcp-agent \
        --upstream-cmd "npx -y @modelcontextprotocol/server-filesystem /tmp"

This is `sentinel shim` from a checkout, with its options.
"""

import sys
from pathlib import Path

if not __package__:  # `python demo/mcp_shim.py` looks for modules in demo/, not in the checkout
    packages = Path(__file__).resolve().parents[1] / "packages"
    # The checkout's own packages, so that none has to be installed: on the public index, the names belong to others.
    sys.path[:0] = [str(packages / name / "src") for name in ("shim", "sdk", "core")]

from agentsentinel_shim.command import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], prog="mcp_shim.py"))
