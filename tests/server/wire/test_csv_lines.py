"""Lines of CSV files: cells that no spreadsheet runs."""

import csv

import pytest

from agentsentinel.wire.csv_lines import cell, csv_line


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\tx", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"
    assert cell(-1) == "-1"
    assert cell(None) == ""


def test_what_is_written_is_read_back_as_it_was() -> None:
    values = ["plain", 'with "quotes"', "a,b", "two\nlines", "7"]
    assert next(csv.reader([csv_line(values)])) == values
