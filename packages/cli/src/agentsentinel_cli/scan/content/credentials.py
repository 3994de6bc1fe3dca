"""Detection of hard-coded credentials, by a provider's key format, or by a name of a credential with a random value.

Bytes are searched instead of syntax: a key in a dict, a header, a comment, a notebook or the text of a config file is
leaked just like one in `api_key = "..."`. The formats are those that providers document or issue. Placeholders in
documentation, tests and templates are recognised by words, repetitions and low entropy. No value is stored, only its
masked form.

Every pattern is a fixed beginning with bounded repetitions of a character class, so none can backtrack for long.
"""

import base64
import binascii
import json
import math
import re
from bisect import bisect_right
from collections import Counter
from itertools import islice, pairwise
from typing import NamedTuple

from agentsentinel_cli.scan.catalog.credential_shapes import ANCHORS, OURS, SHAPES
from agentsentinel_cli.scan.content.credential_prefilter import PASSWORDS, stated_at
from agentsentinel_cli.scan.model import Place, SecretFact
from agentsentinel_core import key_format
from agentsentinel_core.lazy_regex import lazy_compile

SHOWN = 8
"""Most characters of a value that a report may show."""
MOST_FACTS = 100
"""Most facts of one key format in one file; a file with more is a list of keys, and a hundred are enough to show it."""
GENERIC = "generic"

_URL_PASSWORD = lazy_compile(rb"://[^\s:/@\"'`{}<>$]{0,64}:(?P<value>[^\s:/@\"'`{}<>$]{6,128})@[^\s/\"'`]{1,255}")
_DATABASE = lazy_compile(rb"(?i)(?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?|mssql)(?:\+[a-z0-9]{2,16})?\Z")

_ASSIGNED = lazy_compile(
    rb"[=:,(|]\s{0,8}[fbru]{0,2}\\?[\"'`](?:Bearer |Token |Basic )?(?P<value>[A-Za-z0-9+/_.~=-]{20,200})\\?[\"'`]"
)
"""Assigned quoted value without spaces; its name is checked only when the value looks random."""
_NAME = lazy_compile(
    rb"(?i)(?P<name>[\w.-]{0,40}(?:api[_-]?key|secret|token|passw(?:or)?d|passphrase|credential|private[_-]?key"
    rb"|auth[_-]?key|access[_-]?key|authorization|bearer|client[_-]?key)[\w.-]{0,40})"
    rb"\\?[\"'`]?\]?(?P<annotation>[ \t]{0,4}:[ \t]{0,4}[\w\[\]. |]{1,40})?\s{0,8}\|?\Z"
)
"""Text before a value: a variable, key, keyword, header or default whose name indicates a credential."""
_NAME_BYTES = 160
_HARMLESS_NAME = lazy_compile(
    rb"(?i)public|publishable|anon|tokens|site[_-]?key|measurement|analytics|posthog|tokeniz|token_?type|next_?page|page_?token"
    rb"|cursor|csrf_?field|secret_?(?:name|arn|id|path)|key_?(?:id|name|vault)|token_?(?:url|uri|endpoint|count|limit)"
    rb"|address|mint|reference|hash|digest|checksum|sha|fingerprint|etag|nonce|salt_?name|_id\Z|url\Z|uri\Z|path\Z|file\Z|env\Z"
)
_FIREBASE = lazy_compile(rb"authDomain|messagingSenderId")
"""Words of a Firebase configuration for browsers, where Google's key identifies the project and grants no access."""
_FIREBASE_BYTES = 400
_SEARCH_BOX = lazy_compile(rb"indexName|appId")
"""Words of Algolia's configuration of a page's search box, whose key only searches public data."""
_CHAIN_ADDRESS = lazy_compile(rb"(?:0x[0-9a-fA-F]{40}|[1-9A-HJ-NP-Za-km-z]{43,44})\Z")
_OPENS = lazy_compile(rb"(?i)private|secret|api|auth|access|bearer|passw|credential")
"""Words in a name with which even a value that looks like a blockchain address is a credential."""
_PUBLIC = (b"phc_", b"pk_live_", b"pk_test_")
"""Prefixes of keys that are meant to be public: analytics, and payment forms."""

