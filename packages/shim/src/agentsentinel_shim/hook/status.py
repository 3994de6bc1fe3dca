"""`sentinel hook status`: proves that a coding agent's calls are reported, or says why they are not.

It reads the files that decide whether hooks run, and then runs the command of each event with a probe, as the client
does; the probe goes through everything but the spool. A hook that enforces gets a call that must be denied.
"""

from __future__ import annotations

import json
import os
import re
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
from agentsentinel_shim.hook.answers import FAILED, SHAPES
from agentsentinel_shim.hook.ask import STATE, Decider
from agentsentinel_shim.hook.clients import EVERY_TOOL, TIMEOUT_SECONDS, HookClient, decides, is_ours, own_words
from agentsentinel_shim.hook.feed import ENFORCE, PROBE_VARIABLE, options_of
from agentsentinel_shim.hook.light_json import parse
from agentsentinel_shim.key_file import find_key_file

PROBE_SECONDS = 20
_PROBE_INPUT = {"command": "true"}
_OFF = (("disableAllHooks", True), ("features.hooks", False), ("features.codex_hooks", False))
"""Settings that switch all hooks off, wherever they stand."""
_IN_BACKGROUND = ("async", "asyncRewake")
_SNAKE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_UNDECIDED = (FAILED, "builtin-snapshot-stale")
"""Rules of denials that say that nothing can be decided."""
_REASONS: dict[str, tuple[str, ...]] = {
    "claude-code": ("hookSpecificOutput", "permissionDecisionReason"),
    "codex": ("hookSpecificOutput", "permissionDecisionReason"),
    "cursor": ("agent_message",),
    "copilot": ("permissionDecisionReason",),
}
"""Client -> where its denial has the reason."""
_MANAGED_ONLY = ("allowManagedHooksOnly", "allow_managed_hooks_only")
"""Settings of an administrator that leave only the administrator's hooks."""


class Check(NamedTuple):
    """One thing that has to be so."""

    is_right: bool
    text: str
    is_proof: bool = False
    """Whether it proves that a denial takes effect."""


class Installed(NamedTuple):
    """Our hook of one event, as the client's file has it."""

    event: str
    command: str
    flaws: tuple[str, ...]
    """Why it does not run for every call, or not in time."""
    place: str
    """Its group and its place in that, from 0, as in Codex's keys: `1:0`."""

    @property
    def enforces(self) -> bool:
        """Whether it refuses what is denied."""
        return ENFORCE in own_words(self.command)


def checks_of(
    client: HookClient, path: Path, project: Path, *, root: Path = Path("/"), must_enforce: bool = False
) -> Iterator[Check]:
    """Yield what has been found, in the order in which a hook depends on it.

    With `must_enforce`, hooks that refuse nothing are a problem also where none was installed to.
    """
    data, problem = _read(path)
    if problem:
        yield Check(is_right=False, text=f"{path}: {problem}")
        return
    yield from _switches(client, path, data, project, root)
    hooks = [hook for event in client.events if (hook := _hook_of(client, data, event)) is not None]
    must_enforce = must_enforce or any(hook.enforces for hook in hooks)
    known = {hook.event: hook for hook in hooks}
    for event in client.events:
        yield _check_of(known.get(event), event, must_enforce=must_enforce)
    if client.needs_trust and hooks:
        yield _trust(client, path, hooks, project, root)
    for hook in hooks:
        yield from _probed(client, hook)
    yield _key(hook.command for hook in hooks)
    yield _spool()


def _switches(client: HookClient, path: Path, data: Any, project: Path, root: Path) -> Iterator[Check]:
    """Yield the settings that switch hooks off: of the user, a project and an administrator."""
    found = [(path, data, False)]
    for each, is_managed in _settings(client, project, root):
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
    reasons += [f"{each}: {key!a} is not enabled" for each, value, _ in found for key in _states_off(value, path)]
    yield Check(not reasons, f"hooks are switched off ({'; '.join(reasons)})" if reasons else "hooks are switched on")


