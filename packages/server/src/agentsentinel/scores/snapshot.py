"""Reads the inputs of scores for many agents at once, from small tables and never from raw events."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import TypeVar
from uuid import UUID

from agentsentinel.kit.database import DatabaseSession
from agentsentinel.manifests.repository import Judged, find_judged
from agentsentinel.models import AgentRow, FindingRow, MCPConnectionRow, ObservationRow
from agentsentinel.observations.repository import find_recent
from agentsentinel.scores import repository
from agentsentinel.scores.repository import UsedGrant
from agentsentinel.session_risk.alarms import counts_as_alarm
from agentsentinel.session_risk.learning import LEARNING_SESSIONS, missing_sessions
from agentsentinel.session_risk.repository import COUNTED_ORIGINS, Alarm, find_alarms, find_learned
from agentsentinel.tools.correction import known_class
from agentsentinel_core.agents import (
    AgentProfile,
    DefectKind,
    DefinitionChange,
    DefinitionDefect,
    EvidenceKind,
    MCPConnection,
    Observation,
    ObservationKind,
    PoisonedText,
    RiskySession,
    Silence,
    ToolGrant,
)
from agentsentinel_core.behavior.score import behavior_score, decayed_risk
from agentsentinel_core.severity import Severity
from agentsentinel_core.trust.score import RECENCY_SECONDS, recency_bonus

MOST_EVIDENCE = 200
"""Changes, poisoned texts and defects in manifests that rules judge, of each; a finding quotes all of them."""
ALARMS_COUNT = timedelta(days=7)
"""How long a session above the alert line is a finding, unless a person decides otherwise."""
Seen = TypeVar("Seen")
EVIDENCE = frozenset(
    {
        EvidenceKind.DESCRIPTION,
        EvidenceKind.GRANTS,
        EvidenceKind.USAGE,
        EvidenceKind.CONNECTIONS,
        EvidenceKind.OBSERVATIONS,
    }
)
"""Kinds of evidence that the server has about every agent; the agent's source code is not among them."""
MANIFEST_EVIDENCE = frozenset({EvidenceKind.MANIFEST, EvidenceKind.DEFINITIONS})
"""Kinds of evidence from the manifests of an agent's MCP servers; without such servers there is nothing to examine."""


@dataclass
class Snapshot:
    """The inputs of one agent's score at one moment."""

    agent: AgentRow
    grants: list[UsedGrant] = field(default_factory=list)
    connections: list[MCPConnectionRow] = field(default_factory=list)
    observations: list[ObservationRow] = field(default_factory=list)
    manifests: list[Judged] = field(default_factory=list)
    findings: list[FindingRow] = field(default_factory=list)
    events: int = 0
    """Number of events stored for the agent so far."""
    calls: int = 0
    """Calls in the behaviour window: the last 24 hours, or those before the newest call."""
    anomaly_sum: float = 0.0
    recent_receipts: list[datetime] = field(default_factory=list)
    """Receipt times of the last five events, oldest first."""
    overflow_calls: int = 0
    """Calls of tools without counters of their own (`OTHER_TOOLS`), in the last 168 clock hours."""
    oldest_minute: int | None = None
    """The oldest minute in the window that ends now, in minutes since the epoch."""
    ungranted: list[str] = field(default_factory=list)
    """Tools called in the last seven days that were not granted; none where nothing says what the agent may do."""
    alarms: list[Alarm] = field(default_factory=list)
    """Sessions above the alert line in the last seven days, and older ones that a person called an attack."""
    missing_sessions: int = LEARNING_SESSIONS
    """Sessions still to be learned before it is known which one is unusual."""
    silence: Silence | None = None
    """Its silence, if it has missed the time of its next report; None while it is suspended."""

    @property
    def is_learning(self) -> bool:
        """Whether too few sessions were learned to say which one is unusual."""
        return self.missing_sessions > 0

    def counted_alarms(self, now: datetime) -> list[Alarm]:
        """Return the sessions that count as alarms."""
        return [
            one
            for one in self.alarms
            if counts_as_alarm(
                was_alarm=one.was_alarm,
                verdict=one.verdict,
                muted_until=one.muted_until,
                is_learning=self.is_learning,
                now=now,
            )
        ]

    def risk(self, now: datetime) -> float:
        """Return the decayed risk of the agent's sessions, 0..1."""
        ages = ((one.risk, (now - one.last_at).total_seconds() / 3600) for one in self.counted_alarms(now))
        return decayed_risk(ages)

    def profile(self, now: datetime) -> AgentProfile:
        """Build the profile that the posture rules evaluate."""
        return AgentProfile(
            description=self.agent.description,
            grants=tuple(
                ToolGrant(
                    grant.tool_name,
                    rate_limit_per_hour=grant.rate_limit_per_hour,
                    call_count_7d=grant.call_count_7d,
                    last_called_at=grant.last_called_at,
                    granted_at=grant.created_at,
                    known_class=known_class(grant.tool_name, grant.correction),
                )
                for grant in self.grants
            ),
            connections=tuple(
                MCPConnection(row.server_name, row.server_url, tuple(row.capabilities or ()))
                for row in self.connections
            ),
            observations=tuple(
                Observation(ObservationKind(row.kind), row.server_name, row.detail) for row in self.observations
            ),
            poison=_distinct(_poison_in(manifest) for manifest in self.manifests),
            definition_changes=_distinct((_changes_in(manifest) for manifest in self.manifests), key=_mildness),
            definition_defects=_distinct(_defects_in(manifest) for manifest in self.manifests),
            ungranted_tools=tuple(self.ungranted[:MOST_EVIDENCE]),
            overflow_calls_7d=self.overflow_calls,
            risky_sessions=tuple(
                RiskySession(str(one.id), one.risk, tuple(reason["message"] for reason in one.reasons))
                for one in self.counted_alarms(now)[-MOST_EVIDENCE:]
            ),
            silence=self.silence,
            evidence=self._evidence(),
        )

    def _evidence(self) -> frozenset[EvidenceKind]:
        """Return what was examined.

        The manifests are, unless there are servers and none of them has reported any; the sessions are, once enough of
        them are learned or a person called one an attack; what the agent may do is, where a grant says more than that a
        tool was called; whether it reports in time, once it has reported.
        """
        says_something = not self.is_learning or any(one.verdict == "attack" for one in self.alarms)
        examined = EVIDENCE | {EvidenceKind.SESSIONS} if says_something else EVIDENCE
        if any(grant.origin in COUNTED_ORIGINS for grant in self.grants):
            examined |= {EvidenceKind.DECLARATIONS}
        if self.events:
            examined |= {EvidenceKind.REPORTS}
        return examined if self.connections and not self.manifests else examined | MANIFEST_EVIDENCE

    def behavior(self, now: datetime) -> float:
        """Compute the behaviour score, 0..100."""
        return behavior_score(self.calls, self.anomaly_sum, self.risk(now))

    def recency(self, now: datetime) -> float:
        """Compute the recency points, 0 or 10. Events count by receipt time, not by the client's timestamp."""
        return recency_bonus(len(self.recent(now)))

    def recent(self, now: datetime) -> list[datetime]:
        """Return the receipt times, of the last five at most, that count for the recency points."""
        return [at for at in self.recent_receipts if (now - at).total_seconds() < RECENCY_SECONDS]