_PLACEHOLDER = lazy_compile(
    rb"(?i)dummy|example|placeholder|your|sample|fake|mock|redacted|changeme|change-me|change_me|replace|insert|invalid"
    rb"|secret|password|passwd|foobar|test|demo|todo|xxxx|\.\.\.|\*\*\*|abcdef|123456|qwerty|deadbeef|(.)\1{5}|goes-here|documentation"
)
_WORDS = lazy_compile(rb"[A-Za-z]+(?:[-_.][A-Za-z]+)*\Z")
_UUID = lazy_compile(rb"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_WEAK_PASSWORDS = frozenset(
    {b"postgres", b"mysql", b"mongo", b"redis", b"root", b"admin", b"guest", b"default", b"rabbitmq", b"localhost"}
)
_LOCAL_HOSTS = (b"@localhost", b"@127.0.0.1", b"@host.docker.internal", b"@db:", b"@db/", b"@postgres:", b"@redis:")
_MIN_BITS = 3.2
"""Least Shannon entropy in bits per character; twenty random base62 characters have about 4.1, words about 3."""
_MIN_HEX_BITS = 3.0
_MIN_CHANGES = 0.3
"""Least share of adjacent characters that differ in kind (lower, upper, digit, other): random base62 has 0.6, words and
names 0.2."""
_LONGEST_NUMBER = 6
_WORD_SHARE = 0.4
"""Least share of words in a label's letters and digits; keys in groups of four have a tenth by chance."""
_CAMEL_CASE = lazy_compile(rb"(?:[A-Z]?[a-z]{2,}|[A-Z]{2,5}(?![a-z])|(?:(?<=[a-z])|V)[0-9]{1,2}(?![0-9])){3,}\Z")
"""Name of an operation, class or variable: `GetResourceOauth2Token`. Random text has shorter runs of letters."""
_MIN_LOWER = 0.6
"""Least share of small letters in a name in camel case; random base62 has 0.42."""
_TEXT_LINE = lazy_compile(
    rb"(?im)(?:^|[\"'`]|\\n)(?P<name>[ \t>*#-]{0,24}(?:[\w-]{1,24} ){0,3}[\w-]{0,24}"
    rb"(?:passw(?:or)?d|passphrase|secret|token|api[ _-]?key|access[ _-]?key|secret[ _-]?key))[ \t]{0,4}[:=][ \t]{0,4}"
    rb"(?P<value>[^\s\"'`(){}\[\]<>$,;\\]{8,120})[ \t]{0,8}(?=[\"'`]|\\n|\r?$)"
)
"""Line of a text that states a credential without quotes: `Admin Password: ...`."""
_BLOCK_QUOTE = lazy_compile(rb"\"\"\"|'''|`")
_ATTRIBUTE = lazy_compile(rb"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z")
_LEAST_KINDS = 3
"""Kinds of characters (small, capital, digit, other) of a password that is not read as a word; one is a digit."""
_REFERENCE = lazy_compile(rb"(?i)(?:env|vault|secret|secrets|ssm|op|arn|kms|file)[:/.]|[%#@&$]|\(|\[|!!|https?:")
"""Beginning of a value that says where the password is, and of a template's, colour's or expression's."""
_LONGEST_NAME = 40
_WORD_BYTES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
_SHORTEST_TOKEN = 16
_LINE_BYTES = 120
_HEX = lazy_compile(rb"(?:[0-9a-f]{32,}|[0-9A-F]{32,})\Z")


