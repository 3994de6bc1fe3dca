"""What the documentation says, held against the code. Tables are facts: they are compared row by row, both ways."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer.main
from bench.fit_behavior import MECHANISMS
from fastapi.routing import APIRoute

from agentsentinel.api import AUTHORIZED
from agentsentinel.auth.authorization import allowed_scopes
from agentsentinel.auth.principal import KeyScope, Principal
from agentsentinel.config import Settings
from agentsentinel.ingest.admission import HELD_BYTES, HELD_BYTES_OF_KEY, WAITING_EVENTS, WAITING_EVENTS_OF_AGENT
from agentsentinel.ingest.event import MAX_BATCH
from agentsentinel.ingest.feed import LISTENERS, LISTENERS_OF_KEY
from agentsentinel.ingest.pipeline import MAX_WAITING_EVENTS
from agentsentinel.ingest.route import BATCH_PATH, EVENT_PATH
from agentsentinel.kit.ids import now, uuid7
from agentsentinel.main import app as command
from agentsentinel.openapi import as_text, document
from agentsentinel.otlp.bounds import MAX_BYTES, MAX_NODES, MAX_SPANS
from agentsentinel.otlp.route import TRACES_PATH
from agentsentinel.otlp.vocabularies import VOCABULARIES
from agentsentinel.wire.body import BODY_SECONDS, MAX_BODY_BYTES, limit_in_words
from agentsentinel_core.behavior.baseline import Baseline
from agentsentinel_core.behavior.counters import AgentCounters
from agentsentinel_core.behavior.detector import CallFeatures
from agentsentinel_core.behavior.registry import DETECTORS
from agentsentinel_core.behavior.sessions.registry import SESSION_DETECTORS
from agentsentinel_core.posture.registry import RULES
from agentsentinel_core.trust.score import trust_score
from server.support import environment, new_database, running

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page
    for folder in (ROOT, ROOT / "docs")
    for page in folder.glob("**/*.md" if folder != ROOT else "*.md")
    if page.name != "RESULTS.md"
)
NO_KEY = "no key"
SIGN_IN = ("POST", "/api/v1/session")
MENTION = r"(?:`make ([a-z ]+)`|^make ([a-z]+)(?=\s*(?:#|$)))"
"""In a sentence, or as a line of a shell block."""
ALL_SCOPES = [scope.value for scope in KeyScope]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    """Return the text under a heading, up to the next heading of the same or a higher level."""
    level = heading.split(" ", maxsplit=1)[0]
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"there is no {heading!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """Return the cells of all tables, without the header and separator rows."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    rules = {number for number, line in enumerate(lines) if re.fullmatch(r"\|(-+\|)+", line)}
    return [row for number, row in enumerate(cells) if number not in rules and number + 1 not in rules]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


# --- settings -------------------------------------------------------------------------------------------------------


def test_every_setting_is_documented_and_no_other() -> None:
    documented = [row[0].strip("`") for row in rows(section(text_of("docs/operations.md"), "## Settings"))]
    clients = ["AGENTSENTINEL_API_KEY", "SENTINEL_URL", "ANTHROPIC_API_KEY"]
    assert sorted(documented) == sorted([*(name.upper() for name in Settings.model_fields), *clients])


def test_the_documented_defaults_are_those_of_the_code() -> None:
    documented = {row[0].strip("`"): row[1] for row in rows(section(text_of("docs/operations.md"), "## Settings"))}
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, tuple):
            default = json.dumps(default, separators=(",", ":"))
        if isinstance(default, bool):
            default = str(default).lower()
        if isinstance(default, str | int):
            assert documented[name.upper()] == f"`{default}`", name


def test_every_variable_of_the_example_exists() -> None:
    names = re.findall(r"^#?([A-Z_]+)=", text_of(".env.example"), re.MULTILINE)
    clients = {"AGENTSENTINEL_API_KEY", "SENTINEL_URL", "ANTHROPIC_API_KEY"}
    assert set(names) - clients <= {name.upper() for name in Settings.model_fields}
    assert len(names) == len(set(names))


def test_the_example_holds_three_secrets_to_be_generated_and_no_key() -> None:
    text = text_of(".env.example")
    generated = re.findall(r'^([A-Z_]+)="<generate: openssl rand -hex (\d+)>"$', text, re.MULTILINE)
    assert generated == [("POSTGRES_PASSWORD", "24"), ("REDIS_PASSWORD", "24"), ("SECRET_KEY", "32")]
    assert re.search(r"^AGENTSENTINEL_API_KEY=$", text, re.MULTILINE)


