"""A file is a test by what it holds, not by its name."""

from pathlib import Path

import pytest

from agentsentinel_cli.scan.content_of_tests import MOST_BYTES, MOST_FILES, folder_holds_test, holds_test
from cli.scan.repositories import A_TEST, SHELL, SHELL_JS, TESTS, files
from cli.scan.support import sentinel, write_tree

NAMED_LIKE_TESTS = {
    "ab_test.py": SHELL,
    "test_drive.py": SHELL,
    "load-test.js": SHELL_JS,
    "speed.test.ts": SHELL_JS,
    "testing/agent.py": SHELL,
    "tests/agent.py": SHELL,
    "fixtures/deep/agent.ts": SHELL_JS,
}


def test_a_file_is_a_test_by_what_it_holds_and_not_by_its_name(repository: Path) -> None:
    write_tree(repository, NAMED_LIKE_TESTS | TESTS)
    run = sentinel(repository, "scan", "--format", "json")
    assert set(NAMED_LIKE_TESTS) <= set(files(run))
    assert not set(TESTS) & set(files(run))
    assert run.entries[-1]["left_out"] == {"test file": 6, "test folder": 2, "tool folder": 1}
    asked = sentinel(repository, "scan", "--format", "json", "--include-tests")
    assert {
        path for path, source in TESTS.items() if ("run" in source and "shell" in source) or "execSync" in source
    } <= set(files(asked))


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        ("a.py", "import pytest\n", True),
        ("a.py", "    from django.test import TestCase\n", True),
        ("a.py", "async def test_it(): ...\n", True),
        ("a.py", "import pytesting\n", False),
        ("a.py", "# import pytest\n", False),
        ("a.py", "def contest(): ...\n", False),
        ("a.ts", 'import { test } from "node:test";\n', True),
        ("a.ts", "describe.only('it', f);\n", True),
        ("a.ts", "Deno.test(f);\n", True),
        ("a.ts", "const it = test.result;\n", False),
        ("a.ts", "import pytest\n", False),
    ],
)
def test_imports_and_definitions_decide(tmp_path: Path, name: str, source: str, expected: bool) -> None:
    write_tree(tmp_path, {name: source})
    assert holds_test(str(tmp_path / name)) is expected


def test_what_is_not_an_ordinary_file_holds_no_test(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a.py": A_TEST, "folder.py/x": ""})
    (tmp_path / "link.py").symlink_to(tmp_path / "a.py")
    found = {name: holds_test(str(tmp_path / name)) for name in ("a.py", "folder.py", "link.py", "missing.py")}
    assert found == {"a.py": True, "folder.py": False, "link.py": False, "missing.py": False}


def test_a_test_after_the_searched_part_is_not_seen(tmp_path: Path) -> None:
    write_tree(tmp_path, {"near.py": "#" * 1000 + "\n" + A_TEST, "far.py": "#" * MOST_BYTES + "\n" + A_TEST})
    assert holds_test(str(tmp_path / "near.py"))
    assert not holds_test(str(tmp_path / "far.py"))


def test_a_folder_holds_a_test_at_any_depth_in_a_file_of_the_language(tmp_path: Path) -> None:
    write_tree(tmp_path, {"py/deep/er/a.py": A_TEST, "text/test.txt": A_TEST, "none/test_a.py": SHELL})
    found = {name: folder_holds_test(str(tmp_path / name), (".py",)) for name in ("py", "text", "none")}
    assert found == {"py": True, "text": False, "none": False}


def test_a_folder_of_very_many_files_is_not_searched_to_its_end(tmp_path: Path) -> None:
    write_tree(tmp_path, {f"{number:04}.py": "" for number in range(MOST_FILES)})
    write_tree(tmp_path, {"zzz.py": A_TEST})
    assert not folder_holds_test(str(tmp_path), (".py",))
    write_tree(tmp_path, {"zzz_test.py": A_TEST})
    assert folder_holds_test(str(tmp_path), (".py",)), "names with test in them come first"
