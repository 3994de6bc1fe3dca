"""`sentinel hook`: the hook feed of the package `agentsentinel-shim`, which is an extra of this one.

Coding agents run it before and after each tool call. So it imports nothing but the feed, and without the package it
still ends as a hook must: with nothing on standard output, and 0; or 2, which refuses the call, where it is to enforce.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE_ERROR = 2
"""Exit code of wrong usage; for every client, it also refuses the call of a hook that enforces."""
ENFORCE = "--enforce"


def run(arguments: Sequence[str]) -> int:
    """Take a hook's payload, or run one of the verbs; return the exit code."""
    words = list(arguments)
    is_feed = bool(words) and words[0].startswith("--") and words[0] not in ("--help", "--version")
    failed = USAGE_ERROR if not is_feed or ENFORCE in words else 0
    try:
        if is_feed:
            from agentsentinel_shim.hook.feed import run as run_feed

            return run_feed(words)
        from agentsentinel_shim.hook.command import run as run_verb
    except ModuleNotFoundError as error:
        sys.stderr.write(f"sentinel hook: {error.name} is not installed; install agentsentinel-cli[shim]\n")
        return failed
    except Exception as error:  # such as of a broken installation
        if not is_feed or ENFORCE not in words:
            raise
        sys.stderr.write(f"Refused by AgentSentinel: its hook cannot run ({type(error).__name__})\n")
        return failed
    return run_verb(words)
