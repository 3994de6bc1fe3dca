"""`sentinel hook`: takes one payload from standard input, answers the client, and leaves one line for the shipper.

It runs inside the user's coding agent, before and after every tool call, so it must be fast and must never harm.
Without `--enforce`, whatever goes wrong here ends with exit code 0 and nothing on standard output, which every client
reads as "go on", and one line in the feed's own log. With `--enforce`, a call that cannot be decided is refused.
"""

from __future__ import annotations

import os
import sys
import time

from agentsentinel_shim.hook import spool
from agentsentinel_shim.hook.calls import AFTER, BEFORE, may_be_before, read_call, unreadable_call
from agentsentinel_shim.hook.light_hash import digest
from agentsentinel_shim.hook.light_json import line, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from agentsentinel_shim.hook.calls import Call

    Verdict = dict[str, Any]
    """Members `decision`, `would_block`, `rule` and `why`; empty when nothing was judged."""

HASH_KEY_VARIABLE = "AGENTSENTINEL_HASH_KEY"
PROBE_VARIABLE = "AGENTSENTINEL_HOOK_PROBE"
"""A file that takes the line instead of the spool: `sentinel hook status` runs the command so."""
MOST_BYTES = 64 * 1024 * 1024
LONGEST_NAME = 255
ENFORCE = "--enforce"
OPTIONS = ("--client", "--event", "--sentinel-url", "--api-key-file", "--policy")
BLOCKED = 2
"""Exit code that refuses a call without an answer, with the reason on standard error, for all clients."""
DEADLINE_SECONDS = 8.0
"""Time after which an enforcing hook refuses a call: the clients wait for 10 s, and then let it go on."""


def run(words: list[str]) -> int:
    """Take a payload. Returns 0, whatever happens; with `--enforce`, 2 where a call is refused without an answer."""
    folder, now, enforces = spool.default_folder(), time.time(), ENFORCE in words
    options: dict[str, str] = {}
    try:
        taken = _take_in_time(words, options, folder) if enforces else _take(words, options, folder)
        if taken is None:
            return 0
        call, verdict = taken
    except Exception as error:
        spool.log(folder, _sentence(error))
        if not enforces:
            return 0
        call, verdict = unreadable_call(), _failed(error)
    code = _refuse(options.get("--client", ""), verdict) if verdict.get("decision") == "deny" else 0
    try:
        _keep(record_of(call, options, now, verdict), folder, now)
    except Exception as error:
        spool.log(folder, _sentence(error))
    return code


def _take_in_time(words: list[str], options: dict[str, str], folder: str) -> tuple[Call, Verdict] | None:
    """Do as `_take`. Raises TimeoutError, too."""
    from agentsentinel_shim.hook.deadline import Deadline

    with Deadline(DEADLINE_SECONDS):
        return _take(words, options, folder)


def _take(words: list[str], options: dict[str, str], folder: str) -> tuple[Call, Verdict] | None:
    """Read the options and the payload; return the call and what was decided about it. Raises ValueError and OSError.

    Nothing is returned for a payload that is not about a call. The options are there for the caller whatever follows.
    """
    options |= options_of(words)
    enforces = ENFORCE in words
    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    call = _call_in(data, options, enforces=enforces)
    return None if call is None else (call, _verdict(call, data, options, folder, enforces=enforces))


def options_of(words: list[str]) -> dict[str, str]:
    """Return the options by name. Raises ValueError for what is not one."""
    rest = [word for word in words if word != ENFORCE]
    options = {rest[at]: rest[at + 1] for at in range(0, len(rest) - 1, 2)}
    if len(rest) % 2 or not options.keys() <= set(OPTIONS) or "--client" not in options:
        raise ValueError("unknown options")
    return options


def _call_in(data: bytes, options: dict[str, str], *, enforces: bool) -> Call | None:
    """Return the call in a payload; None for an event that is not about one. Raises ValueError and RecursionError."""
    if len(data) > MOST_BYTES:
        raise ValueError("the payload is too large")
    payload, event = parse(data.decode("utf-8", "surrogatepass")), options.get("--event", "")
    call = read_call(payload, event)
    if call is None and enforces and may_be_before(payload, event):
        raise ValueError("the payload names no tool")
    return call


