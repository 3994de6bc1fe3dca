"""Settings of a repository: what is read, what is refused, and that no file can exhaust the machine."""

import os
from pathlib import Path

import pytest

from agentsentinel_cli.scan.config import MOST_BYTES, Config, load_config
from agentsentinel_cli.scan.errors import RequestError
from cli.scan.support import write_tree

SETTINGS = """
fail-on = "high"
severity = ["CRITICAL", "low"]
exclude = ["legacy/**"]
baseline = "known.json"
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty root and work in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_root_without_a_file_has_no_settings(root: Path) -> None:
    assert load_config(str(root)) is None


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("sentinel.toml", f'{SETTINGS}[rules]\ndisabled = ["TOOL_SPRAWL"]\n'),
        ("pyproject.toml", f'[tool.sentinel]{SETTINGS}[tool.sentinel.rules]\ndisabled = ["TOOL_SPRAWL"]\n'),
    ],
)
def test_both_files_hold_the_same_settings(root: Path, file: str, content: str) -> None:
    write_tree(root, {file: content})
    assert load_config(str(root)) == Config(
        file, "HIGH", ("CRITICAL", "LOW"), ("legacy/**",), (), ("TOOL_SPRAWL",), "known.json"
    )


def test_paths_are_from_the_folder_of_the_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(root, {"sentinel.toml": 'baseline = "known.json"', "agents/x": ""})
    monkeypatch.chdir(root / "agents")
    found = load_config(str(root))
    assert found is not None
    assert (found.file, found.baseline) == (os.path.join("..", "sentinel.toml"), os.path.join("..", "known.json"))


@pytest.mark.parametrize(
    "content", ["", "{{ template }}", "[tool.ruff]\nline-length = 120\n", '[project]\nname = "sentinel"\n']
)
def test_a_project_file_without_our_table_has_no_settings(root: Path, content: str) -> None:
    write_tree(root, {"pyproject.toml": content})
    assert load_config(str(root)) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('fail_on = "HIGH"', "'fail_on' is not a setting; there are baseline, exclude, fail-on, rules, severity"),
        ("fail-on = 3", "fail-on: write a text"),
        ('fail-on = ""', "fail-on: write a text"),
        ('fail-on = "GRAVE"', "fail-on: 'GRAVE' is not one of CRITICAL, HIGH, MEDIUM, LOW"),
        ('severity = "HIGH"', "severity: write a list of texts"),
        ('severity = ["GRAVE"]', "severity: 'GRAVE' is not one of"),
        ("exclude = [1]", "exclude: write a list of texts"),
        ("baseline = []", "baseline: write a text"),
        ('rules = ["TOOL_SPRAWL"]', "rules: write a table"),
        ("[rules]\nonly = 3", "rules.only: write a list of texts"),
        ("[rules]\nnever = []", "'rules.never' is not a setting; there are disabled, only"),
        ("[rules]\nonly = []\ndisabled = []", "rules: write either only or disabled"),
        ("fail-on", "not valid TOML"),
        ("a = " + "[" * 5000, "not valid TOML"),
        ("a = 1" + "0" * 5000, "not valid TOML"),
        (b"a = '\xff'", "not UTF-8 text"),
        ("#" * (MOST_BYTES + 1), "larger than 256 KB"),
    ],
)
def test_what_is_wrong_is_refused_with_file_and_key(root: Path, content: str | bytes, message: str) -> None:
    write_tree(root, {"sentinel.toml": content})
    with pytest.raises(RequestError) as refused:
        load_config(str(root))
    assert str(refused.value).startswith(f"sentinel.toml: {message}")


@pytest.mark.parametrize(("content", "key"), [("[tool]\nsentinel = 3", "tool.sentinel"), ("tool = 'sentinel'", "tool")])
def test_a_project_file_with_something_else_in_our_place_is_refused(root: Path, content: str, key: str) -> None:
    write_tree(root, {"pyproject.toml": content})
    with pytest.raises(RequestError, match=f"^pyproject.toml: {key}: write a table"):
        load_config(str(root))


def test_settings_in_both_files_are_refused(root: Path) -> None:
    write_tree(root, {"sentinel.toml": "", "pyproject.toml": "[tool.sentinel]\n"})
    with pytest.raises(RequestError, match="keep one of them"):
        load_config(str(root))


def test_what_is_not_a_regular_file_is_refused_and_not_waited_for(root: Path) -> None:
    os.mkfifo(root / "sentinel.toml")
    with pytest.raises(RequestError, match="not a regular file"):
        load_config(str(root))


@pytest.mark.parametrize(
    "content",
    [
        "a." * 100_000 + "a = 1",
        '"a".' * 50_000 + "a = 1",
        "'a' . " * 40_000 + "a = 1",
        "[" + "a." * 100_000 + "a]",
        "x = {" + "a." * 100_000 + "a = 1}",
    ],
)
def test_a_key_of_very_many_parts_never_reaches_the_parser(root: Path, content: str) -> None:
    """Python's parser would take more memory than the machine has."""
    write_tree(root, {"sentinel.toml": content})
    with pytest.raises(RequestError, match="a key has more than 32 parts"):
        load_config(str(root))


@pytest.mark.parametrize(
    "exclude", ["a.b" * 60, 'x\\"' + "." * 60, "#" + "." * 60], ids=["words", "an escaped quote", "no comment"]
)
def test_dots_in_strings_and_comments_do_not_count(root: Path, exclude: str) -> None:
    write_tree(root, {"sentinel.toml": f'exclude = ["{exclude}"] # {"." * 60}\n'})
    assert load_config(str(root)) is not None
