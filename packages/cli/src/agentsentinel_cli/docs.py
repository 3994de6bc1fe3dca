"""Where the pages of the rules are."""

REPOSITORY = "https://github.com/jaydenaung/agentsentinel"
PAGES = f"{REPOSITORY}/blob/main/docs"


def page_of(slug: str) -> str:
    """The page of a rule."""
    return f"{PAGES}/rules/{slug}.md"
