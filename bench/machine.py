"""Description of the machine and the software that the figures were measured on."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from agentsentinel import __version__
from bench.database import Connection
from bench.lab import Lab
from bench.single import NAME

GIB = 1024**3


def describe(lab: Lab) -> list[str]:
    """Describe the machine and the software, one line for each fact."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    return [
        f"date: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"AgentSentinel: {__version__}",
        f"processor: {_cpu_model()}, {len(os.sched_getaffinity(0))} cores",
        f"memory: {memory:.1f} GiB",
        f"load average at the start: {lab.load_average:.1f}",
        f"Python: {platform.python_version()}",
        f"PostgreSQL: {lab.product(NAME).with_database(_server_version)}",
    ]


async def _server_version(connection: Connection) -> str:
    return str(await connection.fetchval("SHOW server_version"))


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
