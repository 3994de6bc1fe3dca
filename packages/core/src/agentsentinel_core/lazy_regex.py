"""Regular expressions that are compiled when they are first used.

Compiling all that a scan may need takes as long as reading ten files; most runs need few of them.
"""

import re
from typing import AnyStr, cast


def lazy_compile(pattern: AnyStr, flags: "int | re.RegexFlag" = 0) -> "re.Pattern[AnyStr]":
    """As `re.compile`, later. A wrong pattern shows when it is used, so each must be used by a test."""
    return cast("re.Pattern[AnyStr]", _Late(pattern, flags))


class _Late:
    """Becomes the pattern: every method that was asked for once is found without coming by here again."""

    def __init__(self, pattern: str | bytes, flags: "int | re.RegexFlag") -> None:
        self._given = pattern, flags

    def __getattr__(self, name: str) -> object:
        found: object = getattr(re.compile(*self._given), name)  # type: ignore[type-var]
        setattr(self, name, found)
        return found
