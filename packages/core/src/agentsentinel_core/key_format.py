"""Format of the platform's API keys, shared by the server, which creates and checks them, and the scanner.

A key consists of the prefix of its scope, 43 random base62 characters (256 bits), and 6 base62 characters with the
CRC-32 of the rest. The checksum detects a typo without a database query, and keeps the scanner from reporting text that
only resembles a key. It is not secret and proves nothing: anyone who can invent a key can compute its checksum.

Keys of the first release, with 64 hex digits after the prefix and no checksum, stay valid. A current key that is
truncated, extended or changed in one character never matches that older format.
"""

import re
import string
import zlib

PREFIXES = ("as_adm_", "as_agt_", "as_ro_")
"""Key prefixes of the scopes admin, agent and readonly."""
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_CHARACTERS = 43
"""Random characters of a key: 62 to the power of 43 is a little more than 2 to the power of 256."""
CHECKSUM_CHARACTERS = 6
"""Characters of the checksum: 62 to the power of 6 is more than 2 to the power of 32."""
MAX_LENGTH = len("as_adm_") + 64
BODY = rb"(?:[0-9A-Za-z]{49}|[0-9a-f]{64})"
"""Regular expression for the part after the prefix; it does not verify the checksum, which `is_key` does."""

_KEY = re.compile(rb"(?:%b)" % "|".join(PREFIXES).encode() + BODY)
_LEGACY_LENGTHS = frozenset(len(prefix) + 64 for prefix in PREFIXES)


def complete(text: str) -> str:
    """Return a key: its prefix and random characters with the checksum appended."""
    number = zlib.crc32(text.encode())
    digits = ""
    for _ in range(CHECKSUM_CHARACTERS):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return text + digits


def is_key(text: bytes) -> bool:
    """Tell whether a text has the format of a key, including a correct checksum unless it has the older format."""
    if _KEY.fullmatch(text) is None:
        return False
    return is_legacy(text) or complete(text[:-CHECKSUM_CHARACTERS].decode()).encode() == text


def is_legacy(text: bytes) -> bool:
    """Tell whether a text that has the format of a key is one of the first release, without a checksum."""
    return len(text) in _LEGACY_LENGTHS
