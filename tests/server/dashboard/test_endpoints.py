"""The dashboard's page and files as they are served: safe by their headers, and honest when they are not there."""

import asyncio
import os
from pathlib import Path

import httpx2
import pytest

from agentsentinel.app import create_app
from agentsentinel.composition import build_platform
from agentsentinel.config import Settings
from agentsentinel.dashboard.endpoints import CONTENT_SECURITY_POLICY, PAGES
from agentsentinel.dashboard.files import BUILT, PAGE, read_files
from server.support import Server, assert_refused

PLACES = [path.replace("{agent_id}", "x").replace("{finding_id}", "x") for path in PAGES]

needs_dashboard = pytest.mark.skipif(
    not (BUILT / PAGE).exists() and not os.environ.get("AGENTSENTINEL_TEST_ALL"),
    reason="the dashboard is not built: make ui",
)


@needs_dashboard
@pytest.mark.parametrize("path", PLACES)
def test_every_address_of_the_dashboard_gives_its_page_with_a_strict_policy(server: Server, path: str) -> None:
    answer = server.request("GET", path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert {policy[kind] for kind in ("script-src", "style-src", "connect-src", "font-src")} == {"'self'"}
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"


@needs_dashboard
def test_the_page_holds_no_inline_script_or_style_and_no_other_host(server: Server) -> None:
    page = server.request("GET", "/").text
    assert "<script>" not in page
    assert "<style" not in page
    assert "//" not in page.replace("<!doctype", "")


@needs_dashboard
def test_assets_are_served_compressed_and_for_ever(server: Server) -> None:
    name = next(path for path in read_files() if path.endswith(".js") and path.startswith("assets/index"))
    plain = server.request("GET", f"/{name}", headers={"Accept-Encoding": "identity"})
    packed = server.request("GET", f"/{name}", headers={"Accept-Encoding": "gzip"})
    assert plain.content == packed.content == (BUILT / name).read_bytes()
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert packed.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/assets/nothing.js", "/assets/..%2findex.html", "/assets/../files.py", "/nothing"])
def test_nothing_else_is_served(server: Server, path: str) -> None:
    assert_refused(server.request("GET", path), 404)


@needs_dashboard
@pytest.mark.parametrize("path", ["/nothing", "/nowhere/at/all", "/agents/x/y", "/api", "/%20"])
def test_an_unknown_address_gives_people_the_page_and_programs_a_problem(server: Server, path: str) -> None:
    for_people = server.request("GET", path, headers={"Accept": "text/html,*/*;q=0.8"})
    assert for_people.status_code == 404
    # Below a path that a proxy takes off, only the way up leads to the assets.
    way_up = "../" * (path.count("/") - 1) or "./"
    assert for_people.text == server.request("GET", "/").text.replace('="./', f'="{way_up}')
    assert for_people.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert_refused(server.request("GET", path, headers={"Accept": "application/json"}), 404)
    assert_refused(server.request("POST", path, headers={"Accept": "text/html"}), 404)


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/v1/nothing", "/assets/nothing.js"])
def test_programs_places_never_answer_with_the_page(server: Server, path: str) -> None:
    assert_refused(server.request("GET", path, headers={"Accept": "text/html"}), 404)


def test_a_server_without_its_dashboard_says_how_to_build_it_and_serves_the_api(tmp_path: Path) -> None:
    app = create_app(build_platform(Settings(), "postgresql+asyncpg://nobody@localhost/nothing", b"x" * 32))
    app.state.dashboard = read_files(tmp_path)

    async def ask(path: str, accept: str) -> httpx2.Response:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://x") as client:
            return await client.get(path, headers={"Accept": accept})

    page = asyncio.run(ask("/", "text/html,*/*"))
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
    problem = asyncio.run(ask("/findings", "*/*"))
    assert problem.headers["content-type"] == "application/problem+json"
    for answer in (page, problem):
        assert "npm run build" in answer.text
    assert asyncio.run(ask("/api/v1/agents", "*/*")).status_code == 401
