"""Who the agent is, by what its key may do and what it says about itself."""

from types import SimpleNamespace
from typing import Any

import pytest

from agentsentinel_sdk.errors import (
    ApiError,
    AuthenticationError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    Unavailable,
)
from agentsentinel_sdk.identity import (
    MOST_SEEN,
    SEEN_AGAIN_SECONDS,
    AgentIdentity,
    AgentRegistry,
    DeclaredManifest,
    DeclaredServer,
    KnownAgent,
    Refusal,
    Seen,
    advice_on,
)


class Inventory:
    """A server's inventory as the registry asks for it; each question is noted."""

    def __init__(self, scope: str, agent_id: str | None = None, refusal: Exception | None = None) -> None:
        self.key = SimpleNamespace(scope=scope, agent_id=agent_id)
        self.refusal = refusal
        self.asked: list[Any] = []

    def whoami(self) -> Any:
        self.asked.append("whoami")
        return self.key

    def ensure_agent(self, name: str, *about: object) -> Any:
        self.asked.append(("ensure", name, *about))
        return SimpleNamespace(id="made", name=name), True

    def add_grant(self, agent_id: str, tool_name: str, *, server_name: str | None, origin: str | None) -> Any:
        self.asked.append(("grant", agent_id, tool_name, server_name, origin))
        if self.refusal is not None:
            raise self.refusal

    def add_mcp_connection(self, agent_id: str, server_name: str, server_url: str, *, command: str | None) -> Any:
        self.asked.append(("connect", agent_id, server_name, server_url, command))

    def report_manifest(self, agent_id: str, server_name: str, lists: Any, **about: Any) -> None:
        self.asked.append(("manifest", agent_id, server_name, lists, about["principal"]))
        if self.refusal is not None:
            raise self.refusal

    def report_observation(self, agent_id: str, kind: str, detail: str, *, server_name: str | None) -> None:
        self.asked.append((kind, agent_id, detail, server_name))
        if self.refusal is not None:
            raise self.refusal


def registry(**identity: Any) -> tuple[AgentRegistry, list[KnownAgent], list[str]]:
    known: list[KnownAgent] = []
    notices: list[str] = []
    return AgentRegistry(AgentIdentity(**identity), known.append, notices.append), known, notices


def test_an_agents_own_key_says_who_it_is_and_grants_nothing() -> None:
    agents, known, notices = registry(name="shop")
    inventory = Inventory("agent", "own")
    assert agents.agent_id(inventory) == "own"
    agents.grant(inventory, "search")
    assert inventory.asked == ["whoami"]
    assert [(agent.is_new, agent.may_grant) for agent in known] == [(False, False)]
    assert "states no grants" in notices[0]


def test_an_admin_key_registers_the_name_once_and_grants_each_tool_once() -> None:
    agents, known, _ = registry(name="shop", description="sells")
    inventory = Inventory("admin")
    for _ in range(3):
        agents.grant(inventory, "search")
    assert inventory.asked == [
        "whoami",
        ("ensure", "shop", "llm_agent", "unknown", "unassigned", "sells"),
        ("grant", "made", "search", None, "observed"),
    ]
    assert known == [KnownAgent("made", "shop", is_new=True, may_grant=True)]


@pytest.mark.parametrize(
    ("inventory", "identity", "word"),
    [
        (Inventory("agent", "own"), {"agent_id": "other"}, "no other"),
        (Inventory("readonly"), {"name": "shop"}, "readonly"),
        (Inventory("admin"), {}, "agent_name"),
    ],
)
def test_a_key_that_cannot_report_is_refused_with_advice(inventory: Inventory, identity: Any, word: str) -> None:
    agents, known, _ = registry(**identity)
    with pytest.raises(Refusal, match=word) as refused:
        agents.agent_id(inventory)
    assert refused.value.advice
    assert known == []


def test_only_an_agent_that_is_registered_by_name_can_be_found_again() -> None:
    for identity, inventory, can in (
        ({"name": "shop"}, Inventory("admin"), True),
        ({"agent_id": "x"}, Inventory("admin"), False),
        ({}, Inventory("agent", "own"), False),
    ):
        agents, _, _ = registry(**identity)
        assert not agents.forget()
        agents.agent_id(inventory)
        assert agents.forget() is can


def test_after_a_deletion_its_tools_are_granted_anew() -> None:
    agents, _, _ = registry(name="shop")
    inventory = Inventory("admin")
    agents.grant(inventory, "search")
    assert agents.forget()
    agents.grant(inventory, "search")
    assert inventory.asked.count(("grant", "made", "search", None, "observed")) == 2


@pytest.mark.parametrize(
    ("refusal", "times", "noticed"),
    [
        (PermissionDenied("no", status=403), 1, False),
        (NotFound("gone", status=404), 2, False),
        (InvalidRequest("bad name", status=422), 1, True),
    ],
)
def test_a_refused_grant_never_stops_a_report(refusal: Exception, times: int, noticed: bool) -> None:
    agents, _, notices = registry(name="shop")
    inventory = Inventory("admin", refusal=refusal)
    agents.grant(inventory, "search")
    agents.grant(inventory, "search")
    assert inventory.asked.count(("grant", "made", "search", None, "observed")) == times
    assert any("search" in notice for notice in notices) is noticed


def test_a_callback_of_the_host_that_raises_is_noticed_and_goes_no_further() -> None:
    notices: list[str] = []

    def raising(_: KnownAgent) -> None:
        raise RuntimeError

    assert AgentRegistry(AgentIdentity(name="shop"), raising, notices.append).agent_id(Inventory("admin")) == "made"
    assert notices == ["a callback raised RuntimeError"]


