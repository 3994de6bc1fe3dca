"""Observations become events, grants and lines; hostile names are made harmless on the way."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agentsentinel_core.manifest.model import ItemKind
from agentsentinel_sdk.identity import DeclaredManifest
from agentsentinel_shim.conversation import CallEnded, ServerSeen, Smuggled
from agentsentinel_shim.jsonrpc import Defect
from agentsentinel_shim.lists import Listed
from agentsentinel_shim.offer_file import OfferFile
from agentsentinel_shim.reporting import MOST_NOTICES, Reporting, Upstream, printable

CALL = CallEnded("greet", "a" * 64, "b" * 64, "ok", 1_000_000.0, 700_000_000, "session", "7", {"trace_id": "c" * 32})


class Sink:
    """Notes what it is given."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.declared: list[Any] = []
        self.manifests: list[DeclaredManifest] = []

    def submit(self, wire: dict[str, Any], *, wants_grant: bool = False) -> None:
        assert not wants_grant
        self.events.append(wire)

    def declare_tools(self, tools: list[str], server_name: str | None = None) -> None:
        self.declared.append((tools, server_name))

    def declare_server(self, name: str, url: str, command: str | None = None) -> None:
        self.declared.append((name, url, command))

    def declare_manifest(self, manifest: DeclaredManifest) -> None:
        self.manifests.append(manifest)

    def report_observation(self, kind: str, detail: str, server_name: str | None = None) -> None:
        self.declared.append((kind, detail, server_name))


def reporting(upstream: Upstream | None = None) -> tuple[Reporting, Sink, list[str]]:
    sink, lines = Sink(), list[str]()
    return Reporting(sink, upstream or Upstream(), lines.append), sink, lines


def test_a_call_becomes_an_event_of_the_channel_shim() -> None:
    report, sink, _ = reporting()
    report(CALL)
    [event] = sink.events
    assert event.pop("event_id")
    assert event == {
        "tool_name": "greet",
        "input_hash": "a" * 64,
        "output_hash": "b" * 64,
        "duration_ms": 604_800_000,
        "session_id": "session",
        "tool_call_id": "7",
        "status": "ok",
        "timestamp": "1970-01-12T13:46:40+00:00",
        "channel": "shim",
        "trace_id": "c" * 32,
    }


def test_an_operation_is_a_member_of_its_event() -> None:
    report, sink, _ = reporting()
    report(replace(CALL, operation="git"))
    assert sink.events[0]["operation"] == "git"


def test_each_listed_tool_is_declared_once() -> None:
    report, sink, _ = reporting()
    report(Listed(ItemKind.TOOL, ({"name": "a"}, {"name": "b"}, {"name": 5})))
    report(Listed(ItemKind.TOOL, ({"name": "b"}, {"name": "\x1b[2Jc"}, {"name": "\x00"})))
    report(Listed(ItemKind.TOOL, ({"name": "a"},)))
    assert sink.declared == [(["a", "b"], None), (["[2Jc"], None)]


URL = "http://127.0.0.1/mcp"
COMMAND = ("npx", "files", "--token", "hunter2")


@pytest.mark.parametrize(
    ("upstream", "own_name", "connection"),
    [
        (Upstream(URL), "files", ("files", URL, None)),
        (Upstream(URL), "", ("mcp-server", URL, None)),
        (Upstream(URL, name="desk"), "files", ("desk", URL, None)),
        (Upstream(command=COMMAND), "files", ("files", "stdio:files", "npx files --token …")),
        (Upstream(command=COMMAND), "my files/2", ("my files/2", "stdio:my%20files/2", "npx files --token …")),
    ],
)
def test_a_server_that_introduces_itself_is_a_connection(
    upstream: Upstream, own_name: str, connection: tuple[str, str, str | None]
) -> None:
    report, sink, _ = reporting(upstream)
    report(ServerSeen(own_name, "1", ""))
    assert sink.declared == [connection]


def test_calls_and_tools_after_the_introduction_name_the_server() -> None:
    report, sink, _ = reporting()
    report(CALL)
    report(ServerSeen("files", "1", ""))
    report(CALL)
    report(Listed(ItemKind.TOOL, ({"name": "a"},)))
    assert [event.get("server_name") for event in sink.events] == [None, "files"]
    assert sink.declared[1:] == [(["a"], "files")]


def whole(kind: ItemKind, *definitions: dict[str, Any], principal: str = "") -> Listed:
    return Listed(kind, definitions, definitions, principal)


def test_each_whole_list_that_is_new_or_differs_is_stated_with_those_before() -> None:
    report, sink, _ = reporting()
    report(ServerSeen("files", "1.2", ""))
    report(Listed(ItemKind.TOOL, ({"name": "a"},)))
    assert not sink.manifests
    for _ in range(2):
        report(whole(ItemKind.TOOL, {"name": "a"}))
        report(whole(ItemKind.INSTRUCTIONS, {"text": "Read only."}))
    report(whole(ItemKind.TOOL, {"name": "a", "title": "A"}))
    report(whole(ItemKind.TOOL, {"name": "a"}, principal="ab"))
    told = ({"text": "Read only."},)
    assert sink.manifests == [
        DeclaredManifest("files", {"tool": ({"name": "a"},)}, server_version="1.2"),
        DeclaredManifest("files", {"tool": ({"name": "a"},), "instructions": told}, server_version="1.2"),
        DeclaredManifest("files", {"tool": ({"name": "a", "title": "A"},), "instructions": told}, server_version="1.2"),
        DeclaredManifest("files", {"tool": ({"name": "a"},)}, "ab", server_version="1.2"),
    ]


def test_what_was_offered_is_known_to_the_next_shim_before_any_list_passes(tmp_path: Path) -> None:
    file = OfferFile(tmp_path / "manifests" / "a.json")
    before = Reporting(Sink(), Upstream(), str, file=file)
    before(ServerSeen("files", "1", ""))
    before(whole(ItemKind.TOOL, {"name": "a"}, {"name": 5}))
    sink, listed = Sink(), list[Any]()
    after = Reporting(sink, Upstream(), str, listed.append, file)
    assert after.server_name == "files"
    assert after.offered.all() == before.offered.all()
    assert listed == [[{"name": "a"}]]
    assert [manifest.server_name for manifest in sink.manifests] == ["files"]


DOUBLED = Smuggled(True, (Defect("doubled-member", "name"), Defect("doubled-member", "name")), "session")


def test_a_message_that_reads_in_two_ways_is_a_line_once_and_an_observation_each_time() -> None:
    report, sink, lines = reporting()
    for _ in range(3):
        report(DOUBLED)
    assert lines == ["a message can be read in two ways, and was forwarded as it is: client: doubled-member (name)"]
    assert sink.declared == [("message_smuggling", "client: doubled-member (name)", None)] * 3


def test_a_log_line_on_standard_output_is_a_line_and_no_finding() -> None:
    report, sink, lines = reporting()
    report(Smuggled(False, (Defect("not-json", "JSONDecodeError"),), "session"))
    assert lines == ["a message cannot be read, and was forwarded as it is: server: not-json (JSONDecodeError)"]
    assert sink.declared == []


def test_the_lines_about_defects_are_bounded() -> None:
    report, _, lines = reporting()
    for number in range(MOST_NOTICES + 5):
        report(Smuggled(True, (Defect("doubled-member", str(number)),), "session"))
    assert len(lines) == MOST_NOTICES


def test_text_is_fit_for_the_api_and_a_terminal() -> None:
    assert printable("a\x1b[31m\u202eb\ud800\n" + "x" * 300) == "a [31m b?" + " " + "x" * (255 - 10)
