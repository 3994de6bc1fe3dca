"""Comparison of the scanned agents with a running platform: scores, and differences between code and grants."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from agentsentinel_cli.scan.report_model import ScannedAgent, ScanResult
from agentsentinel_core.posture.address import parse

if TYPE_CHECKING:
    import ssl

CA_FILE = "SENTINEL_CA_FILE"
"""Environment variable with a PEM file of further trusted certificates, for a platform with a self-signed one."""
_SECONDS = 10.0
_MOST_BYTES = 10 * 1024 * 1024
_PAGE = 500
_MOST_PAGES = 200
_SHOWN = ("id", "name", "status", "trust_score", "posture_score", "behavior_score", "model", "owner_team")


class LiveError(Exception):
    """Raised with the reason why there is no live data. The scan itself is not affected."""


def add_live(result: ScanResult, url: str, key: str, agent_id: str | None) -> None:
    """Add live data for every agent that the platform knows by the same name, or for `agent_id`. Raises LiveError."""
    with open_platform(url, key) as platform:
        platform.add_to(result, agent_id)


def agents_of(url: str, key: str) -> list[dict[str, Any]]:
    """Return the agents of a platform with their scores, the least trusted first. Raises LiveError."""
    with open_platform(url, key) as platform:
        return sorted(platform.agents(), key=lambda agent: (agent["trust_score"] is None, agent["trust_score"] or 0.0))


@contextmanager
def open_platform(url: str, key: str) -> Iterator["Platform"]:
    """Open a platform; whatever goes wrong within is a LiveError."""
    try:
        import httpx2  # an optional dependency
    except ImportError:
        raise LiveError(
            "--connect needs the extra `live` of agentsentinel-cli (docs/install.md): pip install httpx2"
        ) from None
    if urlsplit(url).scheme not in ("http", "https"):
        raise LiveError("the address must start with http:// or https://")
    if not key:
        raise LiveError("a key is needed: set the variable AGENTSENTINEL_API_KEY, or pass --api-key")
    base = url.rstrip("/").removesuffix("/api/v1") + "/api/v1"
    try:
        # Redirects are not followed, so that the key is sent only to the address that was passed.
        with httpx2.Client(
            headers={"X-API-Key": key}, timeout=_SECONDS, follow_redirects=False, verify=_authorities()
        ) as client:
            yield Platform(client, base)
    except httpx2.TimeoutException as error:
        raise LiveError(f"{parse(url).shown} has not answered within {_SECONDS:g} s") from error
    except httpx2.ConnectError as error:
        raise LiveError(f"{parse(url).shown} cannot be reached: {error}") from error
    except httpx2.HTTPError as error:
        raise LiveError(f"{parse(url).shown} does not answer as HTTP servers do: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LiveError(f"the server at {parse(url).shown} does not answer like an AgentSentinel platform") from error


def _authorities() -> "ssl.SSLContext | bool":
    """Return the TLS verification setting: the default authorities, plus those of the file in SENTINEL_CA_FILE.

    Raises LiveError when that file cannot be used: without it, the connection would fail later with an error about the
    certificate.
    """
    file = os.environ.get(CA_FILE)
    if not file:
        return True
    import ssl

    try:
        context = ssl.create_default_context()
        context.load_verify_locations(cafile=file)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise LiveError(f"{CA_FILE} names {file!a}, which contains no readable certificates") from error
    return context


class Platform:
    """The API of one platform."""

    def __init__(self, client: Any, base: str) -> None:
        self._client = client
        self._base = base

    def add_to(self, result: ScanResult, agent_id: str | None) -> None:
        if agent_id is not None:
            found = [(agent, agent_id) for agent in result.agents if agent.tools or agent.grants]
            if not found:
                raise LiveError("no agent was found in the source")
            self._add(result, found[0][0], agent_id, {tool for agent, _ in found for tool in _names(agent)})
            return
        ids = self._ids_by_name()
        matched = [(agent, ids[agent.name]) for agent in result.agents if agent.name in ids]
        if not matched:
            raise LiveError("the platform has no agent with a name found in the source; choose one with --agent-id")
        for agent, known_id in matched:
            self._add(result, agent, known_id, _names(agent))

    def _add(self, result: ScanResult, agent: ScannedAgent, agent_id: str, in_code: set[str]) -> None:
        detail = self._get(f"/agents/{quote(agent_id, safe='')}")
        grants = {grant["tool_name"]: grant for grant in detail["grants"]}
        facts = {
            "agent_id": detail["id"],
            "name": detail["name"],
            "status": detail["status"],
            "trust_score": detail["trust_score"],
            "posture_score": detail["posture_score"],
            "behavior_score": detail["behavior_score"],
            "never_granted": sorted(in_code - set(grants)),
            "not_in_code": sorted(set(grants) - in_code),
            "never_called": sorted(
                name
                for name, grant in grants.items()
                if not grant.get("last_called_at") and not grant.get("call_count_7d")
            ),
        }
        key = (agent.path, agent.place.line if agent.place else None, agent.name if agent.place else None)
        result.live.append({"key": key, "facts": facts})

    def agents(self) -> list[dict[str, Any]]:
        """Return all agents, each with the members that are shown."""
        return [{name: agent[name] for name in _SHOWN} for agent in self._all_agents()]

    def _ids_by_name(self) -> dict[str, str]:
        ids: dict[str, str] = {}
        for agent in self._all_agents():
            ids.setdefault(agent["name"], agent["id"])
        return ids

    def _all_agents(self) -> Iterator[Any]:
        for page in range(_MOST_PAGES):
            agents = self._get(f"/agents?limit={_PAGE}&offset={page * _PAGE}")
            yield from agents
            if len(agents) < _PAGE:
                break

    def check(self, scope: str) -> None:
        """Raise LiveError unless the key is one of this scope."""
        key = self._ask("GET", "/keys/self", f"scope {scope}", "the platform is older than this command")
        if key["scope"] != scope:
            raise LiveError(f"the key was refused; it needs scope {scope}")

    def post(self, path: str, body: object) -> Any:
        """Send a document, and return the answer; needs a key of scope admin."""
        return self._ask("POST", f"/{path}", "scope admin", "the platform is older than this command", json=body)

    def _get(self, path: str) -> Any:
        return self._ask("GET", path, "scope admin or readonly", "there is no such agent")

    def _ask(self, method: str, path: str, scope: str, missing: str, **content: object) -> Any:
        """Return the answer of the platform; `missing` says what a 404 means."""
        import json

        with self._client.stream(method, self._base + path, **content) as response:
            if response.status_code in (401, 403):
                raise LiveError(f"the key was refused ({response.status_code}); it needs {scope}")
            if response.status_code == 404:
                raise LiveError(missing)
            if response.status_code != 200:
                raise LiveError(f"the platform answered with status {response.status_code}")
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > _MOST_BYTES:
                    raise LiveError("the platform's answer is larger than 10 MB")
        return json.loads(bytes(body))


def _names(agent: ScannedAgent) -> set[str]:
    return {tool.name for tool in agent.tools if tool.name is not None} | {
        grant.name for grant in agent.grants if grant.kind in ("imported", "hosted")
    }
