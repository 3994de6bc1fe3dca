"""How an API key of the platform looks: what the server makes, what it refuses unread, and what a scan finds.

A key is the prefix of its scope, 43 random characters of base62 (256 bits), and 6 characters of base62 with the CRC-32
of all that. The checksum makes a typo known without asking anybody, and keeps a scan from taking look-alikes for keys.
It is no secret and proves nothing: whoever can make up a key can make up its checksum.

Keys of the first release, 64 hex digits after the prefix without a checksum, stay valid. Nothing that is cut off, added
to or changed in one character of a key of today looks like one of those.
"""

import re
import string
import zlib

PREFIXES = ("as_adm_", "as_agt_", "as_ro_")
"""Of the scopes admin, agent and readonly."""
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_CHARACTERS = 43
"""62 to the power of 43 is a little more than 2 to the power of 256."""
CHECKSUM_CHARACTERS = 6
"""62 to the power of 6 is more than 2 to the power of 32."""
MAX_LENGTH = len("as_adm_") + 64
BODY = rb"(?:[0-9A-Za-z]{49}|[0-9a-f]{64})"
"""A regular expression for what follows the prefix; whether the checksum is right is for `is_key` to say."""

_KEY = re.compile(rb"(?:%b)" % "|".join(PREFIXES).encode() + BODY)
_LEGACY_LENGTHS = frozenset(len(prefix) + 64 for prefix in PREFIXES)


def complete(text: str) -> str:
    """A key from its prefix and random characters: the same with its checksum."""
    number = zlib.crc32(text.encode())
    digits = ""
    for _ in range(CHECKSUM_CHARACTERS):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return text + digits


def is_key(text: bytes) -> bool:
    """Whether this may be a key: its shape is right, and so is its checksum where the shape has one."""
    if _KEY.fullmatch(text) is None:
        return False
    return is_legacy(text) or complete(text[:-CHECKSUM_CHARACTERS].decode()).encode() == text


def is_legacy(text: bytes) -> bool:
    """Whether a text of a key's shape is of the first release, without a checksum."""
    return len(text) in _LEGACY_LENGTHS
