"""Defects of definitions: each kind with its members, and what looks like them and is right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.agents import DefectKind
from agentsentinel_core.manifest.defects import MOST_DEPTH, defects_of
from agentsentinel_core.manifest.model import ItemKind, Manifest, items_of
from core.manifest.samples import manifest, tool, with_parameter

TEXT = {"type": "string"}


def nested(levels: int) -> dict[str, object]:
    schema: dict[str, object] = {}
    for _ in range(levels):
        schema = {"items": schema}
    return schema


def skill(**members: object) -> Manifest:
    return manifest(skill=[{"uri": "skill://deploy/SKILL.md", "frontmatter": {"name": "deploy"}, **members}])


DEFECTS = [
    (DefectKind.VAGUE, manifest(tool("wait", ""))),
    (DefectKind.VAGUE, manifest(tool("wait", "  \n"))),
    (DefectKind.VAGUE, manifest(tool("wait", "Wait."))),
    (DefectKind.VAGUE, manifest(tool("sendMail", "Send mail"))),
    (DefectKind.VAGUE, manifest(tool("wait", "TODO: describe"))),
    (DefectKind.VAGUE, manifest(prompt=[{"name": "review"}])),
    (DefectKind.MISLEADING, manifest(tool("delete_user", annotations={"readOnlyHint": True}))),
    (DefectKind.MISLEADING, manifest(tool("writeFile", annotations={"readOnlyHint": True}))),
    (DefectKind.MISLEADING, manifest(tool("report", annotations={"readOnlyHint": True, "destructiveHint": True}))),
    (DefectKind.MISLEADING, manifest(tool("drop_table", annotations={"destructiveHint": False}))),
    (DefectKind.UNBOUNDED, manifest(with_parameter("execute_command", "command", TEXT))),
    (DefectKind.UNBOUNDED, manifest(with_parameter("delete_file", "filePath", TEXT))),
    (DefectKind.UNBOUNDED, manifest(with_parameter("send_email", "recipient", {}))),
    (DefectKind.UNBOUNDED, manifest(with_parameter("run_sql", "query", {"type": ["string", "null"]}))),
    (DefectKind.UNSAFE, manifest(with_parameter("get", "key", {**TEXT, "x-mcp-header": "a b"}))),
    (DefectKind.UNSAFE, manifest(with_parameter("get", "key", {**TEXT, "x-mcp-header": 7}))),
    (DefectKind.UNSAFE, manifest(with_parameter("get", "key", {"type": "number", "x-mcp-header": "Key"}))),
    (DefectKind.UNSAFE, manifest(with_parameter("get", "apiKey", {**TEXT, "x-mcp-header": "Key"}))),
    (DefectKind.UNSAFE, manifest(with_parameter("get", "id", {**TEXT, "x-mcp-header": "Auth-Token"}))),
    (DefectKind.UNSAFE, manifest(with_parameter("get", "all", {"items": {**TEXT, "x-mcp-header": "A"}}))),
    (DefectKind.UNSAFE, manifest(with_parameter("get", "id", {"$ref": "https://evil.example/schema.json"}))),
    (DefectKind.UNSAFE, manifest(with_parameter("get", "id", {"$ref": "//evil.example/schema.json"}))),
    (DefectKind.UNSAFE, manifest(tool("get", inputSchema=nested(MOST_DEPTH + 1)))),
    (DefectKind.UNSAFE, manifest(tool("get", outputSchema=nested(MOST_DEPTH + 1)))),
    (DefectKind.UNSAFE, manifest(tool("get"), is_public=True, is_open=False)),
    (DefectKind.UNSAFE, manifest(tool("get", icons=[{"src": "http://evil.example/i.png"}]))),
    (DefectKind.UNSAFE, manifest(tool("get", icons=[{"src": "javascript:alert(1)"}]))),
    (DefectKind.UNSAFE, skill(resources="dynamic")),
    (DefectKind.UNSAFE, skill(frontmatter={"allowed-tools": "Bash(*)"})),
    (DefectKind.UNSAFE, skill(frontmatter={"hooks": {"PreToolUse": []}})),
]

SOUND = [
    manifest(tool("wait", "Waits a while.")),
    manifest(tool("wait", "Pauses.")),
    manifest(tool("翻译", "把文本翻译成英文")),
    manifest(tool("delete_user", annotations={"readOnlyHint": False, "destructiveHint": True})),
    manifest(tool("run_report", annotations={"readOnlyHint": True})),
    manifest(tool("list_deployments", annotations={"readOnlyHint": True})),
    manifest(tool("trigger-long-running-operation", annotations={"readOnlyHint": True})),
    manifest(tool("write_file", annotations={"destructiveHint": False})),
    manifest(with_parameter("read_file", "path", TEXT)),
    manifest(with_parameter("send_email", "body", TEXT)),
    manifest(with_parameter("execute_command", "command", {**TEXT, "enum": ["status"]})),
    manifest(with_parameter("delete_file", "path", {**TEXT, "pattern": "^/tmp/"})),
    manifest(with_parameter("delete_file", "path", {**TEXT, "maxLength": 200})),
    manifest(with_parameter("delete_file", "path", {"$ref": "#/$defs/path"})),
    manifest(with_parameter("delete_row", "number", {"type": "integer"})),
    manifest(with_parameter("get", "region", {**TEXT, "x-mcp-header": "Region"})),
    manifest(with_parameter("get", "id", {"$ref": "#/$defs/id"})),
    manifest(tool("get", inputSchema=nested(MOST_DEPTH))),
    manifest(tool("get"), is_public=True, is_open=True),
    manifest(tool("get", icons=[{"src": "https://example.com/i.png"}, {"src": "data:image/png;base64,AA"}])),
    skill(resources=[{"uri": "skill://deploy/a.md", "digest": "sha256:00", "size": 1}]),
]


@pytest.mark.parametrize(("kind", "server"), DEFECTS)
def test_a_defect_is_found_once_and_as_what_it_is(kind, server):
    assert [defect.kind for defect in defects_of(server)] == [kind]


@pytest.mark.parametrize("server", SOUND)
def test_what_is_sound_has_no_defect(server):
    assert list(defects_of(server)) == []


def test_two_parameters_with_one_header_are_found_whatever_their_letter_case():
    properties = {"a": {**TEXT, "x-mcp-header": "Region"}, "b": {**TEXT, "x-mcp-header": "REGION"}}
    server = manifest(tool("get", inputSchema={"properties": properties}))
    assert [defect.detail for defect in defects_of(server)] == ["two parameters with the same x-mcp-header 'REGION'"]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
MEMBERS = [
    "name",
    "uri",
    "description",
    "inputSchema",
    "outputSchema",
    "annotations",
    "icons",
    "frontmatter",
    "resources",
]


@given(st.sampled_from(ItemKind), st.dictionaries(st.sampled_from(MEMBERS), JSON))
def test_any_definition_can_be_examined(kind, definition):
    list(defects_of(Manifest("", "", items_of(kind, [definition]))))
