"""Whether a source file holds tests: told by what stands in it, since a name alone would be a way to go unscanned."""

import os
import re

MOST_BYTES = 256 * 1024
"""Of a file that are looked at; imports and the first test stand at the beginning."""
MOST_FILES = 500
"""Of a folder that are looked at before it counts as one without tests."""

_PYTHON = re.compile(
    rb"^[ \t]*(?:(?:import|from)[ \t]+(?:pytest|unittest|nose2?|hypothesis|doctest|behave|testtools|django\.test"
    rb"|twisted\.trial|absl\.testing|_pytest)\b|(?:async[ \t]+)?def[ \t]+test_?\w*[ \t]*\(|class[ \t]+Test\w*\b)",
    re.MULTILINE,
)
_JAVASCRIPT = re.compile(
    rb"(?:from|require\(|import)[ \t]*[\"'](?:vitest|jest|@jest/|mocha|chai|ava|tape|tap|node:test|bun:test|uvu|qunit"
    rb"|tsd|jasmine|cypress|supertest|expect-type|@playwright/test|@testing-library/|@storybook/|@std/testing|@ava/)"
    rb"|^[ \t]*(?:describe|it|test|suite)(?:\.\w+)*[ \t]*\([ \t]*[\"'`]|^[ \t]*(?:jest|vi)\.\w+\(|\bDeno\.test\(",
    re.MULTILINE,
)


def holds_test(path: str) -> bool:
    """Whether a file imports a test framework or defines a test. One that cannot be read does not."""
    pattern = _PYTHON if path.endswith((".py", ".pyi", ".pyw")) else _JAVASCRIPT
    try:
        if not os.path.isfile(path) or os.path.islink(path):
            return False
        with open(path, "rb") as stream:
            return pattern.search(stream.read(MOST_BYTES)) is not None
    except OSError:
        return False


def folder_holds_test(folder: str, suffixes: tuple[str, ...]) -> bool:
    """Whether any source file below a folder holds a test: then what stands beside it serves the tests."""
    looked_at = 0
    for place, folders, names in os.walk(folder):
        folders.sort()
        # Likely ones first: the first test ends the search.
        for name in sorted(names, key=lambda name: ("test" not in name.lower(), name)):
            if name.endswith(suffixes):
                looked_at += 1
                if holds_test(os.path.join(place, name)):
                    return True
                if looked_at >= MOST_FILES:
                    return False
    return False