def _verdict(call: Call, data: bytes, options: dict[str, str], folder: str, *, enforces: bool) -> Verdict:
    """Return what was decided about a call; empty when nothing was judged, which only an enforcing hook minds."""
    policy = options.get("--policy", "")
    if call.phase != BEFORE or not (policy or enforces):
        return {}
    from agentsentinel_shim.hook.ask import CALL, PROBE, Decider  # on the way of a hook that decides alone

    question = PROBE if os.environ.get(PROBE_VARIABLE) else CALL
    event = options.get("--event", "")
    where = options.get("--sentinel-url", ""), options.get("--api-key-file", ""), policy
    try:
        decider = Decider(folder, options["--client"], *where, enforces=enforces)
        if not enforces:
            return _observed(decider.ask_if_there(question, event, data))
        return _checked(decider.ask(question, event, data))
    except Exception as error:
        spool.log(folder, _sentence(error))
        return _failed(error) if enforces else {}


def _checked(verdict: Any) -> Verdict:
    """Return a verdict that decides. Raises ValueError for an answer that does not."""
    if not isinstance(verdict, dict) or verdict.get("decision") not in ("allow", "deny"):
        raise ValueError("the process that decides gave no decision")
    answer: Verdict = verdict
    return answer


def _observed(verdict: Any) -> Verdict:
    """Return a verdict that refuses nothing; empty for any other answer."""
    return verdict if isinstance(verdict, dict) and verdict.get("decision") == "allow" else {}


def _failed(error: Exception) -> Verdict:
    """Return the verdict about a call that could not be judged."""
    from agentsentinel_shim.hook.answers import FAILED

    return {"decision": "deny", "rule": FAILED, "why": f"nothing could decide about this call ({_sentence(error)})"}


def _sentence(error: Exception) -> str:
    """Say what went wrong, without a value of the payload."""
    is_ours = isinstance(error, OSError) or type(error) is ValueError
    return f"{type(error).__name__}: {error}" if is_ours else type(error).__name__


def _refuse(client: str, verdict: Verdict) -> int:
    """Answer that a call is refused, and return the exit code that goes with the answer."""
    from agentsentinel_shim.hook.answers import denial, reason

    rule, why = str(verdict.get("rule")), str(verdict.get("why", ""))
    try:
        sys.stdout.write(denial(client, rule, why))
        sys.stdout.flush()
    except (OSError, ValueError, KeyError):  # standard output is closed, or the client is an unknown one
        sys.stderr.write(reason(client or "NAME", rule, why) + "\n")
        return BLOCKED
    return 0


def _keep(record: dict[str, str | float | None], folder: str, now: float) -> None:
    """Leave a record for the shipper, and start one where none is at work. Raises OSError."""
    if not record["client"]:
        return  # whose call it was cannot be said
    text = line(record)
    probe = os.environ.get(PROBE_VARIABLE)
    if probe:
        with open(probe, "w", encoding="utf-8") as file:
            file.write(text)
        return
    if not spool.append(folder, text):
        spool.log(folder, "the spool is full: a call was dropped; `sentinel hook status` says why nothing is sent")
    if not spool.is_paused(folder, now) and not spool.is_shipping(folder):
        start_shipper(folder)


def record_of(
    call: Call, options: dict[str, str], now: float, verdict: Verdict | None = None
) -> dict[str, str | float | None]:
    """Return what is kept of one side of a call: names, times, digests, and what was decided."""
    key = os.environ.get(HASH_KEY_VARIABLE, "").encode() or None
    is_after = call.phase == AFTER
    verdict = verdict or {}
    return {
        "phase": call.phase,
        "client": options.get("--client"),
        "at": now,
        "tool": call.name[:LONGEST_NAME],
        "server": call.server[:LONGEST_NAME],
        "operation": call.operation,
        "session": call.session[:LONGEST_NAME],
        "call_id": call.call_id[:LONGEST_NAME],
        "input": digest({} if call.value is None else call.value, key),
        "output": digest(call.output, key) if is_after else None,
        "status": call.status,
        "duration_ms": call.duration_ms,
        "url": options.get("--sentinel-url"),
        "key_file": options.get("--api-key-file"),
        "decision": verdict.get("decision"),
        "would_block": 1 if verdict.get("would_block") else None,
        "rule": verdict.get("rule"),
    }


def start_shipper(folder: str) -> None:
    """Start the process that sends."""
    from agentsentinel_shim.hook.background import start

    start("agentsentinel_shim.hook.ship", folder)
