"""No count on any page comes from a part of a list: every count shown is that of the database."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from server import fleet
from server.support import Server, insert_findings, new_database, query, start_server
from ui.support import aside, new_context, sign_in, violations


@pytest.fixture(scope="module")
def crowd(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server with 600 agents and as many findings, of which the 202 oldest are open and critical."""
    server = aside(lambda: start_server(new_database(postgres_dsn), tmp_path_factory.mktemp("crowd")))
    aside(lambda: insert_findings(server.dsn))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def window(browser: Browser, crowd: Server) -> Iterator[Page]:
    context = new_context(browser, crowd)
    page = context.new_page()
    sign_in(page.context, crowd)
    yield page
    context.close()


def test_the_findings_page_counts_all_202_and_its_search_finds_the_oldest(window: Page) -> None:
    window.goto("/findings")
    expect(window.get_by_role("heading", level=1)).to_have_text("202 critical findings on 202 agents")
    group = window.get_by_role("region", name="Internal data can leave through this agent")
    expect(group).to_contain_text("202 findings on 202 agents")
    expect(group.get_by_role("listitem")).to_have_count(25)
    group.get_by_role("button", name="177 more").click()
    expect(group.get_by_role("listitem")).to_have_count(50)
    expect(group.get_by_role("button", name="152 more")).to_be_visible()
    window.get_by_label("Search findings").fill("tool:oldest")
    expect(window.get_by_text("1 finding", exact=True)).to_be_visible()
    expect(group.get_by_role("listitem")).to_have_count(1)
    expect(group).to_contain_text("crowd-0001")
    expect(window.get_by_role("heading", level=1)).to_have_text("202 critical findings on 202 agents")


@pytest.mark.parametrize(
    ("place", "count"),
    [
        ("/findings?status=ALL", "600 findings"),
        ("/findings?severity=CRITICAL", "202 findings"),
        ("/findings?status=ALL&rule=EXCESSIVE_TOOLS", "199 findings"),
        ("/findings?status=ALL&team=team-3", "86 findings"),
        ("/findings?agent=00000000-0000-7000-8000-000000000001", "1 finding"),
        ("/findings?status=ALL&group=agent", "600 findings"),
        ("/findings?status=RESOLVED&q=nowhere", "0 findings"),
    ],
)
def test_filters_are_counted_by_the_server_and_stand_in_the_address(window: Page, place: str, count: str) -> None:
    window.goto(place)
    expect(window.get_by_text(count, exact=True)).to_be_visible()


def test_groups_that_are_not_listed_are_counted(window: Page) -> None:
    window.goto("/findings?status=ALL&group=agent")
    expect(window.get_by_text("100 more groups: search or filter to see them.")).to_be_visible()


def test_a_link_to_a_finding_shows_it_whatever_the_filters_say(window: Page) -> None:
    window.goto("/findings/00000000-0000-7000-9000-000000000258")
    window.wait_for_url("**/findings?finding=00000000-0000-7000-9000-000000000258")
    linked = window.get_by_role("region", name="The finding of this link")
    expect(linked).to_contain_text("crowd-0600")
    expect(linked.get_by_role("heading", name="Evidence")).to_be_visible()


def test_the_agents_page_counts_agents_of_every_page(window: Page, crowd: Server) -> None:
    window.route(re.compile(r"/api/v1/overview$"), lambda route: route.continue_(url=f"{route.request.url}?limit=170"))
    window.goto("/")
    expect(window.get_by_text("600 agents", exact=True)).to_be_visible()
    bands = query_bands(crowd)
    for band, agents in bands.items():
        expect(window.get_by_role("link", name=re.compile(f"^ *{agents} *{band}$"))).to_be_visible()
    window.goto("/?q=crowd-0600")
    expect(window.get_by_text("1 of 600 agents")).to_be_visible()
    window.unroute(re.compile(r"/api/v1/overview$"))


def test_all_pages_say_alike_how_many_agents_need_attention(window: Page, crowd: Server) -> None:
    critical = "SELECT count(DISTINCT agent_id) AS agents FROM findings WHERE status = 'OPEN' AND severity = 'CRITICAL'"
    (row,) = aside(lambda: query(crowd.dsn, critical))
    words = f"{row['agents']} agents need attention"
    window.goto("/")
    expect(window.get_by_role("heading", level=1)).to_have_text(words)
    for place in ("/findings", "/capabilities"):
        window.goto(place)
        expect(window.get_by_role("main").get_by_role("link", name=words)).to_be_visible()
    window.goto("/?monitoring=never_seen")
    expect(window.get_by_text("600 agents", exact=False).first).to_be_visible()
    expect(window.get_by_label("Monitoring")).to_have_value("never_seen")
    window.goto("/?monitoring=learning")
    expect(window.get_by_text("0 of 600 agents")).to_be_visible()