def test_the_example_can_be_sourced_as_it_is() -> None:
    script = f'set -aeu; . {ROOT / ".env.example"}; printf %s "$SECRET_KEY"'
    sourced = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert (sourced.stdout, sourced.stderr) == ("<generate: openssl rand -hex 32>", "")


# --- the API --------------------------------------------------------------------------------------------------------


class Endpoint(NamedTuple):
    """A row of the table of endpoints."""

    method: str
    path: str
    scopes: str


@cache
def openapi() -> dict[str, Any]:
    """Generate the OpenAPI document, once."""
    return document()


def scopes_of_endpoints() -> dict[tuple[str, str], str]:
    """Return who may call which endpoint, according to the code."""
    found: dict[tuple[str, str], str] = {}
    for router in AUTHORIZED:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            allowed = allowed_scopes(route.endpoint)
            for method in route.methods or ():
                found[method, f"/api/v1{route.path}"] = ", ".join(s for s in ALL_SCOPES if s in allowed)
    agent_id = uuid7(now().timestamp())
    reporters = [s.value for s in KeyScope if Principal(agent_id, s, agent_id).may_report_for(agent_id)]
    return found | {("POST", path): ", ".join(reporters) for path in (EVENT_PATH, BATCH_PATH, TRACES_PATH)}


def test_api_md_lists_every_endpoint_with_its_scopes_and_no_other() -> None:
    scopes = scopes_of_endpoints()
    served = [(method.upper(), path) for path, operations in openapi()["paths"].items() for method in operations]
    expected = [Endpoint(*route, scopes.get(route, NO_KEY)) for route in served]
    table = rows(section(text_of("docs/api.md"), "## Endpoints"))
    table += rows(section(text_of("docs/otlp.md"), "## Endpoint"))[:1]
    assert sorted(Endpoint(row[0], row[1].strip("`"), row[2]) for row in table) == sorted(expected)


def test_the_kept_openapi_document_is_the_servers() -> None:
    assert "`make api`" in text_of("docs/dashboard.md")
    assert as_text() == text_of("docs/openapi.json"), "the API has changed: make api"


def test_api_md_has_a_section_for_every_endpoint_with_its_scopes() -> None:
    page = text_of("docs/api.md")
    scopes = scopes_of_endpoints() | {SIGN_IN: NO_KEY}
    del scopes["POST", TRACES_PATH]  # OTLP's own words: docs/otlp.md
    headings = re.findall(r"^### (GET|POST|PUT|PATCH|DELETE) (/\S+)$", page, re.MULTILINE)
    assert sorted(headings) == sorted(scopes)
    for method, path in headings:
        said = re.match(r"\s*(?:Scopes? )?([A-Za-z, ]+)[.;]", section(page, f"### {method} {path}"))
        assert said, f"{method} {path} does not begin with its scopes"
        assert said[1].lower() == scopes[method, path], path


def test_api_md_states_the_limits_of_the_code() -> None:
    limits = {row[0]: row[1] for row in rows(section(text_of("docs/api.md"), "## Limits"))}
    assert f"({MAX_BODY_BYTES:,} bytes)" in limits["body of a request"]
    assert limits["time for the body of a report to arrive"] == f"{BODY_SECONDS:.0f} seconds"
    assert limits["events in one batch"] == f"1 to {MAX_BATCH:,}"
    streams = section(text_of("docs/api.md"), "### GET /api/v1/events/stream")
    assert f"One key may have {LISTENERS_OF_KEY} streams" in streams
    assert f"all together {LISTENERS}" in streams
    batches = limits["events of batches that wait for their turn"]
    assert batches.startswith(f"{WAITING_EVENTS_OF_AGENT:,} of one agent")
    assert f"{WAITING_EVENTS:,} of all" in batches
    under_way = limits["bodies under way"]
    assert under_way.startswith(f"{HELD_BYTES_OF_KEY >> 20} MiB of one key")
    assert f"{HELD_BYTES >> 20} MiB of all" in under_way
    assert f"{limit_in_words('/api/v1/session')} for" in limits["body of a request"]
    assert limits["events waiting to be stored, all requests together"].startswith(f"{MAX_WAITING_EVENTS:,};")


