"""`sentinel hook`: takes one payload from standard input, and leaves one line for the shipper.

It runs inside the user's coding agent, before and after every tool call, so it must be fast and must never harm:
whatever goes wrong here ends with exit code 0 and nothing on standard output, which every client reads as "go on", and
one line in the feed's own log.
"""

from __future__ import annotations

import os
import sys
import time

from agentsentinel_core.canonical_json import canonical_json
from agentsentinel_shim.hook import spool
from agentsentinel_shim.hook.calls import AFTER, read_call
from agentsentinel_shim.hook.light_json import line, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agentsentinel_shim.hook.calls import Call

HASH_KEY_VARIABLE = "AGENTSENTINEL_HASH_KEY"
PROBE_VARIABLE = "AGENTSENTINEL_HOOK_PROBE"
"""A file that takes the line instead of the spool: `sentinel hook status` runs the command so."""
MOST_BYTES = 64 * 1024 * 1024
LONGEST_NAME = 255
OPTIONS = ("--client", "--event", "--sentinel-url", "--api-key-file")
_BLOCK = 64
_FOLDED, _INNER, _OUTER = 32, 0x36, 0x5C


def run(words: list[str]) -> int:
    """Take a payload. Returns 0, whatever happens."""
    folder = spool.default_folder()
    try:
        _take(words, folder)
    except Exception as error:
        spool.log(folder, f"{type(error).__name__}: {error}" if isinstance(error, OSError) else type(error).__name__)
    return 0


def _take(words: list[str], folder: str) -> None:
    now = time.time()
    options = {words[at]: words[at + 1] for at in range(0, len(words) - 1, 2)}
    if len(words) % 2 or not options.keys() <= set(OPTIONS) or "--client" not in options:
        raise ValueError("unknown options")
    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError("the payload is too large")
    call = read_call(parse(data.decode("utf-8", "surrogatepass")), options.get("--event", ""))
    if call is None:
        return
    sys.stdout.write(answer_of(call))
    text = line(record_of(call, options, now))
    probe = os.environ.get(PROBE_VARIABLE)
    if probe:
        with open(probe, "w", encoding="utf-8") as file:
            file.write(text)
        return
    if not spool.append(folder, text):
        spool.log(folder, "the spool is full: a call was dropped; `sentinel hook status` says why nothing is sent")
    if not spool.is_paused(folder, now) and not spool.is_shipping(folder):
        start_shipper(folder)


def answer_of(call: Call) -> str:
    """Return what the client is answered. Nothing lets it go on, and there is no policy yet that says anything else."""
    return ""


def record_of(call: Call, options: dict[str, str], now: float) -> dict[str, str | float | None]:
    """Return what is kept of one side of a call: names, times and digests."""
    key = os.environ.get(HASH_KEY_VARIABLE, "").encode() or None
    is_after = call.phase == AFTER
    return {
        "phase": call.phase,
        "client": options["--client"],
        "at": now,
        "tool": call.name[:LONGEST_NAME],
        "server": call.server[:LONGEST_NAME],
        "operation": call.operation,
        "session": call.session[:LONGEST_NAME],
        "call_id": call.call_id[:LONGEST_NAME],
        "input": digest({} if call.value is None else call.value, key),
        "output": digest(call.output, key) if is_after else None,
        "status": call.status,
        "duration_ms": call.duration_ms,
        "url": options.get("--sentinel-url"),
        "key_file": options.get("--api-key-file"),
    }


def digest(value: object, key: bytes | None) -> str:
    """Return the digest that `hash_payload` returns, without loading OpenSSL for it (RFC 2104 for a key)."""
    data = canonical_json(value).encode("utf-8", "surrogatepass")
    if key is None:
        return _sha256(data).hex()
    key = (_sha256(key) if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner = _sha256(bytes(byte ^ _INNER for byte in key) + data)
    return _sha256(bytes(byte ^ _OUTER for byte in key) + inner).hex()


def _sha256(data: bytes) -> bytes:
    """Hash with the interpreter's own module, which has another name since Python 3.12 and may be missing."""
    try:
        if sys.version_info >= (3, 12):
            from _sha2 import sha256  # type: ignore[import-not-found]
        else:
            from _sha256 import sha256  # type: ignore[import-not-found]
    except ImportError:
        from hashlib import sha256
    made: bytes = sha256(data).digest()
    return made


def start_shipper(folder: str) -> None:
    """Start the process that sends, detached from this one and from the client."""
    command = [sys.executable, "-m", "agentsentinel_shim.hook.ship", folder]
    if sys.platform == "win32":
        import subprocess

        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        nothing = subprocess.DEVNULL
        subprocess.Popen(  # noqa: S603 (our own interpreter)
            command, stdin=nothing, stdout=nothing, stderr=nothing, close_fds=True, creationflags=flags
        )
        return
    nothing = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, nothing, stream) for stream in (0, 1, 2)]
    try:
        os.posix_spawn(sys.executable, command, os.environ, file_actions=actions, setsid=True)
    except NotImplementedError:  # no setsid there: the shipper calls it itself
        os.posix_spawn(sys.executable, command, os.environ, file_actions=actions)
    finally:
        os.close(nothing)
