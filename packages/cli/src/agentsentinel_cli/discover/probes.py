"""Identifies the server behind an address: AgentSentinel, an MCP server, an LLM API, an A2A agent or an API of agents.

Each kind is confirmed by an answer that only it gives. All questions are asked at the same time and answered within
three seconds, or not at all.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from agentsentinel_cli.discover.http_client import Address, Answer, Budget, NoAnswer, greet, request
from agentsentinel_cli.discover.mcp_probe import PATHS, SSE_PATH, McpServer, probe_sse, probe_streamable
from agentsentinel_cli.discover.model import AgentTool, DiscoveredAgent, Kind
from agentsentinel_core.light_dataclasses import replace
from agentsentinel_core.tools.classify import classify

HOST_SECONDS = 3.0
CONNECTIONS = 8
"""Most connections to one host at a time: one for each question, and one for what follows from an answer."""
TLS_PORTS = frozenset({443, 4443, 6443, 8443, 9443})
_CARDS = ("/.well-known/agent-card.json", "/.well-known/agent.json")
_MODEL_ID = re.compile(rb'"id"\s*:\s*"([^"\\]{1,200})"')
_MODEL_LIST = re.compile(rb'\A\s*\{(?=.{0,2000}"data"\s*:\s*\[)(?=.{0,4000}"object"\s*:\s*"(?:list|model)")', re.DOTALL)
_PRODUCTS = {"vllm": "vLLM", "llamacpp": "llama.cpp", "sglang": "SGLang"}
"""`owned_by` of a model -> server."""
_MOST_TEXT = 200
_MOST_MODELS = 10


class Server(NamedTuple):
    """An address to identify, and what is known of it."""

    host: str
    port: int
    source: str = "network"
    pid: int | None = None


async def identify(server: Server, seconds: float = HOST_SECONDS) -> DiscoveredAgent | None:
    """Return the agent behind an address, or None. Takes `seconds` at most, and never raises for what a host does."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    budget = Budget()
    try:
        greeting = greet(server.host, server.port, budget, tls_first=server.port in TLS_PORTS)
        address, health = await asyncio.wait_for(greeting, seconds)
    except (NoAnswer, asyncio.TimeoutError):
        return None
    found = _platform(address, health)
    if found is None:
        answers = await _ask_all(address, budget, health, end - loop.time())
        found = next((agent for agent in answers if agent is not None), None)
    return found(server) if found is not None else None


class Identification:
    """Identifies the servers of one run. An address that several vectors find is asked once, at least while it answers.

    Two vectors that ask a small server at the same time would fill its queue of connections.
    """

    def __init__(self) -> None:
        self._asked: dict[tuple[str, int], asyncio.Future[DiscoveredAgent | None]] = {}
        """By address: what is being asked, and the agents that were found."""

    async def identify(self, server: Server) -> DiscoveredAgent | None:
        """Return the agent behind an address, as found by the vector that asks, or None."""
        place = (server.host, server.port)
        if place not in self._asked:
            self._asked[place] = asyncio.ensure_future(identify(server))
        agent = await self._asked[place]
        if agent is None:
            self._asked.pop(place, None)
            return None
        return replace(agent, source=server.source, pid=server.pid)


_Found = Callable[[Server], DiscoveredAgent]


def _agent(address: Address, kind: Kind, prefix: str, framework: str, **members: Any) -> _Found:
    def complete(server: Server) -> DiscoveredAgent:
        url = members.pop("url", address.origin)
        return DiscoveredAgent(
            source=server.source,
            kind=kind,
            name=f"{prefix}@{address.authority}",
            location=address.authority,
            frameworks=(framework,),
            pid=server.pid,
            endpoints=(address.authority,),
            url=url,
            **members,
        )

    return complete


async def _ask_all(address: Address, budget: Budget, health: Answer, seconds: float) -> list[_Found | None]:
    """Ask for every kind at the same time; return what was confirmed in time, the surest kind first."""
    questions: list[Awaitable[_Found | None]] = [
        *(_mcp(address, probe_streamable(address, budget, path)) for path in PATHS),
        _mcp(address, probe_sse(address, budget, SSE_PATH)),
        _a2a(address, budget),
        _models(address, budget, health),
        _agents(address, budget),
    ]
    tasks = [asyncio.ensure_future(question) for question in questions]
    try:
        await asyncio.wait(tasks, timeout=max(0.0, seconds))
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    return [result if callable(result) else None for result in results]


def _platform(address: Address, health: Answer) -> _Found | None:
    document = health.json()
    if not isinstance(document, dict) or document.get("service") != "agentsentinel":
        return None
    evidence = (f"/health: AgentSentinel {_text(document.get('version'))}",)
    return _agent(address, Kind.PLATFORM, "agentsentinel", "AgentSentinel", is_monitored=True, evidence=evidence)


