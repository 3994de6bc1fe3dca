"""What is known of the normal work of one agent, or of a group of agents of one kind: counts of finished sessions."""

import math
from collections import Counter, deque
from collections.abc import Iterator
from itertools import islice

from agentsentinel_core.behavior.sessions.counts import Counts, Ngrams
from agentsentinel_core.behavior.sessions.session import START, Session

WINDOWS = (2, 4)
"""Lengths of the windows of calls that are counted."""
MAX_PREFIX = 32
"""Calls from the beginning of a session that prefixes are counted for."""
RECENT_SESSIONS = 16
HOURS = 24
_USUAL_LOG_GAP, _USUAL_GAP_DEVIATION, _GAP_WEIGHT = 1.4, 1.0, 20
"""Seconds between calls before any is known: 4 in the median; worth this many calls."""


class Profile:
    """Counts of learned sessions. O(calls) to learn a session; bounded by the limits of its tables."""

    __slots__ = ("gaps", "hours", "ngrams", "pairs", "precedence", "prefixes", "sessions", "tool_sessions", "windows")

    def __init__(self) -> None:
        self.sessions = 0
        """Sessions learned."""
        self.ngrams = Ngrams()
        self.windows: dict[int, Counts[tuple[str, ...]]] = {length: Counts() for length in WINDOWS}
        self.prefixes: Counts[tuple[str, ...]] = Counts()
        """Beginnings of sessions, the empty one included, as sessions that began so."""
        self.tool_sessions: Counts[str] = Counts()
        """Sessions in which a token occurs."""
        self.pairs: Counts[tuple[str, str]] = Counts()
        """Sessions in which a write comes after a read."""
        self.precedence: Counts[tuple[str, str]] = Counts()
        """Sessions in which a token occurs before another one first does."""
        self.gaps = [0.0, 0.0, 0.0]
        """Number, sum and sum of squares of the logarithms of seconds between calls."""
        self.hours = [[0] * HOURS, [0] * HOURS]
        """Sessions by the hour (UTC) they began in, on working days and at weekends."""

    def learn(self, session: Session) -> None:
        """Add a finished session."""
        self.sessions += 1
        earlier = [START] * max(WINDOWS)
        prefix: tuple[str, ...] = ()
        self.prefixes.add(prefix)
        for number, token in enumerate(session.tokens):
            self.ngrams.add(tuple(earlier[-2:] if number else [START]), token)
            earlier.append(token)
            for length, windows in self.windows.items():
                windows.add(tuple(earlier[-length:]))
            if number < MAX_PREFIX:
                prefix = (*prefix, token)
                self.prefixes.add(prefix)
        for token in dict.fromkeys(session.tokens):
            self.tool_sessions.add(token)
        for place, token in enumerate(session.distinct):
            for before in islice(session.distinct, place):
                self.precedence.add((before, token))
        for pair in dict.fromkeys(session.writes):
            self.pairs.add(pair)
        for gap in log_gaps(session):
            for power in range(3):
                self.gaps[power] += gap**power
        self.hours[is_weekend(session.started_at)][hour_of(session.started_at)] += 1

    def gap_distribution(self) -> tuple[float, float]:
        """Return mean and deviation of the logarithm of seconds between calls, shrunk to what is usual."""
        number, total, squares = self.gaps
        mean = (total + _USUAL_LOG_GAP * _GAP_WEIGHT) / (number + _GAP_WEIGHT)
        usual = _GAP_WEIGHT * (_USUAL_LOG_GAP**2 + _USUAL_GAP_DEVIATION**2)
        variance = (squares + usual) / (number + _GAP_WEIGHT) - mean * mean
        return mean, math.sqrt(max(0.05, variance))

    def sessions_around(self, at: float) -> float:
        """Return how many sessions began about this hour of the day; the neighbouring hours count a quarter each."""
        hours, hour = self.hours[is_weekend(at)], hour_of(at)
        return 0.5 * hours[hour] + 0.25 * (hours[hour - 1] + hours[(hour + 1) % HOURS])


def hour_of(at: float) -> int:
    """Return the hour of the day (UTC)."""
    return int(at % 86_400) // 3_600


def is_weekend(at: float) -> bool:
    """Return whether it is Saturday or Sunday (UTC); the epoch began on a Thursday."""
    return (int(at) // 86_400 + 3) % 7 >= 5


def log_gap(earlier: float, later: float) -> float:
    """Return the logarithm of the seconds between two calls, of at least 50 ms."""
    return math.log(max(0.05, later - earlier))


def log_gaps(session: Session) -> Iterator[float]:
    """Yield the logarithm of the seconds before each call but the first."""
    for earlier, later in zip(session.calls, session.calls[1:], strict=False):
        yield log_gap(earlier.at, later.at)


class RecentSessions:
    """Transitions and tools of an agent's last sessions beside those of all before, learned or not.

    Slow changes show here: what recurs in the last dozen sessions and was rare before. O(calls) for each session.
    """

    __slots__ = ("_tools", "_transitions", "older_sessions", "older_tools", "older_transitions", "recent")

    def __init__(self) -> None:
        self.recent: deque[tuple[frozenset[tuple[str, str]], frozenset[str]]] = deque()
        self.older_sessions = 0
        self.older_transitions: Counts[tuple[str, str]] = Counts()
        self.older_tools: Counts[str] = Counts()
        self._transitions: Counter[tuple[str, str]] = Counter()
        self._tools: Counter[str] = Counter()
        """Recent sessions with each of them."""

    def __len__(self) -> int:
        return len(self.recent)

    def add(self, session: Session) -> None:
        """Add a finished session; the oldest recent one becomes one of those before."""
        if len(self.recent) == RECENT_SESSIONS:
            self._move_oldest()
        tokens = [START, *session.tokens]
        self.append(frozenset(zip(tokens, session.tokens, strict=False)), frozenset(session.tokens))

    def append(self, transitions: frozenset[tuple[str, str]], tools: frozenset[str]) -> None:
        """Make a session with these transitions and tools the newest one."""
        self.recent.append((transitions, tools))
        self._transitions.update(transitions)
        self._tools.update(tools)

    def with_transition(self, transition: tuple[str, str]) -> int:
        """Return the number of recent sessions with this transition."""
        return self._transitions[transition]

    def with_tool(self, token: str) -> int:
        """Return the number of recent sessions with this tool."""
        return self._tools[token]

    def _move_oldest(self) -> None:
        transitions, tools = self.recent.popleft()
        self.older_sessions += 1
        for transition in transitions:
            self.older_transitions.add(transition)
        for tool in tools:
            self.older_tools.add(tool)
        # Adding an empty counter removes what no recent session has any more.
        self._transitions.subtract(transitions)
        self._transitions += Counter()
        self._tools.subtract(tools)
        self._tools += Counter()