async def lock_and_read(
    session: DatabaseSession, agent_ids: Sequence[UUID], now: datetime, *, skip_locked: bool = False
) -> list[Snapshot]:
    """Read snapshots of these agents and lock the agents until the transaction ends, so that scorings are serialized.

    With `skip_locked`, agents that another transaction is scoring are left out.
    """
    agents = await repository.lock_agents(session, agent_ids, skip_locked=skip_locked)
    snapshots = {agent.id: Snapshot(agent) for agent in agents}
    if not snapshots:
        return []
    ids = list(snapshots)
    for grant in await repository.find_used_grants(session, ids, now):
        snapshots[grant.agent_id].grants.append(grant)
    for agent_id, tool in await repository.find_ungranted(session, ids, now):
        snapshots[agent_id].ungranted.append(tool)
    for connection in await repository.find_connections(session, ids):
        snapshots[connection.agent_id].connections.append(connection)
    for observation in await find_recent(session, ids, now):
        snapshots[observation.agent_id].observations.append(observation)
    for manifest in await find_judged(session, ids):
        snapshots[manifest.agent_id].manifests.append(manifest)
    for finding in await repository.find_findings(session, ids):
        snapshots[finding.agent_id].findings.append(finding)
    for alarm in await find_alarms(session, ids, now - ALARMS_COUNT):
        snapshots[alarm.agent_id].alarms.append(alarm)
    for agent_id, learned in (await find_learned(session, ids)).items():
        snapshots[agent_id].missing_sessions = missing_sessions(learned)
    for activity in await repository.find_activity(session, ids, now):
        snapshot = snapshots[activity.agent_id]
        snapshot.events = activity.events
        snapshot.calls, snapshot.anomaly_sum = activity.calls, activity.anomaly_sum
        snapshot.recent_receipts = activity.recent_receipts
        snapshot.overflow_calls = activity.overflow_calls
        snapshot.oldest_minute = activity.oldest_minute
        snapshot.silence = _silence_of(snapshot.agent, activity, now)
    return list(snapshots.values())


def _silence_of(agent: AgentRow, activity: repository.ScoredActivity, now: datetime) -> Silence | None:
    due_at = activity.report_due_at
    if due_at is None or due_at > now or agent.suspended_at is not None:
        return None
    return Silence(activity.last_report_at, due_at)


def _distinct(found: Iterable[Iterable[Seen]], key: Callable[[Seen], int] | None = None) -> tuple[Seen, ...]:
    """Return each of them once, since a server shows the same to many principals: the first `MOST_EVIDENCE`.

    With `key`, those for which it is lowest.
    """
    distinct = dict.fromkeys(chain.from_iterable(found))
    return tuple(distinct if key is None else sorted(distinct, key=key))[:MOST_EVIDENCE]


def _mildness(change: DefinitionChange) -> int:
    return -change.severity.rank


def _changes_in(manifest: Judged) -> Iterator[DefinitionChange]:
    """Return the changes. The beginning of its digest tells one new definition from the next in the evidence."""
    for change in manifest.changes:
        now = f" [{change['now']}]" if change["now"] else ""
        item = f"{change['item']} ({manifest.server_name})"
        yield DefinitionChange(item, f"{change['what']}{now}", Severity(change["severity"]))


def _poison_in(manifest: Judged) -> Iterator[PoisonedText]:
    for text in manifest.poison:
        yield PoisonedText(f"{text['tool_name']} ({manifest.server_name})", text["kind"], text["excerpt"])


def _defects_in(manifest: Judged) -> Iterator[DefinitionDefect]:
    for defect in manifest.defects:
        subject = f"{defect['subject']} ({manifest.server_name})"
        yield DefinitionDefect(DefectKind(defect["kind"]), subject, defect["detail"])