def _settings(client: HookClient, project: Path, root: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the files of settings that there are, and whether an administrator writes them."""
    names = variables(sys.platform, os.environ, Path.home(), root=root, project=project)
    for template, is_managed in [(t, False) for t in client.settings] + [(t, True) for t in client.managed]:
        for each in _matching(template, names):
            yield each, is_managed


def _trust(client: HookClient, path: Path, hooks: Sequence[Installed], project: Path, root: Path) -> Check:
    """Check that the client's user has trusted our hooks; it may have been before one of them changed."""
    states: dict[str, Any] = {}
    for each, _ in _settings(client, project, root):
        found = _setting(_read(each)[0], "hooks.state")
        states |= found if isinstance(found, dict) else {}
    keys = {hook.event: f"{path}:{_SNAKE.sub('_', hook.event).lower()}:{hook.place}" for hook in hooks}
    missing = [event for event, key in keys.items() if not _setting(states.get(key), "trusted_hash")]
    if missing:
        text = f"{', '.join(missing)}: not trusted yet, so {client.title} does not run it: look at /hooks there"
        return Check(is_right=False, text=text)
    return Check(is_right=True, text="its user has trusted the hooks")


def _states_off(value: Any, path: Path) -> list[str]:
    """Return the hooks of our file that Codex's list of states, which are keyed by file and event, switches off."""
    states = _setting(value, "hooks.state")
    return [
        key
        for key, state in (states.items() if isinstance(states, dict) else ())
        if key.startswith(f"{path}:") and isinstance(state, dict) and state.get("enabled") is False
    ]


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


def _hook_of(client: HookClient, data: Any, event: str) -> Installed | None:
    """Return our hook of an event: of several, the one with the fewest flaws that enforces."""
    entries = _setting(data, f"hooks.{event}")
    member = client.commands[-1] if sys.platform == "win32" else client.commands[0]
    found = []
    for group, entry in enumerate(entries if isinstance(entries, list) else []):
        hooks = entry.get("hooks") if client.has_groups and isinstance(entry, dict) else [entry]
        for place, hook in enumerate(hooks if isinstance(hooks, list) else []):
            command = hook.get(member) if isinstance(hook, dict) else None
            if is_ours(command, client):
                flaws = tuple(_flaws(client, entry, hook, str(command)))
                found.append(Installed(event, str(command), flaws, f"{group}:{place}"))
    return min(found, key=lambda hook: (len(hook.flaws), not hook.enforces), default=None)


def _flaws(client: HookClient, entry: Mapping[str, Any], hook: Mapping[str, Any], command: str) -> Iterator[str]:
    """Yield why a hook does not run for every call, or why its answer does not count."""
    if entry.get("matcher", "") not in EVERY_TOOL:
        yield f"only tools that match {entry['matcher']!a} are reported"
    if hook.get("if"):
        yield f"only calls that fit {hook['if']!a} are reported"
    if ENFORCE not in own_words(command):
        return
    if any(hook.get(name) for name in _IN_BACKGROUND):
        yield "it runs in the background, where a denial comes too late"
    seconds = hook.get(client.timeout, TIMEOUT_SECONDS) if client.timeout else TIMEOUT_SECONDS
    if isinstance(seconds, int | float) and seconds < TIMEOUT_SECONDS:
        yield f"its {client.timeout} is {seconds:g}: the client goes on without the denial; give it {TIMEOUT_SECONDS} s"
    if client.quiet_fails and hook.get("failClosed"):
        yield "failClosed reads the silence that allows a call as a failure, so that none is allowed; take it out"


def _check_of(hook: Installed | None, event: str, *, must_enforce: bool) -> Check:
    """Check that an event has our hook, for every tool, and that it enforces where it should."""
    if hook is None:
        return Check(is_right=False, text=f"{event}: has no hook of ours; run `sentinel hook install`")
    if hook.flaws:
        return Check(is_right=False, text=f"{event}: {'; '.join(hook.flaws)}")
    if not decides(event) or hook.enforces:
        return Check(is_right=True, text=f"{event}: reports every tool{', refuses what is denied' * hook.enforces}")
    text = f"{event}: reports every tool and refuses none: it was installed without {ENFORCE}"
    return Check(not must_enforce, text)


def _probed(client: HookClient, hook: Installed) -> Iterator[Check]:
    """Run a command as the client does, with a payload that is not sent; one that enforces must deny it."""
    words = own_words(hook.command)
    program = shutil.which(words[0]) if words else None
    if program is None:
        reason = "is not executable" if words and Path(words[0]).exists() else "is not there"
        yield Check(is_right=False, text=f"{hook.event}: {words[0] if words else hook.command} {reason}")
        return
    result = _run(hook)
    if result is None:
        yield Check(is_right=False, text=f"{hook.event}: the command did not end within {PROBE_SECONDS} s")
        return
    done, record = result
    is_read = record.get("input") == hash_payload(_PROBE_INPUT, resolve_hash_key(None))
    if hook.enforces and decides(hook.event):
        yield _proof(client, hook.event, done, record)
    else:
        is_right = done.returncode == 0 and not done.stdout and is_read
        what = "answers a probe" if is_right else f"does not answer a probe (exit code {done.returncode})"
        yield Check(is_right, f"{hook.event}: the command {what}")
    if decides(hook.event) and is_read:
        yield from _sources(client, hook)


def _run(hook: Installed) -> tuple[subprocess.CompletedProcess[bytes], dict[str, Any]] | None:
    """Run a command with a probe; return how it ended and the record it made, None when it did not end."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "probe"
        environment = {**os.environ, PROBE_VARIABLE: str(answer)}
        try:
            done = subprocess.run(  # noqa: S602 (the client runs it so, too; it is the command in its file)
                hook.command,
                shell=True,
                input=json.dumps(_payload(hook.event)).encode(),
                capture_output=True,
                env=environment,
                timeout=PROBE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        return done, json.loads(answer.read_bytes()) if answer.exists() else {}


def _proof(
    client: HookClient, event: str, done: subprocess.CompletedProcess[bytes], record: Mapping[str, Any]
) -> Check:
    """Check that a call that must be denied was: the client reads nothing but the exit code and standard output."""
    reason = reason_in(client.name, done.stdout.decode("utf-8", "replace"))
    if done.returncode != 0 or not reason:
        what = (
            "the denial of a probe is not the one that the client documents"
            if done.stdout
            else "a call that must be denied was not"
        )
        return Check(is_right=False, text=f"{event}: {what} (exit code {done.returncode})")
    if record.get("rule") in _UNDECIDED:
        return Check(is_right=False, text=f"{event}: every call is refused now. {reason}")
    return Check(is_right=True, text=f"{event}: a call that must be denied was denied", is_proof=True)


def _sources(client: HookClient, hook: Installed) -> Iterator[Check]:
    """Ask the process that decides what it decides by."""
    try:
        options = options_of(own_words(hook.command)[2:])
        if not hook.enforces and "--policy" not in options:
            return
        where = options.get("--sentinel-url", ""), options.get("--api-key-file", ""), options.get("--policy", "")
        state = Decider(spool.default_folder(), client.name, *where, enforces=hook.enforces).ask(STATE)
    except (OSError, ValueError) as error:
        yield Check(is_right=False, text=f"the process that decides does not answer: {error}")
        return
    if "rules" not in state:
        yield Check(is_right=False, text=f"nothing can be judged: {state.get('why') or 'see hook.log'}")
        return
    if state["problem"]:
        yield Check(is_right=False, text=f"the policy was not replaced, and the one before holds: {state['problem']}")
    elif state["rules"] is not None:
        yield Check(is_right=True, text=f"rules in the policy: {state['rules']}")
    if not state["is_fresh"]:
        yield Check(is_right=False, text=f"what AgentSentinel knows of the agent is missing or old. {state['trouble']}")
    elif state["is_suspended"]:
        yield Check(is_right=True, text="the agent is suspended: every call is denied")


def reason_in(client: str, answer: str) -> str:
    """Return the reason in a denial; empty for a text that is not exactly the client's denial."""
    try:
        text = parse(answer)
        for name in _REASONS[client]:
            text = text[name]
    except (ValueError, KeyError, TypeError):
        return ""
    return text if isinstance(text, str) and SHAPES[client](text) == answer else ""


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
