"""Logs: one line for each event, which no value can break or steer."""

import json
import subprocess
import sys

SCRIPT = """
import logging, structlog
from agentsentinel.log_config import configure
configure({level!r})
structlog.get_logger("x").info("refused", name="a\\n\\x1b[31mb")
logging.getLogger("library").warning("of %s", "elsewhere")
logging.getLogger("httpx2").info("GET https://hooks.example.com/secret")
"""


def logged(level: str) -> list[dict[str, object]]:
    script = SCRIPT.format(level=level)
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == ""
    return [json.loads(line) for line in run.stderr.splitlines()]


def test_each_event_is_one_line_of_json_whatever_it_holds() -> None:
    own, library = logged("INFO")
    assert (own["event"], own["name"], own["level"]) == ("refused", "a\n\x1b[31mb", "info")
    assert (library["event"], library["level"]) == ("of elsewhere", "warning")


def test_the_level_holds_for_all() -> None:
    assert [line["event"] for line in logged("WARNING")] == ["of elsewhere"]
    assert logged("ERROR") == []