def query_bands(server: Server) -> dict[str, int]:
    (row,) = aside(lambda: query(server.dsn, "SELECT count(*) AS watch FROM agents WHERE trust_score IS NOT NULL"))
    return {"Critical": 0, "Watch": row["watch"]}


def test_the_capabilities_page_counts_every_agent_not_only_what_is_drawn(window: Page, crowd: Server) -> None:
    grants = """
        INSERT INTO tool_grants (id, agent_id, tool_name, scope, is_dangerous, created_at)
        SELECT gen_random_uuid(), id, CASE WHEN name = 'crowd-0600' THEN 'run_command' ELSE 'read_database' END,
               'read', false, now()
        FROM agents
    """
    aside(lambda: query(crowd.dsn, grants))
    pattern = re.compile(r"/api/v1/capabilities$")
    window.route(pattern, lambda route: route.continue_(url=f"{route.request.url}?limit=170"))
    window.goto("/capabilities")
    expect(window.get_by_text("600 agents; the map draws the 40 most telling")).to_be_visible()
    drawn = window.get_by_role("region", name="Map of capabilities")
    expect(drawn.get_by_text("internal-read 599")).to_be_visible()
    expect(drawn.get_by_text("code-execution 1")).to_be_visible()
    expect(drawn.get_by_role("button", name="crowd-0600")).to_have_count(0)
    window.goto("/capabilities?agent=00000000-0000-7000-8000-000000000258")
    expect(drawn.get_by_role("button", name="crowd-0600")).to_be_visible()
    window.unroute(pattern)


def test_the_matrix_of_capabilities_counts_teams_lists_their_agents_and_is_exported_as_filtered(
    window: Page, crowd: Server
) -> None:
    window.goto("/capabilities?show=matrix")
    matrix = window.get_by_role("region", name="Matrix of capabilities")
    expect(matrix.get_by_role("columnheader", name=re.compile("^internal-read 599"))).to_be_visible()
    by_team = "SELECT owner_team AS team, count(*) AS agents FROM agents GROUP BY 1"
    for row in aside(lambda: query(crowd.dsn, by_team)):
        expect(matrix.get_by_role("rowheader", name=f"{row['team']} {row['agents']} agents")).to_be_attached()
    assert violations(window) == []
    window.get_by_label("Search agents").fill("code-execution")
    expect(matrix.get_by_role("rowheader")).to_have_count(2)
    expect(matrix.get_by_role("row", name=re.compile("crowd-0600.*run_command"))).to_be_visible()
    with window.expect_download() as download:
        window.get_by_label("Export what is filtered").select_option("csv")
    assert len(Path(download.value.path()).read_text().splitlines()) == 2


def test_the_keys_page_counts_keys_of_every_page(window: Page, crowd: Server) -> None:
    copies = """
        INSERT INTO api_keys (id, name, key_hash, key_prefix, scope, is_active, created_at)
        SELECT gen_random_uuid(), 'copy-' || n, md5(n::text) || md5(n::text), 'as_ro_x', 'readonly', true, now()
        FROM generate_series(1, 701) n
    """
    aside(lambda: query(crowd.dsn, copies))
    window.goto("/keys")
    expect(window.get_by_role("heading", level=1)).to_have_text("702 live keys")


