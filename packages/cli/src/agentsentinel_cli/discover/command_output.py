"""Output of another program, bounded in time and bytes: `docker` and `kubectl` may hang, or print anything."""

import shutil
import subprocess
import threading
from collections.abc import Sequence

SECONDS = 15.0
MOST_BYTES = 64 * 1024 * 1024


class CommandError(Exception):
    """The program gives no output that can be used; the message says why."""


def command_output(command: Sequence[str], seconds: float = SECONDS, most: int = MOST_BYTES) -> bytes:
    """Run a program and return its standard output. Raises CommandError."""
    program = shutil.which(command[0])
    if program is None:
        raise CommandError(f"{command[0]} is not installed")
    try:
        process = subprocess.Popen(  # noqa: S603 - the words are constants and ids that docker has printed
            [program, *command[1:]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        raise CommandError(f"{command[0]} cannot be run: {error.strerror}") from error
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        process.kill()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for above
        output = process.stdout.read(most + 1)
    finally:
        timer.cancel()
        process.kill()
        process.stdout.close()  # type: ignore[union-attr]
        code = process.wait()
    if is_late.is_set():
        raise CommandError(f"{command[0]} did not answer within {seconds:.0f} s")
    if len(output) > most:
        raise CommandError(f"{command[0]} printed more than {most // 1024 // 1024} MiB")
    if code > 0:
        raise CommandError(f"{command[0]} ended with exit code {code}; is its daemon running, and may you use it?")
    return output
