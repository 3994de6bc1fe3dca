"""Path patterns match as people expect them to, and none takes long."""

import pytest

from agentsentinel_cli.scan.globs import GitGlob, Glob


def test_a_glob_of_many_stars_takes_no_time() -> None:
    assert not Glob("**a" * 30 + "b").fullmatch("a" * 4000)
    assert Glob("*a" * 30).fullmatch("a" * 4000)
    assert not Glob("*a" * 10 + "b").fullmatch("a" * 60 + ".py")
    assert not GitGlob("*a" * 30 + "b").fullmatch("a" * 4000)


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("*.py", "a.py", True),
        ("*.py", "x/a.py", True),
        ("x/*.py", "x/a.py", True),
        ("x/*.py", "x/y/a.py", False),
        ("x/**", "x/y/a.py", True),
        ("x/", "x/y/a.py", True),
        ("**/y/*.py", "y/a.py", True),
        ("./a.py", "a.py", True),
        ("a?.py", "ab.py", True),
        ("a.py", "axpy", False),
        ("[a].py", "a.py", False),
    ],
)
def test_globs_stay_within_a_folder_unless_doubled(glob: str, path: str, expected: bool) -> None:
    assert bool(Glob(glob).fullmatch(path)) is expected
