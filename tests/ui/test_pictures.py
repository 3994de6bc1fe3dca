"""The pictures in docs/images/ui: each page, on a desk and on a telephone, dark and light.

Taken only when asked for: `PICTURES=/tmp/pictures pytest tests/ui/test_pictures.py`. Afterwards, to make them small:
`mogrify -path docs/images/ui -format png +dither -colors 96 -define png:compression-level=9 /tmp/pictures/*.png`.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from server.support import Server, new_database, start_server
from ui.support import aside, new_context, populate, sign_in

pytestmark = pytest.mark.skipif("PICTURES" not in os.environ, reason="pictures are taken when PICTURES names a folder")

SIZES = {1440: 900, 390: 844}
PAGES = {
    "agents": "/",
    "agent": "/agents/{demo}",
    "session": "/agents/{demo}?tab=sessions&session=chat-hijacked",
    "grants": "/agents/{demo}?tab=grants",
    "baselines": "/agents/{demo}?tab=baselines",
    "overview": "/overview",
    "findings": "/findings?finding={finding}",
    "events": "/events",
    "capabilities": "/capabilities",
    "keys": "/keys",
    "audit": "/audit",
    "register": "/register",
    "settings": "/settings",
}
BELOW = {"session", "grants", "baselines"}
"""What these show stands further down."""


@pytest.fixture(scope="module")
def fresh(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = aside(lambda: start_server(new_database(postgres_dsn), tmp_path_factory.mktemp("pictures")))
    yield server
    server.stop()


def take(page: Page, name: str, width: int, theme: str) -> None:
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.wait_for_timeout(500)
    page.screenshot(path=Path(os.environ["PICTURES"]) / f"{name}-{width}-{theme}.png")


def looks(browser: Browser, server: Server) -> Iterator[tuple[Page, int, str]]:
    for width, height in SIZES.items():
        for theme in ("dark", "light"):
            context = new_context(browser, server, width=width, height=height, theme=theme)
            yield context.new_page(), width, theme
            context.close()


def test_take_the_pictures(browser: Browser, fresh: Server) -> None:
    for page, width, theme in looks(browser, fresh):
        page.goto("/sign-in")
        take(page, "sign-in", width, theme)
        sign_in(page.context, fresh)
        page.goto("/")
        expect(page.get_by_text("Waiting for the first event")).to_be_visible()
        take(page, "newcomer", width, theme)
    aside(lambda: populate(fresh))
    demo = fresh.api.post("demo").json()["id"]
    (finding,) = fresh.api.get(f"agents/{demo}/findings", params={"severity": "CRITICAL"}).json()
    for page, width, theme in looks(browser, fresh):
        sign_in(page.context, fresh)
        for name, place in PAGES.items():
            page.goto(place.format(demo=demo, finding=finding["id"]))
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            if name == "register":
                page.get_by_label("Tool 1", exact=True).fill("send_email")
                page.get_by_label("Tool 2", exact=True).fill("search_docs")
            if name in BELOW:
                page.get_by_role("tablist").evaluate("(tabs) => tabs.scrollIntoView()")
            take(page, name, width, theme)
