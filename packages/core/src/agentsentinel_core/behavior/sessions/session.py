"""One session while it runs: what the detectors need to know of its calls so far."""

import sys
from collections import defaultdict
from typing import Any, Literal, NamedTuple

from agentsentinel_core.tools.capability import ToolScope
from agentsentinel_core.tools.classify import classify

Verdict = Literal["fine", "attack"]
"""What a person says about a session: a fine one teaches whatever its risk, an attack never does."""

MAX_DISTINCT = 64
"""Tokens of one session that are compared with each other."""
START = "^"
"""Token before the first call of a session."""


class Call(NamedTuple):
    """One tool call, as session risk sees it."""

    token: str
    """The tool, with its operation if it has one: what an agent does, not with what."""
    at: float
    """POSIX seconds."""
    argument: str | None = None
    """Digest of the arguments; None when unknown."""
    is_write: bool = False
    """Whether the tool changes anything, by its name."""
    is_granted: bool = True
    """False for a tool that is not among the agent's grants, of which it has some."""


def call_of(
    tool: str, at: float, operation: str | None = None, argument: str | None = None, *, is_granted: bool = True
) -> Call:
    """Return a tool call; whether it writes is classified from the tool's name, which is cached."""
    token = f"{tool} {operation}" if operation else tool
    return Call(token, at, argument, classify(tool).scope is not ToolScope.READ, is_granted)


class Session:
    """Calls of one session. Bounded by the cutter's limit of calls for one session."""

    __slots__ = (
        "calls",
        "distinct",
        "maxima",
        "messages",
        "number",
        "ranks",
        "reads",
        "reasons",
        "risk",
        "started_at",
        "tokens",
        "totals",
        "verdict",
        "writes",
    )

    def __init__(self, at: float, detectors: int, number: int = 0) -> None:
        self.number = number
        """Number that the cutter gave it."""
        self.started_at = at
        self.tokens: list[str] = []
        """Tokens of the calls before the current one."""
        self.calls: list[Call] = []
        """Calls before the current one."""
        self.distinct: dict[str, None] = {}
        """The first MAX_DISTINCT tokens of the calls before the current one, in order, without repeats."""
        self.reads: dict[str, None] = {}
        """Tokens of the calls before the current one that only read, in order, without repeats."""
        self.writes: list[tuple[str, str]] = []
        """Pairs of an earlier read and a write; with repeats."""
        self.totals: dict[str, float] = defaultdict(float)
        """Running numbers of detectors, by id."""
        self.maxima = [0.0] * detectors
        """Highest strength of each detector so far."""
        self.ranks = [0.0] * detectors
        """How rare those are, in bits."""
        self.messages: dict[str, str] = {}
        """What each detector said of the call that was the strongest for it, by id, where the engine explains."""
        self.risk = 0.0
        self.reasons: list[Any] = []
        """The `RiskReason`s of its risk, where the engine explains."""
        self.verdict: Verdict | None = None

    @property
    def previous(self) -> Call | None:
        """Call before the current one."""
        return self.calls[-1] if self.calls else None

    @property
    def context(self) -> tuple[str, ...]:
        """The two tokens before the current call, or START and fewer at the beginning."""
        return tuple(self.tokens[-2:]) if len(self.tokens) > 1 else (START, *self.tokens)

    def window(self, length: int, token: str) -> tuple[str, ...]:
        """Return the last tokens up to this one, filled up with START."""
        tokens = (*([START] * length), *self.tokens[-length:], token)
        return tokens[-length:]

    def kept_for_learning(self) -> "Session":
        """Return a copy with what learning needs: without arguments and texts, and each pair of a flow once.

        Tokens are interned, since hundreds of sessions that wait share a few.
        """
        kept = Session(self.started_at, len(self.maxima), self.number)
        for call in self.calls:
            kept.add(call._replace(token=sys.intern(call.token), argument=None))
        kept.writes = list(dict.fromkeys(kept.writes))
        kept.maxima, kept.ranks = list(self.maxima), list(self.ranks)
        kept.risk, kept.verdict = self.risk, self.verdict
        return kept

    def add(self, call: Call) -> None:
        """Make the current call one of those before."""
        if call.is_write:
            self.writes += [(read, call.token) for read in self.reads if read != call.token]
        else:
            self.reads[call.token] = None
        if len(self.distinct) < MAX_DISTINCT:
            self.distinct[call.token] = None
        self.tokens.append(call.token)
        self.calls.append(call)
