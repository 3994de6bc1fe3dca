"""Sliding counters of the detectors: a few small numbers for each tool of each agent, updated by each call.

Time is counted in clock minutes, so that a counter is a short table instead of a list of calls: "the last 60 minutes"
are the current minute and the 59 before it, never a call older than an hour. State depends on the calls alone, in the
order they arrive; no clock is read.

For a call that arrives an hour or more behind its agent's newest one (spooled, backfilled) the minute counters have
expired: its own clock hour is used instead of the last 60 minutes, and it is compared with the current baseline. A call
that is seven days behind is only counted: nothing it could be compared with is kept.
"""

from collections.abc import Sequence

from agentsentinel_core.behavior.baseline import QUIET_SECONDS, WINDOW_HOURS, Baseline, build_baseline
from agentsentinel_core.behavior.detector import USUAL, Assessment, CallFeatures, Detector, assess, quiet_calls

WINDOW_MINUTES = 60
KEPT_MINUTES = 2 * WINDOW_MINUTES
"""Minutes behind an agent's newest call for which counters are kept: a call may be an hour late, plus its window."""


def is_ancient(at: float, newest_at: float) -> bool:
    """Tell whether a call is seven days or more behind its agent's newest one, too far to be compared with anything."""
    return newest_at - at >= WINDOW_HOURS * 3600


