"""The scan pipeline: selects files, extracts facts, links agents, evaluates rules, applies suppressions."""

import os
from collections.abc import Callable, Sequence
from datetime import datetime

from agentsentinel_cli.scan.cache import CachedFacts, cache_folder
from agentsentinel_cli.scan.file_selection import STDIN, Selection, default_ignore_files, find_files, folder_of
from agentsentinel_cli.scan.filters import Filters, narrow
from agentsentinel_cli.scan.linker import link
from agentsentinel_cli.scan.reader import Reader, usable_cores
from agentsentinel_cli.scan.report_model import ScannedAgent, ScanResult
from agentsentinel_core.light_dataclasses import dataclass

CACHE_FROM_FILES = 8
"""Least number of files for which the cache is used; reading fewer takes less time than opening the cache."""


@dataclass(frozen=True, slots=True)
class Request:
    """Parameters of a scan."""

    targets: tuple[str, ...]
    selection: Selection
    use_cache: bool = True
    jobs: int = 0
    """Most worker processes for large trees; 0 means the number of cores."""
    ignore_file: str | None = None
    is_strict: bool = False
    """Whether comments and ignore files of the scanned source are disregarded (`--no-suppressions`).

    Only `ignore_file` and `baseline` suppress findings then.
    """
    baseline: str | None = None
    new_baseline: str | None = None
    """File that the findings of this run will be written to."""
    filters: Filters = Filters()
    """What the report is limited to."""

    @property
    def files(self) -> tuple[str | None, ...]:
        """Files whose folders are candidates for the root (see `root_of`)."""
        return (self.baseline, self.new_baseline, self.ignore_file)


def scan(request: Request, now: datetime, tell: Callable[[int, int], None] = lambda done, count: None) -> ScanResult:
    """Run a scan: read, link and judge. `tell(done, all)` is called as files are read.

    Raises FileNotFoundError for a target that does not exist, RequestError, and OSError.
    """
    walk = find_files(request.targets, request.selection, request.files)
    is_worth_it = request.use_cache and len(walk.files) >= CACHE_FROM_FILES
    cache = CachedFacts(cache_folder() if is_worth_it else None, _work(request.targets))
    reader = Reader(walk.files, cache, request.jobs or usable_cores(), tell)
    facts = reader.read_all()
    agents = link(facts, (file.path for file in walk.files), reader.ask) if facts else []
    cache.save()
    _take_as_agents(agents, {file.path for file in walk.files if file.location in request.targets})
    result = ScanResult(
        targets=request.targets,
        agents=agents,
        skipped=sorted([*walk.skipped, *reader.skipped], key=lambda entry: (entry.path, entry.reason)),
        left_out=dict(sorted(walk.left_out.items())),
        files_read=reader.read_count,
        root="" if STDIN in request.targets else walk.root,
        is_one_file=[file.location for file in walk.files] == list(request.targets),
    )
    _judge_all(result, request, walk.root, now, {path: found.ignores for path, found in facts.items() if found.ignores})
    narrow(result, request.filters, reader.bytes_of)
    if any(agent.findings for agent in result.agents):
        from agentsentinel_cli.scan.excerpts import add_excerpts

        add_excerpts(result, reader.bytes_of)
    return result


def _take_as_agents(agents: list[ScannedAgent], named: set[str]) -> None:
    """Make the tools of a file that is named outright, and describes what they are for, count as an agent."""
    for group in agents:
        if group.place is None and group.path in named and group.description:
            group.is_agent = True


def _judge_all(
    result: ScanResult,
    request: Request,
    root: str,
    now: datetime,
    ignores: dict[str, tuple[tuple[int, tuple[str, ...], str], ...]],
) -> None:
    # Without agents no rules are needed, and loading them takes longer than reading a small file.
    if result.agents:
        from agentsentinel_cli.scan.judge import judge

        for agent in result.agents:
            agent.tools.sort(key=lambda tool: (tool.tool_class.scope.rank, tool.shown, tool.path, tool.place.line))
            judge(agent, now)
    if request.is_strict:
        ignores = {}
    ignore_files = [request.ignore_file] if request.ignore_file else []
    if not (ignore_files or request.is_strict):
        ignore_files = default_ignore_files(request.targets, root)
    if not (ignores or ignore_files or request.baseline):
        return
    from agentsentinel_cli.scan import suppressions
    from agentsentinel_core.posture.registry import CATALOGUE

    rules = [rule.id for rule in CATALOGUE]
    entries = [
        entry
        for file in ignore_files
        for entry in suppressions.read_ignore_file(file, rules, "" if request.ignore_file else folder_of(file, root))
    ]
    baseline = suppressions.read_baseline(request.baseline) if request.baseline else {}
    result.warnings += suppressions.suppress(result.agents, ignores, entries, baseline, now.date())


def _work(targets: Sequence[str]) -> str:
    return "\0".join(sorted({os.path.abspath(target) for target in targets}))
