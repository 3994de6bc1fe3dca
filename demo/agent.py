"""The demo agent: a sales assistant with five tools, six prompts, and AgentSentinel watching each call.

    export AGENTSENTINEL_API_KEY=as_adm_...
    python demo/agent.py

With ANTHROPIC_API_KEY set a real Claude decides which tools to call; without it a scripted model plays the same six
prompts through the same loop, offline. The tools only pretend in both cases.

The agent keeps its name between runs on one machine, so its history goes on: a tool that was new and suspicious in the
first run is routine in the second.
"""

import argparse
import getpass
import hashlib
import os
import platform
import secrets
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if not __package__:  # `python demo/agent.py` looks for modules in demo/, not in the checkout
    checkout = Path(__file__).resolve().parents[1]
    # The checkout's own packages, so that none has to be installed: on the public index, the names belong to others.
    sys.path[:0] = [str(checkout), str(checkout / "packages/sdk/src"), str(checkout / "packages/core/src")]

from agentsentinel_sdk import (
    Agent,
    AuthenticationError,
    Client,
    ConnectionFailed,
    ModelClient,
    PermissionDenied,
    SentinelError,
)
from agentsentinel_sdk.client import DEFAULT_BASE_URL
from demo.scripted_model import MODEL_NAME as SCRIPTED_MODEL_NAME
from demo.scripted_model import PROMPTS, ScriptedModel
from demo.sentinel_middleware import SentinelMiddleware
from demo.tools import TOOLS

if TYPE_CHECKING:
    import httpx2

CLAUDE_MODEL = "claude-opus-4-7"
OWNER_TEAM = "sales-eng"
DESCRIPTION = (
    "Sales assistant: looks up customers and revenue, fetches web pages, sends e-mail to customers and colleagues, "
    "and writes reports to the team drive."
)

RULE = "═" * 60
NAME_WIDTH = max(len(tool.name) for tool in TOOLS)
FLAGGED_FROM = 0.7
"""The anomaly score from which a call gets a warning sign."""
PROMPTS_PER_TRUST_LINE = 3
LONGEST_PACE_SECONDS = 60

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130
"""What shells use for a program ended by Ctrl+C: 128 + SIGINT."""


class DemoError(Exception):
    """The demo cannot go on; the message is for the person at the terminal."""


@dataclass(frozen=True)
class Options:
    """Settings from the command line and the environment."""

    api_key: str
    """The AgentSentinel key; an admin key, since the demo registers its agent."""
    sentinel_url: str
    offline: bool
    """Whether the scripted model replaces Claude."""
    new_agent: bool
    """Whether to start a new history."""
    pace_seconds: float
    """Pause after each tool call, at least 0."""


def main(arguments: Sequence[str] | None = None, transport: "httpx2.BaseTransport | None" = None) -> int:
    """Run the demo and return the exit code: 0, 1 when it could not run, 130 after Ctrl+C.

    `transport` replaces the network between the demo and AgentSentinel, for tests.
    """
    _prepare(sys.stdout)
    try:
        return _run(_options(arguments), transport)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # `python demo/agent.py | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except DemoError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_FAILED


def _run(options: Options, transport: "httpx2.BaseTransport | None") -> int:
    model = _model(options)
    with _connect(options, transport) as sentinel:
        try:
            agent = _register(sentinel, options)
        except SentinelError as error:
            raise DemoError(_explanation(error, options)) from error
        return _work(model, sentinel, agent, options)


def _work(model: ModelClient, sentinel: Client, agent: Agent, options: Options) -> int:
    """Run all prompts and return the exit code; Ctrl+C ends the run early.

    The trust line is printed every few prompts and at the end, also after Ctrl+C.
    """
    watched = SentinelMiddleware(
        model,
        sentinel,
        agent.id,
        session_id=f"demo-{secrets.token_hex(4)}",
        tools=TOOLS,
        model=CLAUDE_MODEL,
        on_text=_print_text,
        on_tool_call=lambda name, score: _print_call(name, score, options.pace_seconds),
    )
    try:
        for number, prompt in enumerate(PROMPTS, start=1):
            print(f"\n{RULE}\n[{number}/{len(PROMPTS)}] User: {prompt}\n{RULE}")
            _ask(watched, prompt)
            if number % PROMPTS_PER_TRUST_LINE == 0 and number < len(PROMPTS):
                _print_trust(sentinel, agent)
    except KeyboardInterrupt:
        print("\n[sentinel] Interrupted")
        _print_trust(sentinel, agent)
        return EXIT_INTERRUPTED
    if watched.unreported:
        print(f"[sentinel] {watched.unreported} tool calls could not be reported")
    _print_trust(sentinel, agent)
    return 0


def _ask(watched: SentinelMiddleware, prompt: str) -> None:
    try:
        watched.run(prompt)
    except Exception as error:
        # The anthropic package may be absent, so its errors are recognized by their module's name.
        if type(error).__module__.partition(".")[0] != "anthropic":
            raise
        raise DemoError(f"Claude did not answer: {error}\nTry again, or play the script: --offline") from error


# --- setting up ---------------------------------------------------------------------------------------------------