async def _mcp(address: Address, probe: Awaitable[McpServer | None]) -> _Found | None:
    server = await probe
    if server is None:
        return None
    about = " ".join(part for part in (server.name, server.version) if part) or "it does not name itself"
    evidence = f"MCP handshake on {server.path}: {_text(about)}, protocol {_text(server.protocol) or 'unknown'}"
    if server.requires_auth:
        evidence = f"MCP server on {server.path} refuses requests without credentials"
    return _agent(
        address,
        Kind.MCP_SERVER,
        "mcp-server",
        "MCP Server",
        transport=server.transport,
        requires_auth=server.requires_auth,
        tools=tuple(_tool(tool) for tool in server.tools),
        evidence=(evidence,),
        url=address.origin + server.path,
    )


def _tool(tool: Mapping[str, Any]) -> AgentTool:
    description, annotations = tool.get("description"), tool.get("annotations")
    hints = annotations if isinstance(annotations, dict) else {}
    found = classify(
        tool["name"],
        description=description if isinstance(description, str) else None,
        annotations={name: value for name, value in hints.items() if isinstance(value, bool)},
    )
    return AgentTool(tool["name"], found.scope.value, found.is_dangerous)


async def _a2a(address: Address, budget: Budget) -> _Found | None:
    for path in _CARDS:
        card = (await request(address, budget, "GET", path)).json()
        if not isinstance(card, dict) or not isinstance(card.get("name"), str):
            continue
        skills = card.get("skills")
        is_card = isinstance(skills, list) and (
            "url" in card or "supportedInterfaces" in card or "protocolVersion" in card
        )
        if not is_card or not isinstance(skills, list):
            continue
        names = [skill.get("id") or skill.get("name") for skill in skills if isinstance(skill, dict)]
        return _agent(
            address,
            Kind.AGENT_API,
            "a2a-agent",
            "A2A Agent",
            requires_auth=True if card.get("security") or card.get("securityRequirements") else None,
            tools=tuple(_tool({"name": name}) for name in names if isinstance(name, str)),
            evidence=(f"agent card on {path}: {_text(card['name'])}",),
        )
    return None


async def _agents(address: Address, budget: Budget) -> _Found | None:
    document = (await request(address, budget, "GET", "/api/v1/agents")).json()
    listed = document.get("agents") if isinstance(document, dict) else document
    if not isinstance(listed, list):
        return None
    names = [each["name"] for each in listed if isinstance(each, dict) and isinstance(each.get("name"), str)]
    if not names or len(names) != len(listed):
        return None
    evidence = (f"/api/v1/agents lists {len(names)} agent{'' if len(names) == 1 else 's'}: {_text(', '.join(names))}",)
    return _agent(address, Kind.AGENT_API, "agent-api", "Agent API", requires_auth=None, evidence=evidence)


async def _models(address: Address, budget: Budget, health: Answer) -> _Found | None:
    models, version = await asyncio.gather(
        request(address, budget, "GET", "/v1/models"), request(address, budget, "GET", "/api/version")
    )
    ollama = _ollama(version)
    if models.status == 200 and _MODEL_LIST.match(models.body):
        product = ollama or _product(models, health)
        ids = [found.decode("utf-8", "replace") for found in _MODEL_ID.findall(models.body)]
        return _model_api(address, product, ids, requires_auth=False)
    if ollama is not None:
        return _model_api(address, ollama, [], requires_auth=False)
    if models.status in (401, 403) and version.status not in (401, 403) and await _refuses(address, budget, models):
        return _model_api(address, _product(models, health), [], requires_auth=True)
    return None


def _model_api(address: Address, product: str | None, models: list[str], *, requires_auth: bool) -> _Found:
    evidence = [f"server: {product}"] if product else []
    if requires_auth:
        evidence.append("/v1/models refuses requests without a key")
    else:
        more = f" and {len(models) - _MOST_MODELS} more" if len(models) > _MOST_MODELS else ""
        evidence.append(f"/v1/models lists: {', '.join(models[:_MOST_MODELS]) or 'no model'}{more}")
    return _agent(
        address,
        Kind.MODEL_API,
        "llm-api",
        "OpenAI-compatible",
        model=models[0] if models else None,
        requires_auth=requires_auth,
        evidence=tuple(evidence),
    )


def _ollama(answer: Answer) -> str | None:
    document = answer.json()
    if answer.status != 200 or not isinstance(document, dict) or list(document) != ["version"]:
        return None
    return f"Ollama {_text(document['version'])}"


def _product(models: Answer, health: Answer) -> str | None:
    names = " ".join((*models.headers, *health.headers)).lower()
    if "x-litellm" in names or b"litellm" in models.body.lower():
        return "LiteLLM"
    owner = re.search(rb'"owned_by"\s*:\s*"(\w{1,40})"', models.body)
    return _PRODUCTS.get(owner[1].decode().lower()) if owner is not None else None


async def _refuses(address: Address, budget: Budget, models: Answer) -> bool:
    """Whether a refusal has the form of an LLM API's: OpenAI's error object, or vLLM's beside its open version."""
    document = models.json()
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(error, dict):
        return isinstance(error.get("message"), str) and "type" in error and "code" in error
    if not isinstance(error, str):
        return False
    version = (await request(address, budget, "GET", "/version")).json()
    return isinstance(version, dict) and list(version) == ["version"]


def _text(value: object) -> str:
    return str(value)[:_MOST_TEXT] if value is not None else ""
