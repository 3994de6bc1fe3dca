"""Masking of credentials in text that is quoted: descriptions, calls seen in a tool's body, command lines.

Quoted text is truncated, so a key in it may no longer match its provider's format. Therefore every long token that
looks machine-generated is masked; a name that is masked by mistake can still be read in the file.
"""

import re
import shlex
from collections.abc import Sequence

from agentsentinel_core.lazy_regex import lazy_compile

_SHOWN = 8
_LONG_TOKEN = lazy_compile(r"(?<![\w-])[A-Za-z0-9_-]{14,}(?![\w(-])")
_PASSWORD_IN_URL = lazy_compile(r"(://[^\s:@/'\"]{1,60}):[^\s:@/'\"]{1,200}@")

_SECRET_NAME = lazy_compile(r"(?i)(?:key|token|secret|passw(?:or)?d|credential|auth|bearer)")
_SECRET_PAIR = lazy_compile(
    r"(?i)([\w.-]{0,40}(?:key|token|secret|passw(?:or)?d|credential|auth|bearer)[\w.-]{0,40}(?:=|:(?!//|\d{1,5}(?:[/'\"\s]|$)))\s*"
    r"(?:(?:Bearer|Basic|Token)\s+)?)(?!\$)[^\s&;'\"]+"
)
"""A header or a parameter of an address that is named like a secret; a reference to a variable is not a value."""
_SECRET_OPTION = lazy_compile(
    r"(?i)(--?[\w-]{0,40}(?:key|token|secret|passw(?:or)?d|credential|auth|bearer)[\w-]{0,40}\s{1,9})(?![-$])[^\s'\")]+"
)
_QUOTED_SECRET = lazy_compile(
    r"(?i)([\w.-]{0,40}(?:api_?key|token|secret|passw(?:or)?d|passwd|pwd|credential)\w{0,40}['\"]?\s{0,5}[=:]\s{0,5}[rbf]{0,2}['\"])"
    r"(?!\$)[^'\"\s…]{4,}(?=['\"])"
)
_VARIABLE_IN_TEXT = lazy_compile(r"(\b[A-Z][A-Z0-9_]{0,40}(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD)=)(?!\$)[^\s'\"&;]{4,}")
_LOGIN_OPTION = lazy_compile(r"((?:^|\s)(?:-u|--user)[\s=]{1,5}['\"]?[\w.@-]{1,60}:)(?!\$)[^\s'\"]+")
_LONGEST_COMMAND = 1000
_LONGEST_PART = 2000
"""Characters of one argument that are looked at; no more than `_LONGEST_COMMAND` of all is shown."""
_LONGEST_LINE = 20_000
"""Characters of a line that are split into arguments."""


def masked_command(arguments: Sequence[str]) -> str:
    """Return a command line as one line of shell, at most 1,000 characters, without the values of its secrets.

    The value of an option, variable, header or parameter that is named like a secret is removed (`--api-key VALUE`,
    `TOKEN=VALUE`, `X-Api-Key: VALUE`, `?token=VALUE`); in other arguments, machine-generated tokens are cut short.
    """
    shown: list[str] = []
    is_secret = False
    length = 0
    for whole in arguments:
        if length > _LONGEST_COMMAND:
            break
        argument = whole[:_LONGEST_PART]
        name, equals, _ = argument.partition("=")
        if is_secret and not argument.startswith("-"):
            shown.append("…")
        elif equals and _SECRET_NAME.search(name):
            shown.append(f"{shlex.quote(name)}=…")
        else:
            shown.append(masked(_SECRET_PAIR.sub(r"\1…", shlex.quote(argument))))
        length += len(shown[-1]) + 1
        is_secret = not equals and argument.startswith("-") and bool(_SECRET_NAME.search(argument))
    return " ".join(shown)[:_LONGEST_COMMAND]


def masked_line(line: str) -> str:
    """Return a command line that is one text as `masked_command` returns its arguments."""
    line = line[:_LONGEST_LINE]
    try:
        return masked_command(shlex.split(line))
    except ValueError:  # a quotation mark without its partner
        return masked_command(line.split())


def masked_text(text: str) -> str:
    """Return text that may hold a command, such as a rule that allows one, without the values of its secrets.

    At most 2,000 characters.
    """
    return masked(_SECRET_OPTION.sub(r"\1…", _SECRET_PAIR.sub(r"\1…", text[:_LONGEST_PART])))


def masked_code(text: str) -> str:
    """Return a line of code as `masked` does, also without quoted values of names like secrets and logins of curl.

    `password="hunter2"`, `"PGPASSWORD=hunter2 psql"` and `curl -u bob:hunter2` lose the value; calls, types, references
    and empty texts stay.
    """
    for pattern in (_QUOTED_SECRET, _VARIABLE_IN_TEXT, _LOGIN_OPTION):
        text = pattern.sub(r"\1…", text)
    return masked(text)


def masked(text: str) -> str:
    """Return the text with machine-generated tokens cut to eight characters and passwords in URLs removed."""
    text = _LONG_TOKEN.sub(lambda hit: f"{hit[0][:_SHOWN]}…" if _is_made_by_machine(hit[0]) else hit[0], text)
    return _PASSWORD_IN_URL.sub(r"\1:…@", text)


def _is_made_by_machine(token: str) -> bool:
    if not any(char.isdigit() for char in token):
        return False
    return (token != token.lower() and token != token.upper()) or re.fullmatch(r"[0-9a-f-]+", token) is not None