def _options(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="demo/agent.py", description="A sales assistant watched by AgentSentinel.")
    parser.add_argument("--offline", action="store_true", help="play the script even if ANTHROPIC_API_KEY is set")
    parser.add_argument("--new-agent", action="store_true", help="register a new agent instead of going on with yours")
    parser.add_argument("--pace", type=_seconds, default=0.0, metavar="SECONDS", help="pause after each tool call")
    parser.add_argument("--api-key", metavar="KEY", help="AgentSentinel admin key (default: AGENTSENTINEL_API_KEY)")
    parser.add_argument(
        "--sentinel-url", metavar="URL", help=f"where AgentSentinel is (default: SENTINEL_URL or {DEFAULT_BASE_URL})"
    )
    given = parser.parse_args(arguments)
    api_key = given.api_key or os.environ.get("AGENTSENTINEL_API_KEY", "")
    if not api_key.strip():
        raise DemoError(
            "AGENTSENTINEL_API_KEY is not set. Give the admin key that the server showed at its first start:\n"
            "    export AGENTSENTINEL_API_KEY=as_adm_..."
        )
    return Options(
        api_key=api_key,
        sentinel_url=given.sentinel_url or os.environ.get("SENTINEL_URL") or DEFAULT_BASE_URL,
        offline=given.offline or not os.environ.get("ANTHROPIC_API_KEY"),
        new_agent=given.new_agent,
        pace_seconds=given.pace,
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_PACE_SECONDS:  # this form of the comparison refuses nan as well
        raise argparse.ArgumentTypeError(f"a pause is 0 to {LONGEST_PACE_SECONDS} seconds, got {text!r}")
    return seconds


def _model(options: Options) -> ModelClient:
    if options.offline:
        print("[demo] Offline: a script plays the model and the tools only pretend", file=sys.stderr)
        return ScriptedModel()
    try:
        import anthropic  # offline must work without it
    except ImportError:
        message = "the package anthropic is missing: pip install -r demo/requirements.txt, or use --offline"
        raise DemoError(message) from None
    return anthropic.Anthropic()


def _connect(options: Options, transport: "httpx2.BaseTransport | None") -> Client:
    try:
        return Client(options.api_key, options.sentinel_url, transport=transport)
    except SentinelError as error:
        raise DemoError(str(error)) from error


def _register(sentinel: Client, options: Options) -> Agent:
    """Find or add the agent and grant it its tools; raises the errors of the SDK."""
    sentinel.health()
    name = _agent_name(options)
    known = sentinel.find_agent(name)
    agent = known or sentinel.register_agent(
        name,
        model=SCRIPTED_MODEL_NAME if options.offline else CLAUDE_MODEL,
        owner_team=OWNER_TEAM,
        description=DESCRIPTION,
    )
    print(f"[sentinel] Registered agent: {agent.id}{' (known already: its history continues)' if known else ''}")
    for tool in TOOLS:
        sentinel.add_grant(agent.id, tool.name)
    print(f"[sentinel] Added {len(TOOLS)} tool grants")
    return agent


def _agent_name(options: Options) -> str:
    """Return `demo-sales-agent-` and six hexadecimal digits.

    The digits are the same for one user on one machine, and random with `--new-agent`.
    """
    if options.new_agent:
        return f"demo-sales-agent-{secrets.token_hex(3)}"
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container may run under a number without a name
        user = str(os.getuid())
    digest = hashlib.sha256(f"{platform.node()}\0{user}".encode("utf-8", "replace")).hexdigest()
    return f"demo-sales-agent-{digest[:6]}"


def _explanation(error: SentinelError, options: Options) -> str:
    if isinstance(error, ConnectionFailed):
        return f"no AgentSentinel server at {options.sentinel_url}. Start it with `make up`, then run the demo again."
    if isinstance(error, AuthenticationError):
        return (
            f"the AgentSentinel server at {options.sentinel_url} does not accept this key: is it from another server?"
        )
    if isinstance(error, PermissionDenied):
        return f"this key may not register an agent, an admin key (as_adm_...) may: {error}"
    return f"the agent could not be registered at {options.sentinel_url}: {error}"


# --- printing -----------------------------------------------------------------------------------------------------


def _prepare(output: TextIO) -> None:
    """Flush the output after each line, also in a pipe; print `?` where the terminal's encoding lacks `═` or `→`."""
    reconfigure: Any = getattr(output, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="replace", line_buffering=True)


def _print_call(name: str, score: float | None, pace_seconds: float) -> None:
    anomaly = "not reported" if score is None else f"{score:.3f}"
    flag = " ⚠️" if score is not None and score >= FLAGGED_FROM else ""
    print(f"  → tool={name:<{NAME_WIDTH}} anomaly={anomaly}{flag}")
    time.sleep(pace_seconds)


def _print_text(text: str) -> None:
    print("\n".join(f"  {line}" if line else "" for line in text.splitlines()))


def _print_trust(sentinel: Client, agent: Agent) -> None:
    try:
        score = sentinel.score(agent.id)
    except SentinelError as error:
        print(f"[sentinel] Trust score: not available, {error}")
        return
    trust = "not scored yet" if score.trust_score is None else round(score.trust_score, 2)
    print(f"[sentinel] Trust score: {trust} ({score.status})")


if __name__ == "__main__":
    sys.exit(main())
