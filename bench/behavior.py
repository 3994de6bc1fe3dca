"""How well the behaviour engine finds attacks in labelled events: `python -m bench.behavior DATA`.

DATA is a folder of sets; each has `<set>.history.jsonl.gz`, `<set>.live.jsonl.gz` and `<set>.grants.jsonl.gz`, in the
format of `agentsentinel replay`. Events of the live file also have the labels `label`, `session_label` and `attack`,
which the engine does not read.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agentsentinel.commands.replay import ReplayError, read_lines, replay
from bench.detection_metrics import LabelledEvent, ScoredSession, describe, measure, sessions_of

LIVE = ".live.jsonl.gz"


class _Labels(msgspec.Struct):
    id: str | int
    agent: str
    session: str
    label: int = 0
    attack: str | None = None


def sets_of(folder: Path) -> list[str]:
    """Return the names of the sets in a folder, sorted."""
    return sorted(path.name.removesuffix(LIVE) for path in folder.glob(f"*{LIVE}"))


def labelled_events(folder: Path, name: str) -> list[LabelledEvent]:
    """Return the live events of a set, with their labels."""
    return [
        LabelledEvent(str(one.id), one.agent, one.session, one.attack, bool(one.label))
        for one in read_lines(folder / f"{name}{LIVE}", _Labels)
    ]


def score_set(folder: Path, name: str, field: str) -> dict[str, float]:
    """Replay one set and return the score of each live event."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "scores.json"
        history, live, grants = (folder / f"{name}.{part}.jsonl.gz" for part in ("history", "live", "grants"))
        replay(history, live, grants, out, field)
        scores: dict[str, float] = json.loads(out.read_text(encoding="utf-8"))
    return scores


def score_sessions(folder: Path, names: Sequence[str], field: str) -> dict[str, list[ScoredSession]]:
    """Replay each set and return its scored sessions."""
    return {name: sessions_of(labelled_events(folder, name), score_set(folder, name, field)) for name in names}


def main() -> int:
    """Print the figures of all sets pooled, then of each; return 2 when there is nothing to measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.behavior", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--field", default="session_risk", choices=("session_risk", "anomaly_score"))
    options = parser.parse_args()
    names = sets_of(options.data)
    if not names:
        print(f"bench: {options.data} has no file *{LIVE}", file=sys.stderr)
        return 2
    try:
        sessions = score_sessions(options.data, names, options.field)
    except (ReplayError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    print(describe("all sets", measure([one for name in names for one in sessions[name]])))
    for name in names:
        print(describe(name, measure(sessions[name])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
