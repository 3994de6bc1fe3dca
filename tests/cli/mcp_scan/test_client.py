"""Where a server is asked, and how its refusals are put into words. Real servers are in `commands/test_mcp_scan.py`."""

import shlex

import anyio
import pytest

from agentsentinel_cli.mcp_scan.client import HttpTarget, NotScanned, StdioTarget, read_manifest
from agentsentinel_core.manifest.model import ItemKind
from cli.mcp_scan.support import served, stdio


def test_an_address_without_a_path_is_asked_at_the_usual_ones() -> None:
    assert HttpTarget("http://a:1", {}).addresses == ["http://a:1/mcp", "http://a:1/", "http://a:1/sse"]
    assert HttpTarget("http://a:1/?b=c", {}).addresses[0] == "http://a:1/mcp?b=c"
    assert HttpTarget("http://a:1/x", {}).addresses == ["http://a:1/x"]


@pytest.mark.parametrize("path", ["", "/", "/mcp", "/anything"])
def test_a_server_is_found_at_its_address(path: str) -> None:
    with served("sound") as url:
        manifest = anyio.run(read_manifest, HttpTarget(url.removesuffix("/mcp") + path, {}), 60.0)
    assert [item.name for item in manifest.of(ItemKind.TOOL)] == ["get_weather"]
    assert (manifest.server_name, manifest.server_version, manifest.is_open) == ("sound", "1", True)


def test_a_server_that_never_answers_is_given_up() -> None:
    with pytest.raises(NotScanned, match=r"no answer within 0\.5 s"):
        anyio.run(read_manifest, StdioTarget(["sleep", "600"]), 0.5)


def test_a_server_that_ends_is_said_with_its_last_line() -> None:
    with pytest.raises(NotScanned, match="it ended before it had answered; its last line: no key"):
        anyio.run(read_manifest, StdioTarget(["sh", "-c", "echo no key >&2; exit 3"]), 60.0)


def test_a_server_of_an_unknown_version_is_said_with_that_version() -> None:
    with pytest.raises(NotScanned, match="9999-01-01"):
        anyio.run(read_manifest, StdioTarget(shlex.split(stdio("of-the-future")[1])), 60.0)


def test_a_server_gets_the_variables_of_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", "sound")
    command = stdio("$THING")[1].replace("'$THING'", "$THING")
    manifest = anyio.run(read_manifest, StdioTarget(["sh", "-c", command]), 60.0)
    assert manifest.server_name == "sound"
