"""Detection of test files by their content: if the name alone decided, renaming a file would hide it from the scan."""

import os
import re

from agentsentinel_core.lazy_regex import lazy_compile

MOST_BYTES = 256 * 1024
"""Most bytes of a file that are searched; imports and the first test are at its beginning."""
MOST_FILES = 500
"""Most files of a folder that are searched before it counts as a folder without tests."""

_PYTHON = lazy_compile(
    rb"^[ \t]*(?:(?:import|from)[ \t]+(?:pytest|unittest|nose2?|hypothesis|doctest|behave|testtools|django\.test"
    rb"|twisted\.trial|absl\.testing|_pytest)\b|(?:async[ \t]+)?def[ \t]+test_?\w*[ \t]*\(|class[ \t]+Test\w*\b)",
    re.MULTILINE,
)
_JAVASCRIPT = lazy_compile(
    rb"(?:from|require\(|import)[ \t]*[\"'](?:vitest|jest|@jest/|mocha|chai|ava|tape|tap|node:test|bun:test|uvu|qunit"
    rb"|tsd|jasmine|cypress|supertest|expect-type|@playwright/test|@testing-library/|@storybook/|@std/testing|@ava/)"
    rb"|^[ \t]*(?:describe|it|test|suite)(?:\.\w+)*[ \t]*\([ \t]*[\"'`]|^[ \t]*(?:jest|vi)\.\w+\(|\bDeno\.test\(",
    re.MULTILINE,
)


def holds_test(path: str) -> bool:
    """Tell whether a file imports a test framework or defines a test; False when it cannot be read."""
    pattern = _PYTHON if path.endswith((".py", ".pyi", ".pyw")) else _JAVASCRIPT
    try:
        if not os.path.isfile(path) or os.path.islink(path):
            return False
        with open(path, "rb") as stream:
            return pattern.search(stream.read(MOST_BYTES)) is not None
    except OSError:
        return False


def folder_holds_test(folder: str, suffixes: tuple[str, ...]) -> bool:
    """Tell whether any source file below a folder holds a test; then its other files are test helpers."""
    looked_at = 0
    for place, folders, names in os.walk(folder):
        folders.sort()
        # Files with "test" in their name first, because the first test found ends the search.
        for name in sorted(names, key=lambda name: ("test" not in name.lower(), name)):
            if name.endswith(suffixes):
                looked_at += 1
                if holds_test(os.path.join(place, name)):
                    return True
                if looked_at >= MOST_FILES:
                    return False
    return False