def find_secrets(path: str, data: bytes) -> tuple[SecretFact, ...]:
    """Find the credentials in a file, in document order, each with its value masked. Accepts any bytes."""
    lines = _Lines(data)
    return tuple(
        SecretFact(found.provider, _masked(found.provider, found.value), lines.place(found.start), found.is_certain)
        for found in _credentials(data)
    )


def secret_spans(data: bytes) -> list[tuple[int, int, str]]:
    """Return where the credentials of a file are: first byte, byte after the last, and what to show in their place."""
    return [
        (
            found.start,
            found.start + len(found.value),
            "…" if found.provider == "private key" else _masked(found.provider, found.value),
        )
        for found in _credentials(data)
    ]


def _credentials(data: bytes) -> "list[_Found]":
    """Return the credentials in document order; none overlap."""
    spans: list[tuple[int, int]] = []
    credentials: list[_Found] = []
    for found in (*_by_shape(data), *_by_url(data), *_by_name(data), *_by_password(data), *_by_line(data)):
        end = found.start + len(found.value)
        if any(found.start < other_end and other_start < end for other_start, other_end in spans):
            continue  # the first format that matches some text decides about it, also when it is harmless
        spans.append((found.start, end))
        if not found.is_harmless:
            credentials.append(found)
    return sorted(credentials, key=lambda found: found.start)


class _Found(NamedTuple):
    provider: str
    start: int
    value: bytes
    is_harmless: bool

    @property
    def is_certain(self) -> bool:
        """Whether the value has a provider's key format."""
        return self.provider != GENERIC


def _by_shape(data: bytes) -> list[_Found]:
    present = {anchor for anchor in ANCHORS if anchor in data}
    return [
        _Found(
            shape.provider, match.start(group), match[group], _is_harmless(shape.provider, match, match[group], data)
        )
        for shape in SHAPES
        if shape.anchor in present
        for group in ["value" if "value" in shape.pattern.groupindex else 0]
        for match in islice(shape.pattern.finditer(data), MOST_FACTS)
    ]


def _is_harmless(provider: str, match: re.Match[bytes], value: bytes, data: bytes) -> bool:
    if provider == OURS and not key_format.is_legacy(value):
        return not key_format.is_key(value)  # the checksum is better evidence than any word in the value
    if provider == "private key":
        return _is_placeholder(value.translate(None, b"\\n \r\n\t\"'+"))
    if provider == "jwt":
        return _is_public_token(value)
    if provider == "google" and value.startswith(b"AIza"):
        around = data[max(0, match.start() - _FIREBASE_BYTES) : match.end() + _FIREBASE_BYTES]
        if _FIREBASE.search(around):
            return True
    return _is_placeholder(value)


def _by_url(data: bytes) -> list[_Found]:
    if b"://" not in data:
        return []
    urls = (
        match
        for match in _URL_PASSWORD.finditer(data)
        if _DATABASE.search(data[max(0, match.start() - 32) : match.start()])
        and not _is_local(match[0], match["value"])
    )
    return [_Found("database", match.start("value"), match["value"], False) for match in islice(urls, MOST_FACTS)]


def _is_local(url: bytes, password: bytes) -> bool:
    """Tell whether a password is a well-known default, a placeholder, or of a service on the developer's machine."""
    return (
        password.lower() in _WEAK_PASSWORDS
        or _PLACEHOLDER.search(password) is not None
        or password.startswith((b"%", b"$", b"{", b"["))
        or any(host in url for host in _LOCAL_HOSTS)
        or password in url.partition(b"://")[2].partition(b":")[0]
    )


