"""Handling of source files in UTF-16 or UTF-32; PowerShell's `>`, for example, writes UTF-16."""

from agentsentinel_cli.scan.suffixes import PYTHON

_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
"""Byte order mark -> encoding. UTF-32 first: its little-endian mark begins with that of UTF-16."""
_LOOKED_AT = 64


def in_utf8(path: str, data: bytes) -> bytes:
    """Return the source in UTF-8. Raises ValueError with the reason for an encoding its language does not support.

    TypeScript's compiler reads UTF-16 with a byte order mark; Python reads neither UTF-16 nor UTF-32.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None) or _without_mark(data)
    if encoding is None:
        return data
    if encoding != "UTF-16" or path.endswith(PYTHON):
        language = "Python" if path.endswith(PYTHON) else "the compiler"
        raise ValueError(f"in {encoding}, which {language} does not read; save it as UTF-8")
    try:
        return data.decode("utf-16").encode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise ValueError("damaged UTF-16") from None


def _without_mark(data: bytes) -> str | None:
    """Detect UTF-16 without a byte order mark: in ASCII text, every other byte is zero."""
    start = data[:_LOOKED_AT]
    even, odd = start[::2], start[1::2]
    if len(start) >= 4 and any(not any(zeros) and all(chars) for zeros, chars in ((even, odd), (odd, even))):
        return "UTF-16 without a byte order mark"
    return None
