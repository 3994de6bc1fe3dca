"""Charts of all agents: each bar leads to what it counts, dragging chooses a time, and a table says the same."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from forms import wide_after
from server import fleet
from server.support import Server, new_database, query, start_server
from ui.support import aside, new_context, sign_in, violations

AGENTS, EVENTS = 24, 4_000
TIME = re.compile(r"time=([^&]+)\.\.([^&]+)")


@pytest.fixture(scope="module")
def past(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server for this file alone, with events and findings of 30 days."""
    server = aside(lambda: start_server(new_database(postgres_dsn), tmp_path_factory.mktemp("charts")))
    aside(lambda: fleet.fill(server.dsn, AGENTS, EVENTS))
    yield server
    server.stop()


@pytest.fixture
def page(browser: Browser, past: Server) -> Iterator[Page]:
    page = new_context(browser, past).new_page()
    sign_in(page.context, past)
    yield page
    page.context.close()


def chart(page: Page, name: str = "Events over time") -> Locator:
    return page.get_by_role("img", name=re.compile(f"^{name}"))


def table(page: Page, name: str = "Events over time") -> Locator:
    figure = page.get_by_role("figure", name=name)
    figure.get_by_text("as a table").click()
    return figure.get_by_role("table")


def span(page: Page) -> tuple[datetime, datetime]:
    """Return the time in the page's address."""
    page.wait_for_url(TIME)
    found = TIME.search(page.url.replace("%3A", ":"))
    assert found
    return datetime.fromisoformat(found[1]), datetime.fromisoformat(found[2])


def stored(server: Server, since: datetime, until: datetime, condition: str = "true") -> int:
    sql = f"SELECT count(*)::int AS n FROM agent_events WHERE timestamp >= $1 AND timestamp < $2 AND {condition}"
    number: int = aside(lambda: query(server.dsn, sql, since, until))[0]["n"]
    return number


def test_the_overview_counts_what_is_stored_and_each_number_of_its_table_opens_its_events(
    page: Page, past: Server
) -> None:
    page.goto("/overview?time=30d")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{EVENTS:,} events")
    rows = table(page).get_by_role("row")
    expect(rows).to_have_count(32)
    anomalous = rows.nth(15).get_by_role("link").nth(1)
    number = int(anomalous.inner_text())
    anomalous.click()
    assert number == stored(past, *span(page), "anomaly_score >= 0.7") > 0
    expect(page).to_have_url(re.compile(r"/events\?.*from=0\.7"))
    expect(
        page.get_by_role("table", name="Events, newest first").get_by_role("rowgroup").last.get_by_role("row")
    ).to_have_count(number)


def test_a_click_on_a_bar_opens_the_events_of_its_time(page: Page, past: Server) -> None:
    page.goto("/overview?time=30d")
    box = chart(page).bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 60)
    since, until = span(page)
    assert (until - since).days == 1
    expect(page.get_by_role("img", name=re.compile(f"{stored(past, since, until):,} events"))).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{EVENTS:,} events")


def test_dragging_over_the_histogram_of_events_chooses_the_time(page: Page, past: Server) -> None:
    page.goto("/events?time=7d")
    box = chart(page).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20, steps=4)
    page.mouse.up()
    since, until = span(page)
    assert 24 <= (until - since).total_seconds() / 3600 <= 48
    expect(chart(page)).to_have_accessible_name(re.compile(f"^Events over time: {stored(past, since, until):,} events"))


def test_the_histogram_follows_the_chosen_agent(page: Page, past: Server) -> None:
    agent = aside(lambda: query(past.dsn, "SELECT id FROM agents WHERE name = 'fleet-0007'"))[0]["id"]
    page.goto(f"/events?time=30d&agent={agent}")
    expect(chart(page)).to_have_accessible_name(re.compile(r"^Events over time: 1\d\d events"))


def test_findings_that_opened_in_a_bar_are_those_of_the_list_it_opens(page: Page, past: Server) -> None:
    page.goto("/overview?time=30d")
    link = table(page, "Findings over time").get_by_role("row").nth(12).get_by_role("link").first
    number = link.inner_text()
    link.click()
    expect(page).to_have_url(re.compile(r"/findings\?.*status=ALL"))
    expect(page.get_by_text(f"{number} finding{'' if number == '1' else 's'}", exact=True)).to_be_visible()


def test_teams_lead_to_their_agents(page: Page) -> None:
    page.goto("/overview?time=30d")
    teams = page.get_by_role("list", name="Teams, most events first")
    expect(teams.get_by_role("listitem")).to_have_count(fleet.TEAMS)
    teams.get_by_role("link").filter(has_text="team-03").click()
    expect(page.get_by_text(f"2 of {AGENTS} agents")).to_be_visible()


@pytest.mark.parametrize("width", wide_after(1, [1440, 390]))
@pytest.mark.parametrize("theme", wide_after(1, ["dark", "light"]))
def test_charts_are_accessible_and_fit(browser: Browser, past: Server, width: int, theme: str) -> None:
    page = new_context(browser, past, width=width, theme=theme).new_page()
    sign_in(page.context, past)
    for place in ("/overview", "/events", "/events?time=7d"):
        page.goto(place)
        expect(chart(page)).to_be_visible()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        table(page)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()
