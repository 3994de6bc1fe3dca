"""The key of a shim that a client starts, which has no variables of a shell."""

from pathlib import Path

import pytest

from agentsentinel_shim.key_file import read_key


def test_the_key_is_what_the_file_holds_without_the_space_around_it(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("as_key_1\n")
    assert read_key(path) == "as_key_1"


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", b"\xff\xfe", b"key\nanother"])
def test_a_file_that_holds_something_else_is_refused_without_repeating_it(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=str(path)) as refused:
        read_key(path)
    assert "another" not in str(refused.value)


def test_a_file_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="agentsentinel keys create"):
        read_key(tmp_path / "none")