@pytest.fixture(scope="module")
def fleet_server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server with 202 agents, each with an open critical finding, 600 findings in all, and events of 30 days."""
    server = aside(lambda: start_server(new_database(postgres_dsn), tmp_path_factory.mktemp("fleet")))
    aside(lambda: fleet.fill(server.dsn, agents=202, events=4_000))
    more = """
        INSERT INTO findings (id, agent_id, severity, finding_type, rule_id, title, message, detail, evidence,
                              fingerprint, status, is_active, created_at, last_opened_at, updated_at)
        SELECT gen_random_uuid(), id, r.severity, 'POSTURE', r.rule, r.rule, 'A message', '', '[]', repeat('0', 64),
               'OPEN', true, now(), now(), now()
        FROM agents,
             (VALUES ('CRITICAL', 'DANGEROUS_TOOLS', 202), ('LOW', 'NO_DESCRIPTION', 196)) r(severity, rule, most)
        WHERE right(name, 4)::int <= r.most
    """
    aside(lambda: query(server.dsn, more))
    for name in ("to-revoke-1", "to-revoke-2"):
        key = server.api.post("keys", json={"name": name, "scope": "readonly"}).json()
        server.api.delete(f"keys/{key['id']}")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def fleet_window(browser: Browser, fleet_server: Server) -> Iterator[Page]:
    context = new_context(browser, fleet_server)
    page = context.new_page()
    sign_in(context, fleet_server)
    yield page
    context.close()


def number(server: Server, sql: str) -> int:
    (row,) = aside(lambda: query(server.dsn, f"SELECT count(*) AS number FROM {sql}"))
    found: int = row["number"]
    return found


def test_each_number_of_the_overview_agents_findings_and_events_pages_equals_sql(
    fleet_window: Page, fleet_server: Server
) -> None:
    page, server = fleet_window, fleet_server
    events = number(server, "agent_events")
    page.goto("/overview?time=60d")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{events:,} events")
    teams = aside(
        lambda: query(
            server.dsn,
            "SELECT owner_team AS team, count(*) AS calls, count(DISTINCT a.id) AS agents"
            " FROM agent_events e JOIN agents a ON a.id = e.agent_id GROUP BY 1",
        )
    )
    for team in teams:
        words = re.compile(rf"{team['team']}.*{team['calls']:,} events.*, {team['agents']} agents")
        expect(page.get_by_role("main").get_by_role("listitem").filter(has_text=words)).to_have_count(1)
    page.goto("/events?time=60d")
    figure = page.get_by_role("figure", name="Events over time")
    figure.get_by_text("as a table").click()
    cells = figure.get_by_role("row").locator("td").all_inner_texts()
    assert (
        sum(int(cell.replace(",", "")) for cell in cells[:: len(cells) // figure.locator("tbody tr").count()]) == events
    )
    page.goto("/")
    expect(page.get_by_text(f"{number(server, 'agents')} agents", exact=True)).to_be_visible()
    for status in ("CRITICAL", "ALERT", "WATCH", "TRUSTED"):
        agents = number(server, f"agents WHERE status = '{status}'")
        link = page.get_by_role("main").get_by_role("link", name=re.compile(f"^ *{agents} *{status}$", re.IGNORECASE))
        expect(link).to_be_visible()
    page.goto("/findings?status=ALL")
    expect(page.get_by_role("heading", level=1)).to_have_text("202 critical findings on 202 agents")
    expect(page.get_by_text(f"{number(server, 'findings')} findings", exact=True)).to_be_visible()
    groups = aside(
        lambda: query(
            server.dsn,
            "SELECT max(title) AS title, count(*) AS findings, count(DISTINCT agent_id) AS agents FROM findings"
            " GROUP BY rule_id",
        )
    )
    for group in groups:
        section = page.get_by_role("region", name=group["title"])
        expect(section).to_contain_text(f"{group['findings']} findings on {group['agents']} agents")


def test_each_number_of_the_audit_keys_and_agent_pages_equals_sql(fleet_window: Page, fleet_server: Server) -> None:
    page, server = fleet_window, fleet_server
    page.goto("/audit?time=60d")
    counts = page.get_by_role("region", name="Actions in this time").get_by_role("link")
    expect(counts.first).to_be_visible()
    sql = "SELECT action, count(*) AS entries FROM audit_log GROUP BY 1"
    told = sorted(
        f"{row['action'].replace('_', ' ')} {row['entries']}" for row in aside(lambda: query(server.dsn, sql))
    )
    assert sorted(" ".join(text.split()) for text in counts.all_inner_texts()) == told
    page.goto("/keys")
    live = number(server, "api_keys WHERE is_active")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{live} live key{'s' if live > 1 else ''}")
    dead = number(server, "api_keys WHERE NOT is_active")
    expect(page.get_by_text(f"Show revoked and expired keys ({dead})")).to_be_visible()
    agent = "00000000-0000-7000-8000-000000000003"
    page.goto(f"/agents/{agent}?tab=sessions")
    for tab, table in (
        ("Findings", f"findings WHERE status = 'OPEN' AND agent_id = '{agent}'"),
        ("Grants", f"tool_grants WHERE agent_id = '{agent}'"),
    ):
        expect(page.get_by_role("tab", name=re.compile(f"^{tab} *{number(server, table)}$"))).to_be_visible()
    sessions = number(server, f"(SELECT DISTINCT session_id FROM agent_events WHERE agent_id = '{agent}') s")
    expect(page.get_by_role("tabpanel").get_by_text(f"{sessions} session{'s' if sessions > 1 else ''}")).to_be_visible()
