"""The API router with the endpoints of all sub-packages."""

from fastapi import APIRouter

from agentsentinel.agents.endpoints import router as agents
from agentsentinel.alerts.endpoints import router as alerts
from agentsentinel.audit.endpoints import router as audit
from agentsentinel.baselines.endpoints import router as baselines
from agentsentinel.capabilities.endpoints import router as capabilities
from agentsentinel.charts.endpoints import router as charts
from agentsentinel.demo_data.endpoints import router as demo_data
from agentsentinel.discoveries.endpoints import router as discoveries
from agentsentinel.enforcement.endpoints import router as enforcement
from agentsentinel.events.endpoints import of_agent as sessions_of_agent
from agentsentinel.events.endpoints import router as events
from agentsentinel.findings.endpoints import router as findings
from agentsentinel.keys.endpoints import router as keys
from agentsentinel.manifests.endpoints import reports as manifest_reports
from agentsentinel.manifests.endpoints import router as manifests
from agentsentinel.observations.endpoints import router as observations
from agentsentinel.overview.endpoints import router as overview
from agentsentinel.rollups.endpoints import router as rollups
from agentsentinel.scores.endpoints import fleet as score_movers
from agentsentinel.scores.endpoints import router as scores
from agentsentinel.server_info.endpoints import router as server_info
from agentsentinel.session_risk.endpoints import router as session_risk
from agentsentinel.sign_in.endpoints import public as sign_in
from agentsentinel.sign_in.endpoints import router as sign_in_sessions
from agentsentinel.tools.endpoints import router as tools
from agentsentinel.views.endpoints import router as views

PREFIX = "/api/v1"

api = APIRouter(prefix=PREFIX)
AUTHORIZED = (
    agents,
    findings,
    scores,
    score_movers,
    baselines,
    rollups,
    events,
    sessions_of_agent,
    keys,
    observations,
    manifest_reports,
    manifests,
    enforcement,
    discoveries,
    alerts,
    session_risk,
    overview,
    capabilities,
    charts,
    demo_data,
    tools,
    server_info,
    sign_in_sessions,
    audit,
    views,
)
"""Routers whose endpoints each declare the key scopes that may call them."""
for router in (*AUTHORIZED, sign_in):
    api.include_router(router)
