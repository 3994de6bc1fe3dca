"""`sentinel hook install` and `remove`: a coding agent reports its tool calls by hooks, or no longer."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from agentsentinel_sdk.reporter import API_KEY_VARIABLE
from agentsentinel_shim.desk import files
from agentsentinel_shim.desk.client_model import variables
from agentsentinel_shim.desk.documents import Broken
from agentsentinel_shim.desk.files import TextFile, Unusable
from agentsentinel_shim.desk.install import sentinel_command
from agentsentinel_shim.hook.clients import HookClient, as_line, decides, is_ours, words_of
from agentsentinel_shim.hook.edit import added, ours_in, removed
from agentsentinel_shim.hook.feed import ENFORCE
from agentsentinel_shim.key_file import find_key_file

Say = Callable[[str], object]


def file_of(client: HookClient, given: Path | None) -> Path:
    """Return the file that holds a client's hooks."""
    if given is not None:
        return given
    return Path(client.file.format_map(variables(sys.platform, os.environ, Path.home())))


def install(client: HookClient, options: argparse.Namespace, say: Say) -> None:
    """Write the hooks. Raises ValueError, Broken and Unusable with a sentence that says what to do."""
    path = file_of(client, options.config)
    sentinel = sentinel_command()
    deciding = _deciding_of(options)
    items = {
        event: client.hook(as_line(words_of(client, event, sentinel, _options_of(options), deciding)))
        for event in client.events
    }
    is_new = not path.exists()
    if is_new:
        content = _fresh(client)
        file = TextFile(path, content.encode())
    else:
        file = files.read(path)
    try:
        without = _without_ours(client, file)
        text = added(without or _fresh(client), items)
    except Broken as error:
        raise Broken(f"{path}: {error}") from None
    say(f"{path}{' (dry run: nothing is written)' if options.dry_run else ''}")
    for event in client.events:
        say(f"  {event}: reports to AgentSentinel{_deeds(options) if decides(event) else ''}")
    if not options.dry_run:
        _write(file, text, without, is_new=is_new)
        trust = ", trust the hooks at /hooks there" * client.needs_trust
        status = f"sentinel hook status --client {client.name}"
        say(f"Start {client.title} anew{trust}, and run `{status}` to see that it works.")
    if os.environ.get(API_KEY_VARIABLE) and not options.api_key_file:
        return
    try:
        find_key_file(options.api_key_file)
    except ValueError as error:
        say(f"{error} (calls are kept on disk until then)")


def remove(client: HookClient, options: argparse.Namespace, say: Say) -> None:
    """Take the hooks out again. Raises ValueError, Broken and Unusable."""
    path = file_of(client, options.config)
    if not path.exists():
        say(f"{path}: there are no hooks")
        return
    file = files.read(path)
    try:
        text = _restored(client, file)
    except Broken as error:
        raise Broken(f"{path}: {error}") from None
    say(f"{path}{' (dry run: nothing is written)' if options.dry_run else ''}")
    is_changed = text is None or file.encoded(text) != file.content
    say("  no longer reports to AgentSentinel" if is_changed else "  nothing of it reports to AgentSentinel")
    if options.dry_run:
        return
    if text is None:
        path.unlink()
    elif is_changed:
        files.replace(file, file.encoded(text))
    files.drop_backup(file)


def _fresh(client: HookClient) -> str:
    version = f'\n  "version": {client.version}' if client.version is not None else ""
    return f"{{{version}\n}}\n" if version else "{}\n"


def _write(file: TextFile, text: str, without: str, *, is_new: bool) -> None:
    if is_new:
        file.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.path.touch(mode=0o600)
        file = files.read(file.path)
    elif file.encoded(without) == file.content:
        files.keep_backup(file, file.content)
    if file.encoded(text) != file.content:
        files.replace(file, file.encoded(text))


def item_is_ours(client: HookClient) -> Callable[[Any], bool]:
    """Return what tells our entries of an event; a group is ours when each of its hooks is."""

    def is_our_item(item: Any) -> bool:
        hooks = item.get("hooks") if isinstance(item, dict) and client.has_groups else [item]
        return (
            isinstance(hooks, list)
            and bool(hooks)
            and all(
                isinstance(hook, dict) and any(is_ours(hook.get(name), client) for name in client.commands)
                for hook in hooks
            )
        )

    return is_our_item


def _without_ours(client: HookClient, file: TextFile) -> str:
    """Return the text without our hooks: the backup, byte for byte, where nothing else has changed since."""
    text = file.text
    if not text.strip():
        return text
    is_ours_item = item_is_ours(client)
    rest = removed(text, is_ours_item)
    backup = files.read_backup(file)
    if rest != text and backup is not None:
        with suppress(Broken, Unusable):  # then it is not the backup of this text
            if added(backup.text if backup.text.strip() else _fresh(client), ours_in(text, is_ours_item)) == text:
                return backup.text
    return rest


def _restored(client: HookClient, file: TextFile) -> str | None:
    """Return the text as it was before; None for a file that was made for our hooks and holds nothing else."""
    text = _without_ours(client, file)
    is_bare = files.read_backup(file) is None and text == _fresh(client)
    return None if is_bare and text != file.text else text


def _deciding_of(options: argparse.Namespace) -> list[str]:
    """Return the options of the hook that decides. Raises PolicyError and ValueError for what could decide nothing."""
    words = []
    if options.policy:
        from agentsentinel_shim.policy_file import load_policy  # loads YAML and RE2

        path = options.policy.expanduser().absolute()
        load_policy(path)
        words += ["--policy", str(path)]
    if options.enforce:
        words.append(ENFORCE)
    if words and sys.platform == "win32":
        raise ValueError("hooks cannot decide on Windows yet: leave --policy and --enforce out")
    return words


def _deeds(options: argparse.Namespace) -> str:
    if options.enforce:
        return ", and refuses what is denied"
    return ", with what would be refused" if options.policy else ""


def _options_of(options: argparse.Namespace) -> list[str]:
    words = []
    if options.sentinel_url:
        words += ["--sentinel-url", options.sentinel_url]
    if options.api_key_file:
        words += ["--api-key-file", str(options.api_key_file.expanduser().absolute())]
    return words
