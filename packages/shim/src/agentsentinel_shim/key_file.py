"""The file that holds the API key of a shim that a client starts: most clients pass few variables to their servers."""

from __future__ import annotations

from pathlib import Path

DEFAULT_KEY_FILE = "~/.config/agentsentinel/api-key"
MOST_BYTES = 4096


def find_key_file(given: Path | None) -> Path:
    """Return the file to read the key from. Raises ValueError with what to do when there is none."""
    path = (given or Path(DEFAULT_KEY_FILE)).expanduser()
    if not path.is_file():
        raise ValueError(f"Put an API key into {path}, readable by you alone: `agentsentinel keys create` makes one")
    return path


def read_key(given: Path | None) -> str:
    """Return the key in the file. Raises ValueError when it cannot be read or holds none."""
    path = find_key_file(given)
    try:
        with path.open("rb") as file:
            key = file.read(MOST_BYTES).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"no API key can be read from {path}") from None
    if not key or len(key.split()) != 1:
        raise ValueError(f"{path} holds no API key: it is to hold the key and nothing else")
    return key
