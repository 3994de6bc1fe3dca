"""Masking of credentials in text that reports quote from source: descriptions, and calls seen in a tool's body.

Quoted text is truncated, so a key in it may no longer match its provider's format. Therefore every long token that
looks machine-generated is masked; a name that is masked by mistake can still be read in the file.
"""

import re

from agentsentinel_core.lazy_regex import lazy_compile

_SHOWN = 8
_LONG_TOKEN = lazy_compile(r"(?<![\w-])[A-Za-z0-9_-]{14,}(?![\w(-])")
_PASSWORD_IN_URL = lazy_compile(r"(://[^\s:@/'\"]{1,60}):[^\s:@/'\"]{1,200}@")


def masked(text: str) -> str:
    """Return the text with machine-generated tokens cut to eight characters and passwords in URLs removed."""
    text = _LONG_TOKEN.sub(lambda hit: f"{hit[0][:_SHOWN]}…" if _is_made_by_machine(hit[0]) else hit[0], text)
    return _PASSWORD_IN_URL.sub(r"\1:…@", text)


def _is_made_by_machine(token: str) -> bool:
    if not any(char.isdigit() for char in token):
        return False
    return (token != token.lower() and token != token.upper()) or re.fullmatch(r"[0-9a-f-]+", token) is not None
