"""The five business tools of the demo agent, simulated: no network, no files, no mail, no real people.

Their results are small, plausible and the same every time, so that two runs of the demo can be compared.
"""

from typing import Any

from demo.sentinel_middleware import SentinelTool

Row = dict[str, Any]

_ACCOUNTS: list[Row] = [
    {"account": "Customer 0417", "segment": "enterprise", "industry": "logistics", "owner": "team-north", "health": 82},
    {"account": "Customer 0233", "segment": "enterprise", "industry": "insurance", "owner": "team-west", "health": 64},
    {"account": "Customer 0908", "segment": "enterprise", "industry": "energy", "owner": "team-north", "health": 91},
    {"account": "Customer 0151", "segment": "enterprise", "industry": "retail", "owner": "team-south", "health": 38},
    {"account": "Customer 0762", "segment": "enterprise", "industry": "telecoms", "owner": "team-west", "health": 73},
    {"account": "Customer 1320", "segment": "mid-market", "industry": "retail", "owner": "team-south", "health": 55},
]

_REVENUE: list[Row] = [
    {"account": "Customer 0908", "mrr": 48_200, "currency": "EUR", "renews_in_days": 12, "open_tickets": 1},
    {"account": "Customer 0417", "mrr": 41_750, "currency": "EUR", "renews_in_days": 6, "open_tickets": 3},
    {"account": "Customer 0762", "mrr": 33_900, "currency": "EUR", "renews_in_days": 120, "open_tickets": 0},
    {"account": "Customer 0233", "mrr": 29_400, "currency": "EUR", "renews_in_days": 45, "open_tickets": 7},
    {"account": "Customer 0151", "mrr": 27_100, "currency": "EUR", "renews_in_days": 30, "open_tickets": 14},
    {"account": "Customer 1320", "mrr": 6_300, "currency": "EUR", "renews_in_days": 200, "open_tickets": 2},
]


def _text(description: str) -> Row:
    return {"type": "string", "description": description}


def _arguments(**properties: Row) -> Row:
    """Return the JSON Schema of arguments that are all required."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


@SentinelTool(
    "Search the CRM for customer accounts: segment, industry, owner and health (0..100).",
    _arguments(query=_text("Words to look for, such as 'enterprise'; '*' for all accounts")),
)
def search_crm(query: str) -> list[Row]:
    """Return the accounts that match any word of the query, or all accounts when none matches."""
    words = query.lower().split()
    matches = [account for account in _ACCOUNTS if any(word in str(account).lower() for word in words)]
    return matches or _ACCOUNTS


@SentinelTool(
    "Read the revenue table: account, mrr, currency, renews_in_days, open_tickets.",
    _arguments(query=_text("A SELECT statement, or the question in words")),
)
def read_database(query: str) -> Row:
    """Return the whole small table: the demo has no query engine, the model picks what it needs."""
    return {"query": query, "row_count": len(_REVENUE), "rows": _REVENUE}


@SentinelTool("Fetch a web page or a JSON document.", _arguments(url=_text("An https address")))
def http_fetch(url: str) -> Row:
    """Return a canned page: nothing leaves this process."""
    page = {"list_price_per_seat": 39, "currency": "EUR", "trial_days": 14, "usd_per_eur": 1.1}
    return {"url": url, "status": 200, "content_type": "application/json", "body": page}


@SentinelTool(
    "Send an e-mail.",
    _arguments(to=_text("Address"), subject=_text("One line"), body=_text("Plain text")),
)
def send_email(to: str, subject: str, body: str) -> Row:
    """Report the e-mail as queued; nothing is sent."""
    return {"queued": True, "to": to, "subject": subject, "characters": len(body)}


@SentinelTool(
    "Write a text file to the team drive, replacing what is there.",
    _arguments(path=_text("Relative path, such as reports/pipeline.md"), content=_text("The whole text")),
)
def write_file(path: str, content: str) -> Row:
    """Return how many bytes a write would have written; no file is touched."""
    return {"path": path, "bytes_written": len(content.encode("utf-8", "replace"))}


TOOLS = [search_crm, read_database, http_fetch, send_email, write_file]
