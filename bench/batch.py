"""(b) Batches of 500 events, against COPY of the same rows into a table without indexes, in the same PostgreSQL.

Three yardsticks. asyncpg's COPY of 500 rows a transaction takes Python values, as the platform does, and is as durable
as a batch is. The same with rows that are already in PostgreSQL's binary format spares the client all work. One COPY
of all those rows waits for the disk once: it is the most this PostgreSQL can take.
"""

import io
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from bench.database import Connection, Work
from bench.lab import Lab
from bench.product import BATCH_PATH, Run
from bench.report import Row, Section
from bench.wrk import Load

NAME = "fresh"
MIN_RATIO = 0.4
BATCH = 500
CHUNKS = 200
CONNECTIONS = 8
AGENTS = 8
COPY_SECONDS = 3.0
WARM_UP_SECONDS = 2
HEADER_BYTES = 19
"""Of COPY's binary format: a signature of 11 bytes, flags, and the length of an empty extension."""
TRAILER_BYTES = 2

TABLE = "bench_copy"
MAKE_TABLE = f"CREATE TABLE {TABLE} AS SELECT * FROM agent_events LIMIT 0"
ROWS = "SELECT * FROM agent_events ORDER BY timestamp, id OFFSET $1 LIMIT $2"


@dataclass(frozen=True)
class Rows:
    """Stored events."""

    records: Sequence[tuple[object, ...]]
    chunks: Sequence[bytes]
    """The same, 500 to a COPY of their own, in PostgreSQL's binary format."""

    def joined(self) -> bytes:
        """All chunks as one."""
        rows = b"".join(chunk[HEADER_BYTES:-TRAILER_BYTES] for chunk in self.chunks)
        return self.chunks[0][:HEADER_BYTES] + rows + self.chunks[0][-TRAILER_BYTES:]


@dataclass(frozen=True)
class Copied:
    """Rows a second, each way."""

    records: float
    batches: float
    whole: float

    def __str__(self) -> str:
        """The raw figures."""
        return (
            f"asyncpg COPY of 500: {self.records:,.0f} rows/s; binary COPY of 500: {self.batches:,.0f} rows/s;"
            f" one binary COPY: {self.whole:,.0f} rows/s"
        )


def measure(lab: Lab) -> Section:
    """Let the batch route and the yardsticks take turns."""
    product, targets = lab.product(NAME), lab.targets(NAME)[:AGENTS]
    load = Load("batch", product.url + BATCH_PATH, targets, lab.pace.seconds, CONNECTIONS, batch_size=BATCH)
    product.report(replace(load, seconds=WARM_UP_SECONDS))
    turns: list[tuple[Run, Copied]] = []
    rows: Rows | None = None
    for _ in range(lab.pace.rounds):
        run = product.report(load)
        rows = rows or product.with_database(_read_rows)
        turns.append((run, product.with_database(_copy_each_way(rows))))
    product.with_database(_drop)
    return Section(
        f"Batches of {BATCH} events, {CONNECTIONS} connections, {AGENTS} agents",
        [
            _row("batches of 500: asyncpg COPY of 500", [(run, copied.records) for run, copied in turns], MIN_RATIO),
            _row("  binary COPY of 500, ready-made", [(run, copied.batches) for run, copied in turns]),
            _row("  one binary COPY, ready-made", [(run, copied.whole) for run, copied in turns]),
        ],
        [f"batches: {run}; {copied}" for run, copied in turns],
    )


def _row(name: str, pairs: Sequence[tuple[Run, float]], target: float | None = None) -> Row:
    ours = median(run.events_per_second for run, _ in pairs)
    ratio = median(run.events_per_second / copied for run, copied in pairs)
    yardstick = median(copied for _, copied in pairs)
    words, is_met = (f">= {target}", ratio >= target) if target is not None else ("", None)
    return Row(name, f"{ours:,.0f}/s", f"{yardstick:,.0f}/s", ratio, words, is_met)


async def _read_rows(connection: Connection) -> Rows:
    """The oldest stored events, as Python values and as they go over the wire."""
    await connection.execute(MAKE_TABLE)
    records = [tuple(row) for row in await connection.fetch(ROWS, 0, BATCH * CHUNKS)]
    chunks = []
    for start in range(0, len(records), BATCH):
        chunk = io.BytesIO()
        await connection.copy_from_query(ROWS, start, BATCH, output=chunk, format="binary")
        chunks.append(chunk.getvalue())
    return Rows(records, chunks)


def _copy_each_way(rows: Rows) -> Work[Copied]:
    """Rows a second in each of the three ways, each into an empty table."""

    async def work(connection: Connection) -> Copied:
        async def copy_records(number: int) -> str:
            start = number * BATCH % len(rows.records)
            return await connection.copy_records_to_table(TABLE, records=rows.records[start : start + BATCH])

        async def copy_chunk(number: int) -> str:
            source = io.BytesIO(rows.chunks[number % len(rows.chunks)])
            return await connection.copy_to_table(TABLE, source=source, format="binary")

        async def copy_whole(number: int) -> str:
            return await connection.copy_to_table(TABLE, source=io.BytesIO(whole), format="binary")

        whole = rows.joined()
        speeds = []
        for copy, seconds in ((copy_records, COPY_SECONDS), (copy_chunk, COPY_SECONDS), (copy_whole, 0.0)):
            await connection.execute(f"TRUNCATE {TABLE}")
            speeds.append(await _speed(copy, seconds))
        return Copied(*speeds)

    return work


async def _speed(copy: Callable[[int], Awaitable[str]], seconds: float) -> float:
    """Rows a second of copying again and again for so long, at least once."""
    began, elapsed = time.perf_counter(), 0.0
    rows = number = 0
    while number == 0 or elapsed < seconds:
        rows += int((await copy(number)).removeprefix("COPY "))
        number += 1
        elapsed = time.perf_counter() - began
    return rows / elapsed


async def _drop(connection: Connection) -> None:
    await connection.execute(f"DROP TABLE {TABLE}")
