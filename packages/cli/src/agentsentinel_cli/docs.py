"""Links to the documentation of the rules: web pages when an address is configured, else a terminal command."""

import os

VARIABLE = "SENTINEL_DOCS_URL"
"""Environment variable with the http(s) address of a published copy of this project's `docs` folder."""


def pages() -> str | None:
    """Return the base address of the documentation pages, or None when SENTINEL_DOCS_URL is not an http(s) address.

    There is no default because no public copy of the pages exists.
    """
    address = os.environ.get(VARIABLE, "").rstrip("/")
    return address if address.startswith(("http://", "https://")) else None


def page_of(slug: str) -> str | None:
    """Return the address of a rule's documentation page, or None when no documentation address is configured."""
    base = pages()
    return f"{base}/rules/{slug}.md" if base is not None else None


def reference_of(rule_id: str, slug: str) -> str:
    """Return where to read about a rule: the address of its page, or else the `sentinel explain` command for it."""
    return page_of(slug) or f"sentinel explain {rule_id}"