def test_otlp_md_states_the_limit_of_the_code() -> None:
    answers = {row[0]: row[1] for row in rows(section(text_of("docs/otlp.md"), "## Endpoint"))}
    for limit in (f"over {MAX_BYTES >> 20} MiB", f"over {MAX_SPANS:,} spans", f"over {MAX_NODES:,} spans, attributes"):
        assert limit in answers["413"]


@pytest.mark.parametrize("page", ["README.md", "docs/api.md"])
def test_json_examples_are_json(page: str) -> None:
    for block in blocks(text_of(page), "json"):
        json.loads(block)


# --- commands -------------------------------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, set[str]]]:
    """Every command with its options."""

    def walk(name: str, node: Any) -> Iterator[tuple[str, set[str]]]:
        if hasattr(node, "commands"):
            for child_name, child in node.commands.items():
                yield from walk(f"{name} {child_name}", child)
            return
        options = {text for one in node.params for text in (*one.opts, *one.secondary_opts) if text.startswith("-")}
        yield name, options - {"--help"}

    yield from walk("agentsentinel", typer.main.get_command(command))


def test_every_command_is_documented_and_no_other() -> None:
    page = section(text_of("docs/operations.md"), "## Commands")
    assert sorted(re.findall(r"^### (agentsentinel .+)$", page, re.MULTILINE)) == sorted(name for name, _ in commands())


