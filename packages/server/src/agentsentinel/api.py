"""All endpoints, in one place."""

from fastapi import APIRouter

from agentsentinel.agents.endpoints import router as agents
from agentsentinel.baselines.endpoints import router as baselines
from agentsentinel.events.endpoints import router as events
from agentsentinel.findings.endpoints import router as findings
from agentsentinel.keys.endpoints import router as keys
from agentsentinel.scores.endpoints import router as scores

PREFIX = "/api/v1"

api = APIRouter(prefix=PREFIX)
for router in (agents, findings, scores, baselines, events, keys):
    api.include_router(router)
