"""Parse durations as people type them."""

import re
from datetime import timedelta

UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
MOST_DAYS = 3650


def parse_duration(text: str) -> timedelta:
    """Parse `30d`, `24h`, `90m`, `10s` or `0`. Raises ValueError for anything else, and for over ten years."""
    match = re.fullmatch(r"([0-9]{1,9})([dhms])", text.strip().lower().replace(" ", ""))
    if text.strip() == "0":
        return timedelta()
    if match is None:
        raise ValueError("say a number of days, hours, minutes or seconds, such as 30d, 24h, 90m, 10s")
    duration = timedelta(**{UNITS[match[2]]: int(match[1])})
    if duration > timedelta(days=MOST_DAYS):
        raise ValueError(f"say {MOST_DAYS}d at most")
    return duration
