"""Regular expressions that are compiled on first use.

Compiling all expressions that a scan may need takes as long as reading ten files; most runs use few of them.
"""

import re
from typing import AnyStr, cast


def lazy_compile(pattern: AnyStr, flags: "int | re.RegexFlag" = 0) -> "re.Pattern[AnyStr]":
    """Return a pattern like `re.compile`, but compile it on first use.

    An invalid pattern fails only when it is used, so every pattern must be used by a test.
    """
    return cast("re.Pattern[AnyStr]", _Late(pattern, flags))


class _Late:
    """Proxy of a pattern; it stores every accessed method on itself, so later accesses find it directly."""

    def __init__(self, pattern: str | bytes, flags: "int | re.RegexFlag") -> None:
        self._given = pattern, flags

    def __getattr__(self, name: str) -> object:
        found: object = getattr(re.compile(*self._given), name)  # type: ignore[type-var]
        setattr(self, name, found)
        return found
