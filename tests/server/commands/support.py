"""What the commands answer."""

import subprocess

from server.support import SECRET

FAILED, REFUSED = 1, 2


NOBODY_LISTENS = "postgresql://user:secret-word@127.0.0.1:1/none"


TITLES = [
    "INFO  Running upgrade  -> 0001, Initial schema with TimescaleDB hypertable",
    "INFO  Running upgrade 0001 -> 0002, Add api_keys table",
    "INFO  Running upgrade 0002 -> 0003, Bind agent-scoped API keys to a specific agent_id",
    "INFO  Running upgrade 0003 -> 0004, Invalidate all API keys created before the HMAC-SHA256 hash upgrade",
    "INFO  Running upgrade 0004 -> 0005, Counter journal",
    "INFO  Running upgrade 0005 -> 0006, Sign-in sessions for the dashboard, and what was decided about findings",
    "INFO  Running upgrade 0006 -> 0007, One list of counts in each journal row",
    "INFO  Running upgrade 0007 -> 0008, Audit log, and keys that expire and are rotated",
    "INFO  Running upgrade 0008 -> 0009, One call, one event",
    "INFO  Running upgrade 0009 -> 0010, The audit log of one agent, key or session",
    "INFO  Running upgrade 0010 -> 0011, Removal in steps, sessions by an index",
    "INFO  Running upgrade 0011 -> 0012, Servers and decisions",
    "INFO  Running upgrade 0012 -> 0013, Discovered agents",
    "INFO  Running upgrade 0013 -> 0014, One delivery for each event of a finding and each destination",
    "INFO  Running upgrade 0014 -> 0015, Rollups by agent and hour",
    "INFO  Running upgrade 0015 -> 0016, Columnstore of TimescaleDB",
    "INFO  Running upgrade 0016 -> 0017, Suspended agents",
    "INFO  Running upgrade 0017 -> 0018, Pinned manifests of MCP servers",
    "INFO  Running upgrade 0018 -> 0019, Session risk",
    "INFO  Running upgrade 0019 -> 0020, Last judged event",
    "INFO  Running upgrade 0020 -> 0021, Sessions while learning",
    "INFO  Running upgrade 0021 -> 0022, Alert routes",
    "INFO  Running upgrade 0022 -> 0023, Silence",
    "INFO  Running upgrade 0023 -> 0024, Reasons of scores",
    "INFO  Running upgrade 0024 -> 0025, Charts of all agents, and the audit log of one actor",
    "INFO  Running upgrade 0025 -> 0026, Assignees and due dates of findings, and saved views",
    "INFO  Running upgrade 0026 -> 0027, Searched events, and corrected classes of tools",
]


# --- another secret

OTHER_SECRET = SECRET[::-1]


def assert_one_line(refused: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert refused.returncode == code, refused.stderr
    assert refused.stdout == ""
    assert len(refused.stderr.splitlines()) == 1, refused.stderr
    assert [word for word in words if word not in refused.stderr] == [], refused.stderr
