"""Policies in files: one that cannot be used says where and why, and is not used."""

from pathlib import Path

import pytest

from agentsentinel_core.policy.model import Mode
from agentsentinel_shim.policy_file import MOST_BYTES, PolicyError, load_policy

GOOD = """\
version: 1
rules:
  - id: no-etc
    mode: enforce
    when:
      tool: [read_file, write_file]
      arguments:
        path: {matches: "^/etc/"}
"""


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_file_is_read(tmp_path: Path) -> None:
    [rule] = load_policy(written(tmp_path, GOOD)).rules
    assert (rule.id, rule.mode, rule.tools, rule.line) == ("no-etc", Mode.ENFORCE, ("read_file", "write_file"), 3)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "the file is empty"),
        ("# nothing\n", 1, "the file is empty"),
        ("version: 1\nrules: [", 2, "this is not YAML"),
        ("version: 1\n\trules:\n", 2, "this is not YAML"),
        (b"version: 1\n# \xff\n", 2, "not text in UTF-8"),
        (b"version: 1\n\x00", 1, "this is not YAML"),
        ("a: &x 1\n", 1, "anchors and aliases are not supported"),
        ("version: 1\nrules:\n- *x\n", 3, "anchors and aliases are not supported"),
        ("--- 1\n--- 2\n", 2, "this is not YAML"),
        ("version: 1\nwhen: 2026-99-99\n", 2, "put it in quotes"),
        ("version: 1\nx: !!python/object:os.system {}\n", 2, "has no field"),
        ("[" * 5000, 1, "YAML"),
        (GOOD.replace("enforce", "block"), 4, "mode must be one of"),
        (GOOD.replace("path:", "path: {present: true}\n        path:"), 9, "path is there twice"),
        (GOOD.replace("    mode: enforce", "    mode: enforce\n    mode: shadow"), 5, "mode is there twice"),
    ],
)
def test_a_problem_has_the_line_it_is_on(text: str | bytes, line: int, message: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(written(tmp_path, text))
    assert str(caught.value).splitlines()[0].startswith(f"{tmp_path / 'policy.yaml'}:{line}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?=a)", "(", "a{5000}{5000}"])
def test_a_pattern_whose_time_has_no_bound_is_refused(pattern: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r":8: matches is not a regular expression that can be used"):
        load_policy(written(tmp_path, GOOD.replace("^/etc/", pattern.replace("\\", "\\\\"))))


def test_a_pattern_that_would_take_years_elsewhere_is_decided(tmp_path: Path) -> None:
    [rule] = load_policy(written(tmp_path, GOOD.replace("^/etc/", "(a+)+b$"))).rules
    assert rule.arguments[0].matches is not None
    assert rule.arguments[0].matches.search("a" * 65_536 + "c") is None


def test_a_file_that_is_not_there_or_too_long_is_said(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read: no such file"):
        load_policy(tmp_path / "none.yaml")
    with pytest.raises(PolicyError, match="cannot be read: is a directory"):
        load_policy(tmp_path)
    with pytest.raises(PolicyError, match="longer than"):
        load_policy(written(tmp_path, "#" * (MOST_BYTES + 1)))
