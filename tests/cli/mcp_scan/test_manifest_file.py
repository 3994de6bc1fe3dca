"""Approved manifests in a file."""

from pathlib import Path

import pytest

from agentsentinel_cli.mcp_scan.manifest_file import read_manifests, write_manifests
from agentsentinel_cli.scan.errors import SuppressionError
from agentsentinel_core.manifest.model import Item, ItemKind, Manifest

ONE = Manifest("files", "1.0", (Item(ItemKind.TOOL, "get", {"name": "get", "x-new": [1, None, "é\ud800"]}),))
OTHER = Manifest("mail", "", (Item(ItemKind.INSTRUCTIONS, "", {"text": "Be brief."}),))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = str(tmp_path / "approved.json")
    write_manifests(path, {"http://localhost/mcp": ONE, "stdio:a": OTHER})
    assert read_manifests(path) == {"http://localhost/mcp": ONE, "stdio:a": OTHER}


def test_the_manifests_of_other_servers_stay(tmp_path: Path) -> None:
    path = str(tmp_path / "approved.json")
    write_manifests(path, {"stdio:a": ONE})
    write_manifests(path, {"stdio:b": OTHER})
    write_manifests(path, {"stdio:a": OTHER})
    assert read_manifests(path) == {"stdio:a": OTHER, "stdio:b": OTHER}


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", '{"mcp_servers": []}', '{"mcp_servers": {"a": 1}}', "[" * 100_000, "\x00",
        '{"mcp_servers": {"a": {"server_name": "", "server_version": "", "items": {"kind": "tool"}}}}',
        '{"mcp_servers": {"a": {"server_name": "", "server_version": "", "items": [{"kind": "no", "name": ""}]}}}',
    ],
)  # fmt: skip
def test_another_file_is_refused_with_what_to_do(text: str, tmp_path: Path) -> None:
    path = tmp_path / "approved.json"
    path.write_text(text)
    with pytest.raises(SuppressionError, match="--save-baseline"):
        read_manifests(str(path))
