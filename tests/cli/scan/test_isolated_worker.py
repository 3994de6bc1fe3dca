"""The worker answers one block for each question and ends with its input."""

import io
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_cli.scan.codec import decode
from agentsentinel_cli.scan.extract import extract
from agentsentinel_cli.scan.isolated_worker import read_block, write_block
from cli.scan.support import SALES_AGENT


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_blocks_are_read_as_they_were_written(blocks: list[bytes]) -> None:
    stream = io.BytesIO()
    for block in blocks:
        write_block(stream, block)
    stream.seek(0)
    assert [read_block(stream) for _ in blocks] == blocks
    with pytest.raises(EOFError):
        read_block(stream)


@pytest.mark.parametrize("cut", range(7))
def test_a_block_that_is_cut_anywhere_is_the_end(cut: int) -> None:
    stream = io.BytesIO()
    write_block(stream, b"abc")
    with pytest.raises(EOFError):
        read_block(io.BytesIO(stream.getvalue()[:cut]))


def test_the_process_answers_each_question_and_ends_with_its_input() -> None:
    names = ["a.py", "b.py"]
    sent = io.BytesIO()
    for name, data in zip(names, (SALES_AGENT, "x = 1\n"), strict=True):
        write_block(sent, json.dumps({"path": name, "wanted": ["x"]}).encode())
        write_block(sent, data.encode())
    done = subprocess.run(
        [sys.executable, "-m", "agentsentinel_cli.scan.isolated_worker"],
        input=sent.getvalue(),
        capture_output=True,
        timeout=120,
        check=True,
    )
    answers = io.BytesIO(done.stdout)
    assert decode(read_block(answers)) == extract("a.py", SALES_AGENT.encode(), frozenset({"x"}))
    assert decode(read_block(answers)) == extract("b.py", b"x = 1\n", frozenset({"x"}))
    assert answers.read() == b""
    assert done.stderr == b""