@pytest.mark.parametrize(
    ("name", "options"), list(commands()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_option_is_documented_and_no_other(name: str, options: set[str]) -> None:
    table = rows(section(text_of("docs/operations.md"), f"### {name}"))
    assert {option for row in table for option in re.findall(r"`(--?[a-z-]+)`", row[0])} == options


# --- rules, detectors, scores ---------------------------------------------------------------------------------------


def test_the_readme_lists_the_rules_of_the_registry() -> None:
    documented = [(row[0], row[1]) for row in rows(section(text_of("README.md"), "## Posture rules"))]
    assert documented == [(f"[{rule.id}](docs/rules/{rule.slug}.md)", rule.severity.value) for rule in RULES]


def test_behaviour_md_lists_the_detectors_with_their_scores() -> None:
    usual = Baseline(mean=1.0, stddev=1.0, sample_count=2)
    calls = [
        CallFeatures(is_first_call=True, calls_last_hour=1, baseline=None),
        CallFeatures(is_first_call=False, calls_last_hour=2, baseline=None),
        CallFeatures(is_first_call=False, calls_last_hour=4, baseline=usual),
        CallFeatures(is_first_call=False, calls_last_hour=5, baseline=usual),
        CallFeatures(is_first_call=False, calls_last_hour=1_000_000, baseline=usual),  # whatever a new limit is
    ]
    signals = [detector.observe("a_tool", features) for detector in DETECTORS for features in calls]
    scores_given = {signal.detector: str(signal.score) for signal in signals if signal is not None}
    assert set(scores_given) == {detector.id for detector in DETECTORS}
    table = rows(section(text_of("docs/behaviour.md"), "## Detectors"))
    assert {row[0].strip("`"): row[1] for row in table} == scores_given


def test_behaviour_md_lists_the_session_detectors_by_mechanism() -> None:
    table = rows(section(text_of("docs/behaviour.md"), "## Session risk"))
    named = {
        mechanism: re.findall(r"`([A-Z_]+)`", detectors)
        for mechanism, detectors, _ in (row[:3] for row in table[: len(MECHANISMS) + 1])
    }
    fitted = {name: {feature.partition(":")[0] for feature in features} for name, features in MECHANISMS.items()}
    assert {name: set(ids) for name, ids in named.items()} == {"grant": {"UNGRANTED_TOOL"}, **fitted}
    assert sorted(one for ids in named.values() for one in ids) == sorted(one.id for one in SESSION_DETECTORS)


def test_the_worked_trust_scores_add_up() -> None:
    table = rows(section(text_of("docs/behaviour.md"), "## Trust Score"))
    assert table
    for posture, behavior, recency, trust, status, _ in table:
        score = trust_score(float(posture), float(behavior), float(recency))
        assert (score.trust, score.band.value) == (float(trust), status)


def test_the_worked_run_and_its_repeat_score_as_told() -> None:
    usage = AgentCounters()
    table = rows(section(text_of("docs/behaviour.md"), "## Worked example: a run and its repeat"))
    for number, (_, session, score, _) in enumerate(table):
        assessment, _ = usage.observe("a_tool", 3600.0 * 1000 + number, session, DETECTORS)
        assert assessment.anomaly_score == float(score)


def test_the_worked_burst_scores_as_told() -> None:
    usage = AgentCounters()

    def call(hour: int, times: int, seconds: int) -> list[float]:
        moments = [3600.0 * (1000 + hour) + seconds * n for n in range(times)]
        return [usage.observe("read_database", at, "s", DETECTORS)[0].anomaly_score for at in moments]

    assert call(0, 10, 60) == [0.9] + [0.7] * 9
    assert call(1, 12, 60) == [0.0] * 12
    assert call(2, 14, 60) == [0.0] * 14
    burst = call(4, 500, 5)
    told: list[float] = []
    for calls, score in rows(section(text_of("docs/behaviour.md"), "## Worked example: a burst does not teach itself")):
        first, _, last = calls.partition(" to ")
        told += [float(score)] * (int(last or first) - int(first) + 1)
    assert burst == told
    assert list(usage.tools["read_database"].hour_learned.values()) == [10, 12, 14, 33]


# --- the repository -------------------------------------------------------------------------------------------------


def test_every_verb_that_is_named_exists() -> None:
    verbs = set(re.findall(r"^([a-z]+):.*##", text_of("Makefile"), re.MULTILINE))
    named = {
        verb
        for page in PAGES
        for mention in re.findall(MENTION, page.read_text(encoding="utf-8"), re.MULTILINE)
        for verb in " ".join(mention).split()
    }
    assert named <= verbs, named - verbs
    assert set(re.findall(r"`make ([a-z]+)`", text_of("CONTRIBUTING.md"))) >= verbs - {"help"}


def anchor(heading: str) -> str:
    """Return the URL fragment that a heading gets on the page."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        if fragment:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert fragment in {anchor(heading) for heading in headings}, target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_shell_blocks_parse(page: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8"), "bash"):
        checked = subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True, check=False)
        assert checked.returncode == 0, f"{checked.stderr}\n{block}"


def test_alembic_ini_leads_to_the_migrations(postgres_dsn: str) -> None:
    env = environment(DATABASE_URL=new_database(postgres_dsn))
    alembic = shutil.which("alembic", path=str(Path(sys.executable).parent))
    assert alembic
    for arguments in (["upgrade", "head"], ["current"]):
        done = subprocess.run([alembic, *arguments], cwd=ROOT, env=env, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
    assert "(head)" in done.stdout


# --- the walk-through -----------------------------------------------------------------------------------------------


def documents(text: str) -> list[Any]:
    """Parse all JSON documents in a text, one after another."""
    decoder, found, place = json.JSONDecoder(), [], 0
    while match := re.compile(r"\S").search(text, place):
        document, place = decoder.raw_decode(text, match.start())
        found.append(document)
    return found


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="the walk-through needs curl and jq")
def test_the_walk_through_works_as_printed(postgres_dsn: str, tmp_path: Path) -> None:
    text = section(text_of("README.md"), "## First agent, first event")
    with running(new_database(postgres_dsn), tmp_path) as server:
        script = "\n".join(blocks(text, "bash")).replace("http://localhost:9000", server.url)
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", script],
            env=environment(AGENTSENTINEL_API_KEY=server.admin_key),
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answers = documents(done.stdout)
        live_keys = server.api.get("keys").json()
    assert answers[0] == []
    for block in blocks(text, "json"):
        assert json.loads(block) in answers
    event = next(answer for answer in answers if isinstance(answer, dict) and "event_id" in answer)
    assert event["anomaly_score"] == 0.9
    assert any(isinstance(answer, dict) and str(answer.get("key", "")).startswith("as_agt_") for answer in answers)
    assert [key["name"] for key in live_keys] == ["bootstrap-admin"]


def test_otlp_md_has_every_vocabulary_with_its_names() -> None:
    page = section(text_of("docs/otlp.md"), "## Which spans")
    known = {row[0]: row[1:] for row in rows(page) if len(row) == 3}
    names = {row[0]: row[1:] for row in rows(page) if len(row) == 6}
    for vocabulary in VOCABULARIES:
        mark, sent_by = known[vocabulary.name]
        assert sent_by == vocabulary.sent_by
        if vocabulary.mark is not None:
            assert mark.strip("`").lower() == "=".join(vocabulary.mark).lower()
        parts = (vocabulary.names, vocabulary.call_ids, vocabulary.inputs, vocabulary.outputs, vocabulary.sessions)
        assert [re.findall("`([^`]+)`", cell) for cell in names[vocabulary.name]] == [list(part) for part in parts]
