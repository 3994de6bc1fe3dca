"""The CycloneDX report of a discovery, against the published schema."""

import json
from importlib.resources import files
from typing import Any

import jsonschema_rs
import pytest

from agentsentinel_cli.discover.model import Discovery
from agentsentinel_cli.report.discovery_cyclonedx import render
from agentsentinel_core.light_dataclasses import replace
from cli.report.discoveries import hostile, sample

_PUBLISHED = files("cyclonedx.schema") / "_res"


def _schema(name: str) -> Any:
    return json.loads((_PUBLISHED / f"{name}.SNAPSHOT.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def schema() -> jsonschema_rs.Validator:
    registry = jsonschema_rs.Registry(
        [
            (f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json", _schema(name))
            for name in ("spdx", "jsf-0.82", "cryptography-defs")
        ]
    )
    return jsonschema_rs.validator_for(_schema("bom-1.7"), registry=registry, validate_formats=True)


def document_of(discovery: Discovery) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render(discovery))
    return document


@pytest.mark.parametrize("discovery", [sample(), hostile(), Discovery((), ())])
def test_the_document_keeps_to_the_published_schema(schema: Any, discovery: Discovery) -> None:
    schema.validate(document_of(discovery))


def test_the_schema_refuses_a_wrong_document(schema: Any) -> None:
    with pytest.raises(jsonschema_rs.ValidationError):
        schema.validate(document_of(sample()) | {"components": [{"name": "without a type"}]})


def test_programs_are_components_and_servers_are_services() -> None:
    document = document_of(sample())
    assert [component["name"] for component in document["components"]] == ["mcp-shim", "llama3.2:latest"]
    services = {service["name"]: service for service in document["services"]}
    assert set(services) == {"agentsentinel@127.0.0.1:9000", "llm-api@127.0.0.1:11434", "mcp-server@10.0.1.45:8080"}
    mcp = services["mcp-server@10.0.1.45:8080"]
    assert (mcp["endpoints"], mcp["authenticated"]) == (["http://10.0.1.45:8080/sse"], False)
    assert {"name": "agentsentinel:tool:delete_row", "value": "write dangerous"} in mcp["properties"]


def test_a_process_that_serves_is_a_component_that_provides_a_service() -> None:
    agent = replace(sample().agents[3], source="process", pid=5, script="/app/server.py", location="pid:5")
    document = document_of(Discovery((), ("process",), [agent]))
    (component,), (service,) = document["components"], document["services"]
    assert document["dependencies"] == [{"ref": component["bom-ref"], "provides": [service["bom-ref"]]}]


def test_references_lead_to_what_exists() -> None:
    document = document_of(sample())
    known = {each["bom-ref"] for each in (*document["components"], *document["services"])}
    for entry in document["dependencies"]:
        assert {entry["ref"], *entry.get("dependsOn", []), *entry.get("provides", [])} <= known


def test_each_document_has_a_number_of_its_own() -> None:
    assert document_of(sample())["serialNumber"] != document_of(sample())["serialNumber"]
