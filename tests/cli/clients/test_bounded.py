"""Files are found by patterns with bounds, and read within their size."""

import json
from pathlib import Path

import pytest

from agentsentinel_cli.clients.bounded import (
    MOST_BYTES,
    MOST_COMMENTED_BYTES,
    MOST_ENTRIES,
    matching,
    read_data,
    read_text,
)
from agentsentinel_shim.desk.files import Unusable


def found(home: Path, pattern: str) -> list[str]:
    names = {"home": str(home)}
    return [path.relative_to(home).as_posix() for path in matching(pattern, names, lambda *_: pytest.fail("unread"))]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for path in ("a/x.json", "a/b/x.json", "a/.hidden/x.json", "a/node_modules/x.json", "a/y.toml", "[z]*/x.json"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("{}")
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("{home}/a/x.json", ["a/x.json"]),
        ("{home}/a/none.json", []),
        ("{home}/a/x.json/none", []),
        ("{home}/a/*.json", ["a/x.json"]),
        ("{home}/*/x.json", ["[z]*/x.json", "a/x.json"]),
        ("{home}/a/**/x.json", ["a/x.json", "a/b/x.json"]),
        ("{home}/none/**/x.json", []),
        ("{unset}/a/x.json", []),
    ],
)
def test_a_pattern_names_files(home: Path, pattern: str, paths: list[str]) -> None:
    assert found(home, pattern) == paths


def test_a_folder_of_a_project_may_look_like_a_pattern(home: Path) -> None:
    names = {"project": str(home / "[z]*")}
    assert [path.name for path in matching("{project}/*.json", names, lambda *_: None)] == ["x.json"]


def test_a_folder_with_very_many_entries_is_cut_and_said(tmp_path: Path) -> None:
    for number in range(MOST_ENTRIES + 1):
        (tmp_path / f"{number}.json").touch()
    reasons: list[str] = []
    assert (
        len(list(matching("{home}/*.json", {"home": str(tmp_path)}, lambda _, why: reasons.append(why))))
        == MOST_ENTRIES
    )
    assert reasons == [f"it has more than {MOST_ENTRIES} entries, of which the others were left out"]


@pytest.mark.parametrize(
    ("content", "data"),
    [('{"a": 1}', {"a": 1}), ('{"a": 1,} // x', {"a": 1}), ("\ufeff[]", []), ('{"a": 1, "a": 2}', {"a": 2})],
)
def test_json_is_read_as_clients_write_it(tmp_path: Path, content: str, data: object) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    assert read_data(path, "json") == data


def test_a_large_file_is_read_if_it_is_plain_json_only(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"a": "x" * MOST_COMMENTED_BYTES}))
    assert len(read_data(path, "json")["a"]) == MOST_COMMENTED_BYTES
    path.write_text("// x\n" + path.read_text())
    with pytest.raises(Unusable, match="it is not JSON"):
        read_data(path, "json")


@pytest.mark.parametrize(("format_", "size"), [("json", "8 MiB"), ("toml", "256 KiB"), ("yaml", "128 KiB")])
def test_each_format_has_its_bound(tmp_path: Path, format_: str, size: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(b" " * (MOST_BYTES[format_] + 1))
    with pytest.raises(Unusable, match=f"it is larger than {size}"):
        read_data(path, format_)


def test_a_reason_names_no_path_even_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"\xff")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    for path in (tmp_path / "link", tmp_path / "none", tmp_path):
        with pytest.raises(Unusable) as refused:
            read_text(path, 1024)
        assert str(tmp_path) not in str(refused.value)


def test_aliases_of_yaml_do_not_multiply(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    path = tmp_path / "x.yaml"
    path.write_text("\n".join(lines))
    assert len(read_data(path, "yaml")) == 40
