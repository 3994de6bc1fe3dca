"""The dashboard for Grafana and the alert rules ask for metrics that the platform has, in PromQL that is right."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from server.support import Server, new_database, running

DEPLOY = Path(__file__).parents[2] / "deploy"
OPERATIONS = (DEPLOY.parent / "docs" / "operations.md").read_text()
SUFFIXES = ("_bucket", "_count", "_sum")
NAME = r"agentsentinel_\w+"
WITH_REDIS = {
    "agentsentinel_stream_up": "gauge",
    "agentsentinel_stream_lag": "gauge",
    "agentsentinel_stream_entries_put_aside_total": "counter",
}
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads((DEPLOY / "grafana" / "agentsentinel.json").read_text())
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


@pytest.fixture(scope="module")
def server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("server")) as one:
        yield one


@pytest.mark.parametrize("query", [*QUERIES, *(rule["expr"] for rule in RULES)])
def test_each_query_is_valid(query: str) -> None:
    promql_parser.parse(query.replace("$__rate_interval", "5m"))


def test_each_metric_that_is_asked_for_exists(server: Server) -> None:
    types = types_of_metrics(server)
    there = set(types) | {name + suffix for name, kind in types.items() if kind == "histogram" for suffix in SUFFIXES}
    asked = {name for query in [*QUERIES, *(rule["expr"] for rule in RULES)] for name in re.findall(NAME, query)}
    assert asked - there == set()


def test_every_metric_is_explained(server: Server) -> None:
    names = {re.sub("_total$|_info$", "", name) for name in types_of_metrics(server)}
    assert {name for name in names if f"`{name}`" not in OPERATIONS} == set()


def types_of_metrics(server: Server) -> dict[str, str]:
    """Return each metric with its type."""
    text = server.request("GET", "/metrics").text
    found = dict(re.findall(rf"^# TYPE ({NAME}) (\w+)", text, re.MULTILINE))
    return {name: kind for name, kind in found.items() if not name.endswith("_created")} | WITH_REDIS


def test_every_alert_says_what_to_do() -> None:
    assert [rule["alert"] for rule in RULES if f"`{rule['alert']}`" not in OPERATIONS] == []


def test_panels_do_not_overlap_and_have_different_ids() -> None:
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