def test_there_is_advice_where_a_person_can_do_something_and_none_where_waiting_helps() -> None:
    assert "AGENTSENTINEL_API_KEY" in advice_on(AuthenticationError("wrong", status=401))
    assert advice_on(ApiError("later", status=503)) == ""


def test_what_is_declared_is_stated_once_and_again_after_the_agent_was_forgotten() -> None:
    agents, _, _ = registry(name="shop")
    inventory = Inventory("admin")
    agents.declare_tools(["search", "pay"], "files")
    agents.declare_server(DeclaredServer("files", "stdio:files", "npx files"))
    stated = [
        ("grant", "made", "search", "files", "listed"),
        ("grant", "made", "pay", "files", "listed"),
        ("connect", "made", "files", "stdio:files", "npx files"),
    ]
    agents.state_declared(inventory)
    agents.state_declared(inventory)
    assert inventory.asked[2:] == stated
    assert agents.forget()
    inventory.asked.clear()
    agents.state_declared(inventory)
    assert inventory.asked[2:] == stated


def test_a_key_of_scope_agent_declares_nothing() -> None:
    agents, _, _ = registry()
    inventory = Inventory("agent", "own")
    agents.declare_tools(["search"], "files")
    agents.declare_server(DeclaredServer("files", "http://127.0.0.1:8002/mcp"))
    agents.state_declared(inventory)
    assert inventory.asked == ["whoami"]


@pytest.mark.parametrize("scope", ["admin", "agent"])
def test_what_was_seen_is_stated_once_an_hour_by_any_key(scope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1_000.0
    monkeypatch.setattr("agentsentinel_sdk.identity.time.monotonic", lambda: moment)
    agents, _, _ = registry(name="shop")
    inventory = Inventory(scope, "made")
    seen = Seen("message_smuggling", "name", "files")
    assert [agents.observe(seen), agents.observe(seen), agents.observe(seen._replace(detail="id"))] == [
        True,
        False,
        True,
    ]
    agents.state_declared(inventory)
    agents.state_declared(inventory)
    stated = [("message_smuggling", "made", detail, "files") for detail in ("name", "id")]
    assert [one for one in inventory.asked if one[0] == "message_smuggling"] == stated
    moment += SEEN_AGAIN_SECONDS
    assert agents.observe(seen)


@pytest.mark.parametrize("refusal", [PermissionDenied("no", status=403), NotFound("gone", status=404)])
def test_an_observation_that_is_refused_is_noticed_and_not_repeated(refusal: Exception) -> None:
    agents, _, notices = registry(name="shop")
    inventory = Inventory("admin", refusal=refusal)
    agents.observe(Seen("message_smuggling", "name", None))
    agents.state_declared(inventory)
    asked = len(inventory.asked)
    agents.state_declared(inventory)
    assert len(inventory.asked) == asked
    assert len(notices) == 1


def test_the_observations_that_are_remembered_are_bounded() -> None:
    agents, _, _ = registry(name="shop")
    new = [agents.observe(Seen("message_smuggling", str(number), None)) for number in range(MOST_SEEN + 9)]
    assert sum(new) == MOST_SEEN


def stated(inventory: Inventory) -> list[Any]:
    return [asked for asked in inventory.asked if asked[0] == "manifest"]


def test_the_newest_manifest_of_a_server_is_stated_once_and_again_for_a_new_agent() -> None:
    agents, _, _ = registry(name="shop")
    inventory = Inventory("admin")
    for number in range(3):
        agents.declare_manifest(DeclaredManifest("mail", {"tool": [{"name": f"a{number}"}]}))
    agents.declare_manifest(DeclaredManifest("mail", {}, principal="ab"))
    newest = [("manifest", "made", "mail", {"tool": [{"name": "a2"}]}, ""), ("manifest", "made", "mail", {}, "ab")]
    for _ in range(2):
        agents.state_declared(inventory)
    assert stated(inventory) == newest
    assert agents.forget()
    agents.state_declared(inventory)
    assert stated(inventory) == newest * 2


def test_an_agents_own_key_states_manifests() -> None:
    agents, _, _ = registry()
    inventory = Inventory("agent", "own")
    agents.declare_manifest(DeclaredManifest("mail", {}))
    agents.state_declared(inventory)
    assert stated(inventory) == [("manifest", "own", "mail", {}, "")]


def test_a_manifest_that_is_refused_is_said_and_not_stated_again() -> None:
    agents, _, notices = registry(name="shop")
    inventory = Inventory("admin", refusal=InvalidRequest("too large", status=413))
    agents.declare_manifest(DeclaredManifest("mail", {}))
    for _ in range(2):
        agents.state_declared(inventory)
    assert len(stated(inventory)) == 1
    assert any("'mail'" in notice for notice in notices)


def test_a_manifest_that_cannot_be_stated_now_is_kept_and_delays_nothing() -> None:
    agents, _, _ = registry(name="shop")
    inventory = Inventory("admin", refusal=Unavailable("down", status=503))
    agents.declare_manifest(DeclaredManifest("mail", {}))
    for _ in range(2):
        agents.state_declared(inventory)
    assert len(stated(inventory)) == 1
    inventory.refusal = None
    agents._manifests_due_at = 0.0
    agents.state_declared(inventory)
    assert len(stated(inventory)) == 2
