"""`sentinel hook status`: proves that a coding agent's calls are reported, or says why they are not.

It reads the files that decide whether hooks run, and then runs the command of each event with a probe, as the client
does; the probe goes through everything but the spool.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from agentsentinel_sdk.hashing import hash_payload, resolve_hash_key
from agentsentinel_sdk.reporter import API_KEY_VARIABLE
from agentsentinel_shim.desk import files
from agentsentinel_shim.desk.client_model import filled, variables
from agentsentinel_shim.desk.documents import Broken
from agentsentinel_shim.desk.files import Unusable
from agentsentinel_shim.desk.json_document import JsonDocument
from agentsentinel_shim.desk.toml_document import TomlDocument
from agentsentinel_shim.hook import spool
from agentsentinel_shim.hook.clients import EVERY_TOOL, HookClient, is_ours, own_words
from agentsentinel_shim.hook.feed import PROBE_VARIABLE
from agentsentinel_shim.key_file import find_key_file

PROBE_SECONDS = 20
_PROBE_INPUT = {"command": "true"}
_OFF = (("disableAllHooks", True), ("features.hooks", False), ("features.codex_hooks", False))
"""Settings that switch all hooks off, wherever they stand."""
_MANAGED_ONLY = ("allowManagedHooksOnly", "allow_managed_hooks_only")
"""Settings of an administrator that leave only the administrator's hooks."""


class Check(NamedTuple):
    """One thing that has to be so."""

    is_right: bool
    text: str


def checks_of(client: HookClient, path: Path, project: Path, *, root: Path = Path("/")) -> Iterator[Check]:
    """Yield what has been found, in the order in which a hook depends on it."""
    data, problem = _read(path)
    if problem:
        yield Check(is_right=False, text=f"{path}: {problem}")
        return
    yield from _switches(client, path, data, project, root)
    commands: dict[str, str] = {}
    for event in client.events:
        check, command = _hook_of(client, data, event)
        yield check
        if command is not None:
            commands[event] = command
    for event, command in commands.items():
        yield _probed(client, event, command)
    yield _key(commands.values())
    yield _spool()


def _switches(client: HookClient, path: Path, data: Any, project: Path, root: Path) -> Iterator[Check]:
    """Yield the settings that switch hooks off: of the user, a project and an administrator."""
    names = variables(sys.platform, os.environ, Path.home(), root=root, project=project)
    found = [(path, data, False)]
    for template, is_managed in [(t, False) for t in client.settings] + [(t, True) for t in client.managed]:
        for each in _matching(template, names):
            value, problem = _read(each)
            if problem:
                yield Check(is_right=False, text=f"{each}: {problem}")
            else:
                found.append((each, value, is_managed))
    reasons = [
        f"{each}: {name} is {json.dumps(_setting(value, name))}"
        for each, value, is_managed in found
        for name in (*(name for name, _ in _OFF), *(_MANAGED_ONLY if is_managed else ()))
        if _is_off(name, _setting(value, name))
    ]
    yield Check(not reasons, f"hooks are switched off ({'; '.join(reasons)})" if reasons else "hooks are switched on")


def _is_off(name: str, value: Any) -> bool:
    return value is True if name in _MANAGED_ONLY else (name, value) in _OFF


def _setting(value: Any, name: str) -> Any:
    for key in name.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _matching(template: str, names: Mapping[str, str]) -> Sequence[Path]:
    folder, _, pattern = template.rpartition("/")
    start = filled(folder, names)
    if start is None:
        return ()
    paths = sorted(Path(start).glob(pattern)) if "*" in pattern else [Path(start) / pattern]
    return [path for path in paths if path.exists()]


def _read(path: Path) -> tuple[Any, str]:
    """Return the data in a file, or why there is none."""
    try:
        if not path.exists():
            return None, "it is not there; run `sentinel hook install`"
        text = files.read(path).text
        return (TomlDocument(text) if path.suffix == ".toml" else JsonDocument(text)).value, ""
    except (Broken, Unusable) as error:
        return None, str(error).removeprefix(f"{path}: ")
    except OSError as error:
        return None, (error.strerror or type(error).__name__).lower()


def _hook_of(client: HookClient, data: Any, event: str) -> tuple[Check, str | None]:
    """Check that an event has our hook, for every tool; return its command, too."""
    entries = _setting(data, f"hooks.{event}")
    narrow = ""
    for entry in entries if isinstance(entries, list) else []:
        hooks = entry.get("hooks") if client.has_groups and isinstance(entry, dict) else [entry]
        for hook in hooks if isinstance(hooks, list) else []:
            member = client.commands[-1] if sys.platform == "win32" else client.commands[0]
            command = hook.get(member) if isinstance(hook, dict) else None
            if not is_ours(command, client):
                continue
            matcher = entry.get("matcher", "")
            if matcher in EVERY_TOOL:
                return Check(is_right=True, text=f"{event}: reports every tool"), str(command)
            narrow = f"{event}: only tools that match {matcher!a} are reported"
    return Check(is_right=False, text=narrow or f"{event}: has no hook of ours; run `sentinel hook install`"), None


def _probed(client: HookClient, event: str, command: str) -> Check:
    """Run a command as the client does, with a payload that is not sent."""
    words = own_words(command)
    program = shutil.which(words[0]) if words else None
    if program is None:
        reason = "is not executable" if words and Path(words[0]).exists() else "is not there"
        return Check(is_right=False, text=f"{event}: {words[0] if words else command} {reason}")
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "probe"
        environment = {**os.environ, PROBE_VARIABLE: str(answer)}
        try:
            done = subprocess.run(  # noqa: S602 (the client runs it so, too; it is the command in its file)
                command,
                shell=True,
                input=json.dumps(_payload(event)).encode(),
                capture_output=True,
                env=environment,
                timeout=PROBE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Check(is_right=False, text=f"{event}: the command did not end within {PROBE_SECONDS} s")
        record = json.loads(answer.read_bytes()) if answer.exists() else {}
    expected = hash_payload(_PROBE_INPUT, resolve_hash_key(None))
    is_right = done.returncode == 0 and not done.stdout and record.get("input") == expected
    what = "answers a probe" if is_right else f"does not answer a probe (exit code {done.returncode})"
    return Check(is_right, f"{event}: the command {what}")


def _payload(event: str) -> dict[str, Any]:
    """Return a payload with the members of every client."""
    return {
        "hook_event_name": event,
        "session_id": "probe",
        "tool_name": "Bash",
        "tool_use_id": "probe",
        "tool_input": _PROBE_INPUT,
        "tool_response": {},
    }


def _key(commands: Any) -> Check:
    words = [own_words(command) for command in commands]
    given = next((Path(each[each.index("--api-key-file") + 1]) for each in words if "--api-key-file" in each), None)
    if given is None and os.environ.get(API_KEY_VARIABLE):
        return Check(is_right=True, text=f"the API key is that of {API_KEY_VARIABLE}")
    try:
        return Check(is_right=True, text=f"the API key is in {find_key_file(given)}")
    except ValueError as error:
        return Check(is_right=False, text=f"nothing can be sent: {error}")


def _spool() -> Check:
    folder = Path(spool.default_folder())
    waiting = sum(
        path.stat().st_size
        for path in [*folder.glob("*.taken"), *folder.glob(spool.NAME), *folder.glob("unsent/**/*.events")]
    )
    dropped = (folder / spool.DROPPED).stat().st_size if (folder / spool.DROPPED).exists() else 0
    text = f"{waiting // 1024} KiB wait in {folder}"
    return Check(not dropped, f"{text}; {dropped} calls were dropped, since there was no room" if dropped else text)
