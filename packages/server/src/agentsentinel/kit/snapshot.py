"""Snapshots of PostgreSQL: which transactions a statement has seen."""

from typing import NamedTuple, Self


class Snapshot(NamedTuple):
    """The transactions that were committed when a statement began (`pg_snapshot`)."""

    end: int
    """First transaction id that had not been given out yet."""
    running: frozenset[int]
    """Transactions below `end` that had not ended."""

    @classmethod
    def of(cls, text: str) -> Self:
        """Read PostgreSQL's text form, `xmin:xmax:xip,...`."""
        _, end, running = text.split(":")
        return cls(int(end), frozenset(int(each) for each in running.split(",") if each))

    def sees(self, transaction: int) -> bool:
        """Whether the effects of a committed transaction were visible."""
        return transaction < self.end and transaction not in self.running
