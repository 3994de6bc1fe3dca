"""How much memory a process holds."""

import re
from pathlib import Path

MIB = 1024 * 1024


def resident_kib(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1])
