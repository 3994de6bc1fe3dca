"""Load the demo agent through the real pipeline: its events are ingested and scored like any others.

Only the clock differs: each chapter is scored as of the time when it happened, so that history, findings and baselines
look as if the server had been running.
"""

from datetime import datetime
from uuid import UUID

from agentsentinel.agents.repository import lock_agent
from agentsentinel.agents.service import ensure_agent, make_grant
from agentsentinel.auth.principal import Actor
from agentsentinel.demo_data.story import AGENT, Call, Chapter, begin, chapters_until
from agentsentinel.errors import NotFound
from agentsentinel.ingest.deduplication import CHANNELS
from agentsentinel.ingest.event import EventReport
from agentsentinel.ingest.pipeline import Pipeline
from agentsentinel.kit.database import Database, DatabaseSession
from agentsentinel.models import ActivityRow, AgentRow
from agentsentinel.scores.service import Scorer


async def load_demo(
    database: Database, pipeline: Pipeline, scorer: Scorer, who: Actor, now: datetime
) -> tuple[AgentRow, bool]:
    """Return the demo agent, registered with its history if it does not exist, and whether it is new.

    Concurrent calls get the same agent, whose history is loaded once. No alert is sent. Raises Unavailable; then the
    call can be retried.
    """
    async with database.transaction() as session:
        agent, is_new = await ensure_agent(session, AGENT, who)
        if is_new:
            agent.created_at = begin(now)
            agent.channels = 1 << CHANNELS["api"]  # else its first event would change the agent, which is locked below
    # In a second transaction: events are stored by another connection, which has to see the agent.
    async with database.transaction() as session:
        locked = await lock_agent(session, agent.id)
        if locked is None:
            raise NotFound("The demo agent was deleted meanwhile")
        if await session.get(ActivityRow, agent.id) is None:
            for chapter in chapters_until(now):
                await _play(session, pipeline, scorer.without_alerts(), agent.id, chapter)
    return locked, is_new


async def _play(session: DatabaseSession, pipeline: Pipeline, scorer: Scorer, agent_id: UUID, chapter: Chapter) -> None:
    session.add_all(make_grant(agent_id, grant, chapter.until) for grant in chapter.grants)
    await session.flush()
    if chapter.calls:
        await pipeline.store([_report(agent_id, call) for call in chapter.calls])
    await scorer.rescore(session, [agent_id], chapter.until)
    await session.flush()


def _report(agent_id: UUID, call: Call) -> EventReport:
    return EventReport(
        agent_id,
        call.tool_name,
        call.input_hash,
        call.output_hash,
        duration_ms=call.duration_ms,
        session_id=call.session_id,
        status=call.status,
        timestamp=call.at,
    )
