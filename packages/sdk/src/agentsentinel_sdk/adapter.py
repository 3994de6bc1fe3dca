"""What the adapters of all frameworks share: their parameters, and the lines they print.

    class MyFrameworkHook(Monitor, TheFrameworksHook):
        def before_tool(self, call):
            self.calls.start(call.id, call.name, call.arguments)

An adapter translates its framework's hooks into the four methods of `ToolCallRecorder` and does nothing else.
"""

from __future__ import annotations

import re
import secrets
import sys
from dataclasses import asdict
from typing import Any, TypeVar

from agentsentinel_sdk._log import notify
from agentsentinel_sdk.client import DEFAULT_BASE_URL
from agentsentinel_sdk.errors import ScoreUnavailable
from agentsentinel_sdk.identity import DEFAULT_AGENT_TYPE, KnownAgent
from agentsentinel_sdk.recorder import ToolCallRecorder
from agentsentinel_sdk.reporter import ATTEMPT_SECONDS, EXIT_SECONDS, Reporter, default_agent_name

FLAGGED_FROM = 0.7
"""The anomaly score from which a printed call gets a warning sign."""
_NAME_WIDTH = 30

Own = TypeVar("Own", bound="Monitor")


class Monitor:
    """One monitored agent of a framework. Meant to be subclassed together with the framework's own hook class.

    Args:
        api_key: `as_agt_...` for the agent it is bound to, or `as_adm_...`; default: AGENTSENTINEL_API_KEY.
        base_url: where AgentSentinel is; default: SENTINEL_URL, then http://localhost:9000.
        agent_name: shown in the dashboard; with an admin key it and the team name one agent. Default: made up from
            the framework, and the same for this program on this machine.
        agent_id: the UUID of a registered agent, to go on with its history.
        agent_type, model, owner_team, description: what the agent says about itself when it is registered.
        verbose: print the agent's registration and each call with its anomaly score.
        session_id: groups the calls of this run; default: made up.
        reporter: a reporter that is shared with others; then the parameters above, but `session_id`, are not used.

    Raises:
        InvalidArgument: no key was given, or the key or the URL cannot be right. Nothing else raises but
            `get_trust_score`, which is asked outside of an agent's run.
    """

    framework = "agent"
    """Begins the made-up name of an agent."""
    session_prefix = "run"

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        agent_name: str | None = None,
        agent_id: str | None = None,
        agent_type: str = DEFAULT_AGENT_TYPE,
        model: str | None = None,
        owner_team: str | None = None,
        description: str | None = None,
        *,
        verbose: bool = False,
        session_id: str | None = None,
        reporter: Reporter | None = None,
    ) -> None:
        self.session_id = session_id or f"{self.session_prefix}-{secrets.token_hex(4)}"
        self.reporter = reporter or Reporter(
            api_key,
            base_url,
            agent_id=agent_id,
            agent_name=agent_name or default_agent_name(f"{self.framework}-agent"),
            agent_type=agent_type,
            model=model,
            owner_team=owner_team,
            description=description,
            on_known=_print_known if verbose else None,
            on_scored=_print_call if verbose else None,
        )
        self.calls: ToolCallRecorder = self.reporter.recorder(self.session_id)
        self.reporter.start()

    def __copy__(self: Own) -> Own:
        return self

    def __deepcopy__(self: Own, _: dict[int, Any]) -> Own:
        return self  # frameworks copy their settings, and what hangs on them

    def get_trust_score(self, timeout: float = ATTEMPT_SECONDS) -> dict[str, Any]:
        """Return the agent's scores with all calls so far, keys as in GET /agents/{id}/score; all of them have a value.

        Waits at most `timeout` seconds for reported calls to arrive; not at all where the server refuses the key.

        Raises:
            ScoreUnavailable: the scores cannot be had, with the reason. A number in their place could pass a check
                that it should fail.
        """
        score = self.reporter.require_score(timeout)
        if score.trust_score is None:
            raise ScoreUnavailable("the Trust Score is not available: the agent has not been scored yet")
        return asdict(score)

    def print_trust_score(self) -> None:
        """Format the agent's scores as four lines for a person, or one that says why there are none; never raises."""
        try:
            score = self.get_trust_score()
        except ScoreUnavailable as error:
            _print(f"[sentinel] Trust Score : not available ({str(error).partition(': ')[2]})")
            return
        _print(f"\n[sentinel] Trust Score : {score['trust_score']:.1f} ({score['status']})")
        for name, key in (("Posture", "posture_score"), ("Behavior", "behavior_score")):
            _print(f"[sentinel] {name:<12}: {score[key]:.1f}")
        _print(f"[sentinel] Findings    : {score['findings_count']} open")

    def flush(self, timeout: float = EXIT_SECONDS) -> bool:
        """Send everything now and wait for it; whether nothing is left."""
        return self.reporter.flush(timeout)

    def close(self) -> None:
        """Send what there is and stop; the end of the process does this by itself."""
        self.reporter.close()


def does_not_fit(error: object, tool_name: str) -> bool:
    """Whether this is Python's refusal to call a function of this name with these arguments, so that it did not run."""
    signature = rf"(.*\.)?{re.escape(tool_name)}\(\) (missing|takes|got an unexpected|got multiple|got some)\b"
    return isinstance(error, TypeError) and re.match(signature, str(error)) is not None


def _print_known(agent: KnownAgent) -> None:
    name = f" ({agent.name})" if agent.name else ""
    _print(f"[sentinel] {'Registered' if agent.is_new else 'Reusing'} agent: {agent.agent_id}{name}")


def _print_call(tool_name: str, anomaly_score: float | None) -> None:
    score = "unknown" if anomaly_score is None else f"{anomaly_score:.3f}"
    flag = " ⚠️" if anomaly_score is not None and anomaly_score >= FLAGGED_FROM else ""
    _print(f"[sentinel] tool={tool_name:<{_NAME_WIDTH}} anomaly={score}{flag}")


def _print(line: str) -> None:
    """One line to stdout, as far as its encoding goes."""
    output = sys.stdout
    if output is None:  # under pythonw
        return
    encoding = getattr(output, "encoding", None) or "utf-8"
    output.write(line.encode(encoding, "replace").decode(encoding, "replace") + "\n")
    output.flush()


__all__ = ["DEFAULT_BASE_URL", "FLAGGED_FROM", "Monitor", "does_not_fit", "notify"]
