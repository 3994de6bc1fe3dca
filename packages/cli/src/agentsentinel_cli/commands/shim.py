"""`sentinel shim`: the relay of the package `agentsentinel-shim`, which is an extra of this one."""

import sys
from collections.abc import Sequence

USAGE_ERROR = 2


def run(arguments: Sequence[str]) -> int:
    """Run the shim with these options; return its exit code."""
    try:
        from agentsentinel_shim.command import run as run_shim
    except ModuleNotFoundError as error:
        sys.stderr.write(f"sentinel shim: {error.name} is not installed; install agentsentinel-cli[shim]\n")
        return USAGE_ERROR
    return run_shim(arguments)
