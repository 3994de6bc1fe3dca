"""What the process that decides answers: verdicts of the judge that the shim uses, from the same kind of knowledge."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

from agentsentinel_sdk import Client, SentinelError
from agentsentinel_sdk.client import DEFAULT_BASE_URL, http_settings
from agentsentinel_sdk.identity import AgentRegistry, Refusal
from agentsentinel_sdk.reporter import API_KEY_VARIABLE, BASE_URL_VARIABLE
from agentsentinel_shim.enforcement.judge import STALE, Judge
from agentsentinel_shim.enforcement.poller import MOST_AGE_SECONDS, PolicyFile, SnapshotPoller, replace_file
from agentsentinel_shim.enforcement.verdict import Verdict
from agentsentinel_shim.hook.answers import FAILED
from agentsentinel_shim.hook.ask import PROBE, STATE
from agentsentinel_shim.hook.calls import read_call
from agentsentinel_shim.hook.joining import Sender
from agentsentinel_shim.hook.light_json import parse
from agentsentinel_shim.hook.ship import agent_name, identity_of
from agentsentinel_shim.key_file import read_key

STATE_FILE, POLICY_COPY = "state.json", "policy.yaml"
FIRST_SECONDS = 4.0
"""How long a call of an enforcing hook waits for the first answer of the server."""
REQUEST_SECONDS = 5.0
PROBED = "builtin-probe"
"""Rule of the denial that `sentinel hook status` asks for."""
Say = Callable[[str], object]


class Decisions:
    """Decides for the hooks of one agent, as a context. For one thread.

    Args:
        folder: where the state of this process outlives it.
        words: client, URL, key's file, policy's file and `enforce`, each of which may be empty.
        say: takes a line for the log.
        most_age: seconds after which a snapshot is not enforced.
    """

    def __init__(self, folder: Path, words: list[str], say: Say, most_age: float = MOST_AGE_SECONDS) -> None:
        client, url, key_file, policy, mode = words
        self._folder = folder
        self._sender = Sender(client, url, key_file)
        self._agent_name = agent_name(client)
        self._policy_path = Path(policy) if policy else None
        self._enforces = mode == "enforce"
        self._say = say
        self._most_age = most_age
        self._saved: dict[str, Any] = {}
        self._sources: _Sources | None = None
        self._judge: Judge | None = None

    def __enter__(self) -> Decisions:
        logger = logging.getLogger("agentsentinel.shim")
        logger.addHandler(_Log(self._say))
        logger.propagate = False
        return self

    def __exit__(self, *_: object) -> None:
        if self._sources is not None:
            self._sources.close()

    def answer(self, question: bytes) -> bytes:
        """Answer a question: its kind and the event's name on the first line, then the payload of the hook."""
        head, _, data = question.partition(b"\n")
        kind, _, event = head.decode("ascii", "replace").partition(" ")
        try:
            answer = self._state() if kind == STATE else self._decided(kind, event, data)
        except Exception as error:
            self._say(f"a call could not be judged: {_sentence(error)}")
            answer = _members(self._failed(_sentence(error)))
        return json.dumps(answer).encode()

    def save(self) -> None:
        """Write down what the next process has to know of the calls so far, where that has changed."""
        if self._judge is None or (state := self._judge.state) == self._saved:
            return
        try:
            replace_file(self._folder / STATE_FILE, json.dumps(state).encode())
            self._saved = state
        except OSError as error:
            self._say(f"the facts of sessions cannot be written down: {error.strerror}")

    def _decided(self, kind: str, event: str, data: bytes) -> dict[str, Any]:
        sources, judge = self._made()
        if self._enforces:
            sources.poller.wait_for_try(FIRST_SECONDS)
        call = read_call(parse(data.decode("utf-8", "surrogatepass")), event)
        if call is None:
            raise ValueError("the payload names no tool")
        arguments = {} if call.value is None else call.value if isinstance(call.value, dict) else None
        if kind == PROBE:
            judge = _judge_of(
                sources, self._agent_name, enforces=self._enforces
            )  # of its own, so that a probe counts for nothing
        verdict = judge.judge(call.server, call.name, arguments, call.session, time.time())
        if verdict.rule == STALE and sources.trouble:
            verdict = Verdict(verdict.decision, verdict.would_block, STALE, f"{verdict.why} ({sources.trouble})")
        if kind == PROBE and verdict.decision == "allow" and self._enforces:
            verdict = Verdict("deny", rule=PROBED, why="this call only asks whether a denial takes effect")
        return _members(verdict)

    def _made(self) -> tuple[_Sources, Judge]:
        """Return what knows and what judges. Raises ValueError while a policy or a key is missing; asked again then."""
        if self._sources is None or self._judge is None:
            sources = _Sources(self._sender, self._policy_path, self._folder / POLICY_COPY, self._most_age)
            judge = _judge_of(sources, self._agent_name, enforces=self._enforces)
            self._restore(judge)
            sources.poller.start()
            self._sources, self._judge = sources, judge
        return self._sources, self._judge

    def _restore(self, judge: Judge) -> None:
        path = self._folder / STATE_FILE
        try:
            if path.exists():
                judge.restore(json.loads(path.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._say(f"the facts of earlier sessions cannot be read: {type(error).__name__}")

    def _state(self) -> dict[str, Any]:
        sources, _ = self._made()
        sources.poller.wait_for_try(FIRST_SECONDS)
        known, policy = sources.poller.knowledge(), sources.poller.policy()
        return {
            "rules": None if policy is None else len(policy.rules),
            "problem": sources.policy_problem,
            "is_fresh": known.snapshot is not None and known.is_fresh,
            "is_suspended": known.snapshot is not None and known.snapshot.is_suspended,
            "trouble": sources.trouble,
        }

    def _failed(self, why: str) -> Verdict:
        if not self._enforces:
            return Verdict("allow")
        return Verdict("deny", rule=FAILED, why=why)


class _Sources:
    """The policy's file and the server, kept current. Raises ValueError without a policy or a key that can be used."""

    def __init__(self, sender: Sender, policy: Path | None, copy: Path, most_age: float) -> None:
        key = (None if sender.key_file else os.environ.get(API_KEY_VARIABLE)) or read_key(
            Path(sender.key_file) if sender.key_file else None
        )
        url = sender.url or os.environ.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL
        self._policy = None if policy is None else PolicyFile(policy, copy)
        self._client = Client(key, url, timeout=REQUEST_SECONDS, most_attempts=1)
        self._registry = AgentRegistry(identity_of(sender.client), lambda _: None, lambda _: None)
        http = httpx2.Client(**http_settings(key, f"{url.rstrip('/')}/api/v1/", REQUEST_SECONDS))
        self._trouble = ""
        self.poller = SnapshotPoller(http, self._agent_id, self._policy, most_age, self._take_trouble)

    def close(self) -> None:
        """Stop to ask the server."""
        self.poller.close()
        self._client.close()

    @property
    def trouble(self) -> str:
        """What the newest question to the server ended in; empty while what is known is young enough."""
        return "" if self.poller.knowledge().is_fresh else self._trouble

    @property
    def policy_problem(self) -> str:
        """Why the policy's file was not loaded as it is now."""
        return "" if self._policy is None else self._policy.problem

    def _agent_id(self) -> str | None:
        """Return the agent's id, registered where the server knows none; None while that cannot be."""
        try:
            return self._registry.agent_id(self._client)
        except (SentinelError, Refusal) as error:
            self._take_trouble(error)
            return None

    def _take_trouble(self, error: Exception) -> None:
        status = error.response.status_code if isinstance(error, httpx2.HTTPStatusError) else None
        if status == httpx2.codes.NOT_FOUND:
            self._registry.forget()  # it was deleted, and is registered anew
        what = f"it answers {status}" if status else next(iter(str(error).splitlines()), type(error).__name__)
        self._trouble = f"AgentSentinel does not answer as it should: {what[:200]}"


def _judge_of(sources: _Sources, name: str, *, enforces: bool) -> Judge:
    return Judge(sources.poller.policy, sources.poller.knowledge, enforces=enforces, agent_name=name)


class _Log(logging.Handler):
    def __init__(self, say: Say) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(record.getMessage())


def _members(verdict: Verdict) -> dict[str, Any]:
    return {
        "decision": verdict.decision,
        "would_block": verdict.would_block,
        "rule": verdict.rule,
        "why": verdict.why,
    }


def _sentence(error: Exception) -> str:
    """Say what went wrong; the texts of other errors may hold a value of the payload."""
    return "; ".join(str(error).splitlines()) if isinstance(error, ValueError | OSError) else type(error).__name__