class ToolCounters:
    """Counters of one agent's calls of one tool. Times are POSIX seconds; minutes and hours count from the epoch."""

    __slots__ = (
        "_baseline",
        "_baseline_hour",
        "_quiet_calls",
        "_quiet_for",
        "_stand_in",
        "_window_calls",
        "_window_minute",
        "finished_calls",
        "finished_hour",
        "hour_calls",
        "hour_learned",
        "last_at",
        "last_session",
        "minute_calls",
        "total_calls",
    )

    def __init__(self) -> None:
        self.total_calls = 0
        self.last_at = 0.0
        self.last_session: str | None = None
        self.finished_hour = -1
        """Clock hour in which a run last ended; -1 = none yet."""
        self.finished_calls = 0
        """Calls of that hour when the run ended, the substitute sample of the baseline."""
        self.minute_calls: dict[int, int] = {}
        self.hour_calls: dict[int, int] = {}
        self.hour_learned: dict[int, int] = {}
        self._baseline: Baseline | None = None
        self._baseline_hour = -1
        self._stand_in: Baseline | None = None
        self._quiet_for: tuple[Baseline | None, Sequence[Detector]] | None = None
        self._quiet_calls = -1.0
        self._window_minute = -1
        self._window_calls = 0

    def advance(self, at: float, session: str | None, newest_at: float) -> CallFeatures:
        """Count one call and return its features for the detectors. `calls_last_hour` includes the call itself.

        `newest_at` is the time of the agent's newest call, including this one. Call `learn` after the assessment.
        """
        minute = int(at) // 60
        hour = minute // 60
        is_first = self.total_calls == 0
        if self._is_run_over(at, session) and not is_first and int(self.last_at) // 3600 == hour:
            self.finished_hour = hour
            self.finished_calls = self.hour_calls.get(hour, 0)
        self.total_calls += 1
        self.last_at = max(self.last_at, at)
        self.last_session = session
        if is_ancient(at, newest_at):
            return CallFeatures(is_first, 1, self.baseline(int(newest_at) // 3600))
        self.minute_calls[minute] = self.minute_calls.get(minute, 0) + 1
        hour_calls = self.hour_calls[hour] = self.hour_calls.get(hour, 0) + 1
        calls = self._count_window(minute)
        if newest_at - at >= WINDOW_MINUTES * 60:
            return CallFeatures(is_first, hour_calls, self.baseline(int(newest_at) // 3600))
        return CallFeatures(is_first, calls, self.baseline(hour))

    def is_quiet(self, features: CallFeatures, detectors: Sequence[Detector]) -> bool:
        """Tell whether no detector needs to be asked about this call."""
        if features.is_first_call:
            return False
        known = self._quiet_for
        if known is None or known[0] is not features.baseline or known[1] is not detectors:
            self._quiet_for = (features.baseline, detectors)
            self._quiet_calls = quiet_calls(detectors, features.baseline)
        return features.calls_last_hour <= self._quiet_calls

    def learn(self, at: float) -> None:
        """Add the call at this time to the sample of its hour, because it is normal."""
        hour = int(at) // 3600
        self.hour_learned[hour] = self.hour_learned.get(hour, 0) + 1
        if hour < self._baseline_hour:
            self._baseline_hour = -1

    def baseline(self, hour: int) -> Baseline | None:
        """Return the baseline at the start of a clock hour, from the seven days before it; None without a sample."""
        if self._baseline_hour != hour:
            learned = self.hour_learned
            self._baseline = build_baseline(
                calls for sample, calls in learned.items() if hour - WINDOW_HOURS <= sample < hour
            )
            self._baseline_hour = hour
        if self._baseline is None and self.finished_hour == hour:
            return self._finished_run()
        return self._baseline

    def _finished_run(self) -> Baseline:
        """Return a baseline with the finished run as its only sample; the same object until the run's count changes."""
        stand_in = self._stand_in
        if stand_in is None or stand_in.mean != self.finished_calls:
            stand_in = self._stand_in = Baseline(float(self.finished_calls), 0.0, 1)
        return stand_in

    def forget_before(self, newest_at: float) -> None:
        """Evict expired counters; `newest_at` is the time of the agent's newest call."""
        if len(self.minute_calls) > KEPT_MINUTES:
            oldest_minute = int(newest_at) // 60 - KEPT_MINUTES
            self.minute_calls = {m: n for m, n in self.minute_calls.items() if m > oldest_minute}
        if len(self.hour_calls) > 2 * WINDOW_HOURS:
            oldest_hour = int(newest_at) // 3600 - WINDOW_HOURS - 1
            self.hour_calls = {h: n for h, n in self.hour_calls.items() if h >= oldest_hour}
            self.hour_learned = {h: n for h, n in self.hour_learned.items() if h >= oldest_hour}

    def _is_run_over(self, at: float, session: str | None) -> bool:
        return session != self.last_session or at - self.last_at >= QUIET_SECONDS

    def _count_window(self, minute: int) -> int:
        """Return the number of calls in the 60 minutes that end with `minute`. O(1) while time moves forward."""
        if minute == self._window_minute:
            self._window_calls += 1
            return self._window_calls
        calls = self.minute_calls
        if self._window_minute < 0 or minute < self._window_minute or minute - self._window_minute >= WINDOW_MINUTES:
            total = sum(calls.get(m, 0) for m in range(minute - WINDOW_MINUTES + 1, minute + 1))
            if minute < self._window_minute:
                if self._window_minute - minute < WINDOW_MINUTES:
                    self._window_calls += 1
                return total
        else:
            gone = range(self._window_minute - WINDOW_MINUTES + 1, minute - WINDOW_MINUTES + 1)
            total = self._window_calls - sum(calls.get(m, 0) for m in gone) + 1
        self._window_minute = minute
        self._window_calls = total
        return total


OTHER_TOOLS = "(other tools)"
"""Name under which calls are counted whose tool is beyond the limit of tools tracked for one agent."""


class AgentCounters:
    """Counters of all tools of one agent, and the time of its newest call, against which a call is late."""

    __slots__ = ("newest_at", "tools")

    def __init__(self, newest_at: float = 0.0) -> None:
        self.newest_at = newest_at
        self.tools: dict[str, ToolCounters] = {}

    def observe(
        self, tool_name: str, at: float, session: str | None, detectors: Sequence[Detector]
    ) -> tuple[Assessment, ToolCounters]:
        """Count and assess one call, and add it to the baseline unless a detector blocks learning."""
        tool = self.tools.get(tool_name)
        if tool is None:
            tool = self.tools[tool_name] = ToolCounters()
        if at > self.newest_at:
            self.newest_at = at
            tool.forget_before(at)
        features = tool.advance(at, session, self.newest_at)
        assessment = USUAL if tool.is_quiet(features, detectors) else assess(tool_name, features, detectors)
        if assessment.is_learned and not is_ancient(at, self.newest_at):
            tool.learn(at)
        return assessment, tool

    def fold(self, tool_name: str, at: float, session: str | None, *, is_learned: bool) -> None:
        """Count one call that was assessed elsewhere; without counters of its tool, only its time counts."""
        tool = self.tools.get(tool_name)
        if at > self.newest_at:
            self.newest_at = at
            if tool is not None:
                tool.forget_before(at)
        if tool is None:
            return
        tool.advance(at, session, self.newest_at)
        if is_learned and not is_ancient(at, self.newest_at):
            tool.learn(at)
