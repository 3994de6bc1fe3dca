"""The scan from end to end: files, facts, agents, findings."""

import os
from collections.abc import Callable, Sequence
from datetime import datetime

from agentsentinel_cli.scan.cache import Cache, cache_folder
from agentsentinel_cli.scan.files import IGNORE_FILE, Selection, find_files
from agentsentinel_cli.scan.link import link
from agentsentinel_cli.scan.reader import Reader, usable_cores
from agentsentinel_cli.scan.results import ScanResult
from agentsentinel_core.records import dataclass

CACHE_FROM_FILES = 8
"""Reading a few files takes less than opening the cache."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to scan, and how."""

    targets: tuple[str, ...]
    selection: Selection
    use_cache: bool = True
    jobs: int = 0
    """Processes for big trees; 0 means as many as there are cores."""
    ignore_file: str | None = None
    is_strict: bool = False
    """Whether what the scanned source brings along suppresses nothing: only the files named here do."""
    baseline: str | None = None


def scan(request: Request, now: datetime, tell: Callable[[int, int], None] = lambda done, count: None) -> ScanResult:
    """Read, link and judge. Raises FileNotFoundError for a target that is not there, SuppressionError, OSError."""
    walk = find_files(request.targets, request.selection)
    is_worth_it = request.use_cache and len(walk.files) >= CACHE_FROM_FILES
    cache = Cache(cache_folder() if is_worth_it else None, _work(request.targets))
    reader = Reader(walk.files, cache, request.jobs or usable_cores(), tell)
    facts = reader.read_all()
    agents = link(facts, (file.path for file in walk.files), reader.ask) if facts else []
    cache.save()
    result = ScanResult(
        targets=request.targets,
        agents=agents,
        skipped=sorted([*walk.skipped, *reader.skipped], key=lambda entry: (entry.path, entry.reason)),
        left_out=dict(sorted(walk.left_out.items())),
        files_read=reader.read_count,
    )
    _judge_all(result, request, now, {path: found.ignores for path, found in facts.items() if found.ignores})
    return result


def _judge_all(
    result: ScanResult,
    request: Request,
    now: datetime,
    ignores: dict[str, tuple[tuple[int, tuple[str, ...], str], ...]],
) -> None:
    # A run that found nothing needs no rules, and loading them costs more than reading a small file.
    if result.agents:
        from agentsentinel_cli.scan.judge import judge  # noqa: PLC0415

        for agent in result.agents:
            agent.tools.sort(key=lambda tool: (tool.tool_class.scope.rank, tool.shown, tool.path, tool.place.line))
            judge(agent, now)
    if request.is_strict:
        ignores = {}
    ignore_file = request.ignore_file or (None if request.is_strict else _default_ignore_file(request.targets))
    if not (ignores or ignore_file or request.baseline):
        return
    from agentsentinel_cli.scan import suppressions  # noqa: PLC0415
    from agentsentinel_core.posture.registry import CATALOGUE  # noqa: PLC0415

    entries = suppressions.read_ignore_file(ignore_file, (rule.id for rule in CATALOGUE)) if ignore_file else []
    baseline = suppressions.read_baseline(request.baseline) if request.baseline else {}
    result.warnings += suppressions.suppress(result.agents, ignores, entries, baseline, now.date())


def _default_ignore_file(targets: Sequence[str]) -> str | None:
    for folder in (".", *(target for target in targets if os.path.isdir(target))):
        path = os.path.join(folder, IGNORE_FILE)
        if os.path.isfile(path):
            return os.path.normpath(path)
    return None


def _work(targets: Sequence[str]) -> str:
    return "\0".join(sorted({os.path.abspath(target) for target in targets}))
