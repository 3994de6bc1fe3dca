"""The worker process that reads files for the scan: `python -m agentsentinel_cli.scan.isolated_worker`.

Some inputs make a parser exhaust memory, run for minutes or crash the interpreter. In a worker they can only end this
process. Messages are length-prefixed blocks: a request is a JSON header and the file's bytes, an answer is encoded
facts.
"""

import contextlib
import json
import struct
import sys
from typing import IO

MEMORY_BYTES = 640 * 1024 * 1024
"""Limit of a worker's address space, in bytes: twice what the largest legitimate source file needs."""
LENGTH = struct.Struct(">I")


def write_block(stream: IO[bytes], data: bytes) -> None:
    """Write one length-prefixed block."""
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)


def read_block(stream: IO[bytes]) -> bytes:
    """Read one length-prefixed block. Raises EOFError when the other side has closed the stream."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    (length,) = LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data


def main() -> None:
    """Answer questions from standard input until it is closed."""
    from agentsentinel_cli.scan.codec import encode
    from agentsentinel_cli.scan.extract import extract

    _limit_memory()
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # printed text must not corrupt an answer
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            head = json.loads(read_block(questions))
            data = read_block(questions)
            facts = extract(head["path"], data, frozenset(head["wanted"]))
            write_block(answers, encode(facts).encode())
            answers.flush()


def _limit_memory() -> None:
    try:
        import resource  # not available on every platform
    except ImportError:
        return
    with contextlib.suppress(OSError, ValueError):
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        wanted = MEMORY_BYTES if most == resource.RLIM_INFINITY else min(MEMORY_BYTES, most)
        resource.setrlimit(resource.RLIMIT_AS, (wanted, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
