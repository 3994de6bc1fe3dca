"""What the dashboard's tests need: a browser, a page that is signed in, and agents worth looking at."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from server.sign_in.support import OWN_PAGE
from server.support import HASH, Server

T = TypeVar("T")
CHROMIUM = next(filter(os.path.exists, ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")), None)
"""Debian's Chromium. Its headless shell has no windows of a desktop to care for and takes a sixth less of the time."""
OPTIONS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 60_000
"""Longest wait for what a page will show. A page that shows it is not waited for: the limit is for slow machines."""
AXE = Path(__file__).parents[2] / "ui/node_modules/axe-core/axe.min.js"

AGENTS: dict[str, dict[str, Any]] = {
    "invoice-bot": {
        "owner_team": "finance",
        "description": "Reads invoices and answers suppliers",
        "tools": ["read_database", "send_email", "http_post", "delete_record", "list_invoices", "export_table"],
        "sessions": 1,
        "calls": 12,
    },
    "crm-assistant": {
        "owner_team": "sales-eng",
        "description": "Searches and queries the CRM for sales reps",
        "tools": ["crm_search", "fetch_webpage", "write_report"],
        "sessions": 8,
        "calls": 6,
    },
    "build-runner": {
        "owner_team": "platform",
        "description": "Builds and deploys branches",
        "tools": ["run_command", "deploy_service", "get_secret"],
        "sessions": 4,
        "calls": 12,
    },
    "docs-helper": {
        "owner_team": "support",
        "description": "Answers questions from the manual",
        "tools": ["search_docs"],
        "limits": {"search_docs": 200},
        "sessions": 10,
        "calls": 5,
    },
    "newsletter-writer": {
        "owner_team": "marketing",
        "description": "Drafts the monthly newsletter",
        "tools": ["list_articles", "summarize_text"],
        "limits": {"list_articles": 50, "summarize_text": 50},
        "sessions": 5,
        "calls": 7,
    },
    "warehouse-planner": {
        "owner_team": "logistics",
        "description": "Plans deliveries",
        "tools": ["get_stock"],
        "sessions": 0,
    },
}


def aside(work: Callable[[], T]) -> T:
    """Do something in a thread of its own: Playwright keeps an event loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def launch(playwright: Playwright) -> Browser:
    """Debian's Chromium, which reaches nothing but this machine."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)


def new_context(
    browser: Browser, server: Server, *, width: int = 1440, height: int = 900, theme: str = "dark"
) -> BrowserContext:
    """Open a new window without cookies, in this size and theme."""
    context = browser.new_context(
        base_url=server.url,
        viewport={"width": width, "height": height},
        color_scheme="light" if theme == "light" else "dark",
    )
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    return context


def sign_in(window: BrowserContext, server: Server, key: str | None = None) -> None:
    """Sign a window in, with the admin key unless another is given; it opens no page.

    The form has tests of its own. To go through it would take half of the time of all others.
    """
    answer = window.request.post(
        f"{server.url}/api/v1/session",
        data={"key": key or server.admin_key},
        headers={**OWN_PAGE, "Origin": server.url},
    )
    assert answer.ok, answer.text()


def violations(page: Page) -> list[str]:
    """Return the violations of WCAG 2.2 A and AA that axe finds on a page."""
    page.evaluate(AXE.read_text())
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    found = page.evaluate("(options) => axe.run(document, options)", options)["violations"]
    return [f"{one['id']}: {node['html'][:200]} {node['failureSummary']}" for one in found for node in one["nodes"]]


def populate(server: Server) -> dict[str, str]:
    """Six agents with grants, a few days of sessions and what follows from them; returns ids by name."""
    ids = {name: _make_agent(server, name, dict(kind)) for name, kind in AGENTS.items()}
    for name, kind in AGENTS.items():
        if kind["sessions"]:
            server.wait_for_score(ids[name], kind["sessions"] * kind["calls"], seconds=15)
    return ids


def _make_agent(server: Server, name: str, kind: dict[str, Any]) -> str:
    agent_id = server.new_agent(name=name, owner_team=kind["owner_team"], description=kind["description"])
    limits = kind.get("limits", {})
    for tool in kind["tools"]:
        grant = {"tool_name": tool, **({"rate_limit_per_hour": limits[tool]} if tool in limits else {})}
        assert server.api.post(f"agents/{agent_id}/grants", json=grant).status_code == 201
    if kind["sessions"]:
        events = list(_events(agent_id, kind))
        answer = server.api.post("events/batch", json={"events": events})
        assert {result["status"] for result in answer.json()["results"]} == {201}
    return agent_id


def _events(agent_id: str, kind: dict[str, Any]) -> list[dict[str, Any]]:
    """Sessions spread over the last days, the last one a moment ago."""
    moment = datetime.now(UTC)
    made = []
    for number in range(kind["sessions"]):
        begun = moment - timedelta(hours=7 * (kind["sessions"] - 1 - number), minutes=2)
        session = f"run-{uuid4().hex[:8]}"
        for call in range(kind["calls"]):
            duration = 40 + 230 * ((call * 7 + number) % 5)
            made.append(
                {
                    "agent_id": agent_id,
                    "tool_name": kind["tools"][(call + number) % len(kind["tools"])],
                    "input_hash": HASH,
                    "output_hash": HASH,
                    "session_id": session,
                    "duration_ms": duration,
                    "status": "error" if (call, number % 3) == (4, 1) else "ok",
                    "timestamp": (begun + timedelta(seconds=3 * call)).isoformat(),
                }
            )
    return made
