"""Lines of CSV files that a spreadsheet opens without running anything."""

import csv
import io
from collections.abc import Iterable
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a cell that a spreadsheet would run as a formula."""


def csv_line(values: Iterable[Any]) -> str:
    """Write one line of a CSV file, with its end of line."""
    line = io.StringIO()
    csv.writer(line).writerow([cell(value) for value in values])
    return line.getvalue()


def cell(value: Any) -> str:
    """Write a value as a cell that no spreadsheet runs as a formula; None as an empty one."""
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
