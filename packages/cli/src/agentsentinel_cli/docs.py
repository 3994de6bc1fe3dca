"""Where the pages of the rules are: in the terminal, and on the web where an address is set."""

import os

VARIABLE = "SENTINEL_DOCS_URL"
"""The http(s) address of a copy of this project's folder `docs`, such as a fork's."""


def pages() -> str | None:
    """The address that pages are linked below; None without a setting, since no public copy holds them."""
    address = os.environ.get(VARIABLE, "").rstrip("/")
    return address if address.startswith(("http://", "https://")) else None


def page_of(slug: str) -> str | None:
    """The address of a rule's page, where one is set."""
    base = pages()
    return f"{base}/rules/{slug}.md" if base is not None else None


def reference_of(rule_id: str, slug: str) -> str:
    """Where to read about a rule: its page, else the command that shows it."""
    return page_of(slug) or f"sentinel explain {rule_id}"
