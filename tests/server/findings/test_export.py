"""Findings as files: all that pass the filters, in three forms."""

import csv
import io
import json
from collections.abc import Iterator

import pytest

from server.support import Server, assert_refused, insert_findings, new_database, running


@pytest.fixture(scope="module")
def crowd(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server with 600 findings: more than are read at once."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("export")) as server:
        insert_findings(server.dsn)
        yield server


def test_csv_has_a_line_for_each_finding_that_passes_the_filters(crowd: Server) -> None:
    answer = crowd.api.get("findings/export", params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="findings.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len({row["id"] for row in rows}) == 600
    assert [row["severity"] for row in rows[:202]] == ["CRITICAL"] * 202
    narrowed = crowd.api.get("findings/export", params={"format": "csv", "severity": "CRITICAL"}).text
    assert len(narrowed.splitlines()) == 203


def test_json_is_an_array_of_what_the_list_says(crowd: Server) -> None:
    found = crowd.api.get("findings/export").json()
    listed = crowd.api.get("findings", params={"order": "worst", "limit": 500}).json()
    assert len(found) == 600
    assert found[:500] == listed
    assert crowd.api.get("findings/export", params={"rule_id": "NONE"}).json() == []


def test_ocsf_is_a_detection_finding_a_line(crowd: Server) -> None:
    answer = crowd.api.get("findings/export", params={"format": "ocsf", "severity": "CRITICAL"})
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    found = [json.loads(line) for line in answer.text.splitlines()]
    assert len(found) == 202
    assert {(one["class_uid"], one["severity"], one["activity_name"]) for one in found} == {
        (2004, "Critical", "Create")
    }


def test_an_unknown_form_is_refused(crowd: Server) -> None:
    assert_refused(crowd.api.get("findings/export", params={"format": "xml"}), 422)