def _is_public_token(token: bytes) -> bool:
    """Tell whether a JSON Web Token is meant for browsers, or is the example of a documentation."""
    payload = token.split(b".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return False
    if not isinstance(claims, dict):
        return False
    return claims.get("role") == "anon" or str(claims.get("sub")) == "1234567890" or "example" in str(claims.get("iss"))


def _is_placeholder(value: bytes) -> bool:
    return (
        _PLACEHOLDER.search(value) is not None
        or (_WORDS.match(value) is not None and _changes(value) < _MIN_CHANGES)
        or _bits(value) < _MIN_HEX_BITS
    )


def _by_name(data: bytes) -> list[_Found]:
    random_values = (match for match in _ASSIGNED.finditer(data) if _looks_random(match["value"]))
    named = (match for match in random_values if _is_named(data, match) and not _is_placeholder(match["value"]))
    return [_Found(GENERIC, match.start("value"), match["value"], False) for match in islice(named, MOST_FACTS)]


def _by_password(data: bytes) -> list[_Found]:
    """Find passwords that people make: `DB_PASSWORD = "..."`, of three kinds of characters at least."""
    quoted = (match for pattern in PASSWORDS for match in islice(pattern.finditer(data), MOST_FACTS))
    return [
        _Found(GENERIC, match.start("value"), match["value"], False)
        for match in quoted
        if _is_password(match["value"]) and _HARMLESS_NAME.search(_word_before(data, match.start())) is None
    ]


def _is_password(value: bytes) -> bool:
    return (
        len(set(value.translate(_KINDS))) >= _LEAST_KINDS
        and value.isascii()
        and any(byte in b"0123456789" for byte in value)
        and not _is_placeholder(value)
        and not _is_label(value)
        and _ATTRIBUTE.match(value) is None
        and _REFERENCE.match(value) is None
        and not (b"/" in value and _is_path(value))
    )


def _word_before(data: bytes, at: int) -> bytes:
    before = data[max(0, at - _LONGEST_NAME) : at]
    return before[len(before.rstrip(_WORD_BYTES)) :]


def _by_line(data: bytes) -> list[_Found]:
    """Find credentials in the lines of texts: `Password: ...` in a triple-quoted string, or in a quoted one."""
    places = sorted({_line_around(data, at) for at in stated_at(data)})
    if not places:
        return []
    blocks = _blocks(data)
    stated = (
        match
        for start, end in places
        for match in _TEXT_LINE.finditer(data, start, end)
        if _is_in_text(data, match, blocks) and _is_stated_secret(match["name"].lower(), match["value"])
    )
    return [_Found(GENERIC, match.start("value"), match["value"], False) for match in islice(stated, MOST_FACTS)]


def _line_around(data: bytes, at: int) -> tuple[int, int]:
    """Return the offsets of the line around an offset, or of its part near it when it is long."""
    start = data.rfind(b"\n", max(0, at - _LINE_BYTES), at) + 1 or max(0, at - _LINE_BYTES)
    end = data.find(b"\n", at, at + 2 * _LINE_BYTES)
    return start, end if end >= 0 else min(len(data), at + 2 * _LINE_BYTES)


def _blocks(data: bytes) -> list[tuple[int, int]]:
    """Return the spans between triple quotes or backticks; a quote of another kind within them ends nothing."""
    spans: list[tuple[int, int]] = []
    quote, start = b"", 0
    for match in _BLOCK_QUOTE.finditer(data):
        if not quote:
            quote, start = match[0], match.end()
        elif match[0] == quote:
            spans.append((start, match.start()))
            quote = b""
    return spans


def _is_in_text(data: bytes, match: re.Match[bytes], blocks: list[tuple[int, int]]) -> bool:
    at = bisect_right(blocks, (match.start("name"), len(data))) - 1
    if at >= 0 and match.end("value") <= blocks[at][1]:
        return True
    return match[0][:1] in b"\"'`\\" and data[match.end() : match.end() + 1] in (b'"', b"'", b"`", b"\\")


def _is_stated_secret(name: bytes, value: bytes) -> bool:
    has_both = any(48 <= byte <= 57 for byte in value) and any(chr(byte).isalpha() for byte in value)
    if not has_both or _is_placeholder(value) or _HARMLESS_NAME.search(name) is not None or _is_label(value):
        return False
    if b"pass" in name:
        return _ATTRIBUTE.match(value) is None and not (b"/" in value and _is_path(value))
    return len(value) >= _SHORTEST_TOKEN and _looks_random(value)


def _is_named(data: bytes, match: re.Match[bytes]) -> bool:
    named = _NAME.search(data[max(0, match.start() - _NAME_BYTES) : match.start()])
    if named is not None and named["annotation"] and not match[0].startswith(b"="):
        return False  # `if api_key: lines.append("...")` has a condition and no annotation
    if named is None or _HARMLESS_NAME.search(named["name"]) is not None or match["value"].startswith(_PUBLIC):
        return False
    if _CHAIN_ADDRESS.match(match["value"]) and not _OPENS.search(named["name"]):
        return False  # `token: "EPj..."` is the address of a cryptocurrency token
    around = data[max(0, match.start() - _NAME_BYTES) : match.end() + _NAME_BYTES]
    return b"admin" in named["name"].lower() or len(set(_SEARCH_BOX.findall(around))) < 2


def _looks_random(value: bytes) -> bool:
    if _UUID.match(value) or _is_camel_case(value):
        return False
    if _HEX.match(value):
        return _bits(value) >= _MIN_HEX_BITS
    if (b"/" in value and _is_path(value)) or _is_label(value):
        return False
    return (
        _bits(value) >= _MIN_BITS and any(byte in b"0123456789" for byte in value) and _changes(value) >= _MIN_CHANGES
    )


def _is_camel_case(value: bytes) -> bool:
    small = sum(97 <= byte <= 122 for byte in value)
    return small >= _MIN_LOWER * len(value) and _CAMEL_CASE.match(value) is not None


def _is_path(value: bytes) -> bool:
    """Tell whether a value is a path of words, such as `team/service/api-token-v2`."""
    parts = [part for part in re.split(rb"[/.]", value) if part]
    return sum(_changes(part) < _MIN_CHANGES for part in parts) * 2 >= len(parts)


def _is_label(value: bytes) -> bool:
    """Tell whether a value is a label of words with only short parts with digits, such as `llama-3.3-70b-versatile`."""
    parts = [part for part in re.split(rb"[-_./]", value) if part]
    words = [part for part in parts if part.isalpha()]
    is_short = all(len(part) <= _LONGEST_NUMBER for part in parts if not part.isalpha())
    return is_short and sum(map(len, words)) >= _WORD_SHARE * sum(map(len, parts))


def _bits(value: bytes) -> float:
    """Return the Shannon entropy in bits per character (Shannon 1948)."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values()) if size else 0.0


_KINDS = bytes(
    0 if 97 <= byte <= 122 else 1 if 65 <= byte <= 90 else 2 if 48 <= byte <= 57 else 3 for byte in range(256)
)


def _changes(value: bytes) -> float:
    kinds = value.translate(_KINDS)
    return sum(a != b for a, b in pairwise(kinds)) / max(1, len(kinds) - 1)


def _masked(provider: str, value: bytes) -> str:
    if provider == "private key":
        return "-----BEGIN PRIVATE KEY…"
    if provider in {GENERIC, "database"}:
        # No part of such a value is public, and eight characters could be half of it.
        return value[: min(SHOWN, len(value) // 4)].decode("ascii", "replace") + "…"
    return value[:SHOWN].decode("ascii", "replace") + "…"


class _Lines:
    """Converter of byte offsets to places; the table of lines is built on first use."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._starts: list[int] | None = None

    def place(self, offset: int) -> Place:
        if self._starts is None:
            self._starts = [0, *(match.end() for match in re.finditer(rb"\r\n|\n|\r", self._data))]
        line = bisect_right(self._starts, offset)
        before = self._data[self._starts[line - 1] : offset]
        return Place(line, len(before.decode("utf-8", "replace")) + 1)
