"""What was decided about a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Verdict:
    """What was decided about a call, as its event says it."""

    decision: Literal["allow", "deny"]
    would_block: bool = False
    """Whether it was allowed only because a rule does not enforce."""
    rule: str | None = None
    why: str = ""
    """For the person or model that made the call; empty when nothing objects."""

    @property
    def objects(self) -> bool:
        """Whether a rule denies the call, or would."""
        return self.decision == "deny" or self.would_block


ALLOWED = Verdict("allow")


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict that decides: a deny, else one that would have been, else one that names a rule."""
    for matters in (lambda v: v.decision == "deny", lambda v: v.would_block, lambda v: v.rule is not None):
        for verdict in verdicts:
            if matters(verdict):
                return verdict
    return ALLOWED
