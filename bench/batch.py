"""(b) Batches of 500 events, against COPY of the same rows into a table without indexes, in the same PostgreSQL.

The yardstick is the most that a program like the platform could reach: asyncpg's COPY from Python values, 500 rows to
a COPY, each its own durable transaction, over one connection and over as many as the load has. For information: rows
that are in PostgreSQL's binary format already spare the client all work; and one COPY of all those rows waits for the
disk once, which is the most that this PostgreSQL can store.
"""

import asyncio
import io
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from agentsentinel.commands.serve import spare_the_collector
from bench.database import Connection, JointWork
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
COPY_SECONDS = 2.0
WARM_UP_SECONDS = 2
HEADER_BYTES = 19
"""Size of the header of COPY's binary format: a signature of 11 bytes, flags, and the length of an empty extension."""
TRAILER_BYTES = 2

TABLE = "bench_copy"
MAKE_TABLE = f"CREATE TABLE {TABLE} AS SELECT * FROM agent_events LIMIT 0"
ROWS = "SELECT * FROM agent_events ORDER BY timestamp, id OFFSET $1 LIMIT $2"
ABOUT = (
    f"Yardstick: asyncpg's COPY of the same rows from Python values, {BATCH} to a COPY, each COPY a durable transaction"
    f" of its own, into a table without indexes, over 1 and over {CONNECTIONS} connections. The"
    " ready-made rows, in PostgreSQL's binary format, are for information."
)

Copy = Callable[[Connection, int], Awaitable[str]]


@dataclass(frozen=True)
class Rows:
    """Stored events, as Python values and in PostgreSQL's binary format."""

    records: Sequence[tuple[object, ...]]
    chunks: Sequence[bytes]
    """The rows in PostgreSQL's binary format, 500 to a chunk; each chunk is a complete COPY."""

    def joined(self) -> bytes:
        """Return all chunks joined into one COPY."""
        rows = b"".join(chunk[HEADER_BYTES:-TRAILER_BYTES] for chunk in self.chunks)
        return self.chunks[0][:HEADER_BYTES] + rows + self.chunks[0][-TRAILER_BYTES:]


@dataclass(frozen=True)
class Copied:
    """Rows per second of each way to copy."""

    values: Mapping[int, float]
    """Rows per second from Python values, by the number of connections."""
    ready_made: Mapping[int, float]
    whole: float

    def __str__(self) -> str:
        """Format the raw figures."""
        values, ready_made = (_by_connections(speeds) for speeds in (self.values, self.ready_made))
        return (
            f"COPY of {BATCH} from Python values: {values} rows/s; ready-made: {ready_made} rows/s;"
            f" one ready-made COPY of {BATCH * CHUNKS:,}: {self.whole:,.0f} rows/s"
        )


def measure(lab: Lab) -> Section:
    """Let the batch route and the yardsticks take turns."""
    lab.keep(NAME)
    product, targets = lab.product(NAME), lab.targets(NAME)[:AGENTS]
    load = Load("batch", product.url + BATCH_PATH, targets, lab.pace.seconds, CONNECTIONS, batch_size=BATCH)
    product.report(replace(load, seconds=WARM_UP_SECONDS))
    turns: list[tuple[Run, Copied]] = []
    rows: Rows | None = None
    for _ in range(lab.pace.rounds):
        run = product.report(load)
        rows = rows or product.with_database(_read_rows)
        turns.append((run, product.with_connections(CONNECTIONS, _copy_each_way(rows))))
    product.with_database(_drop)
    raw = [line for run, copied in turns for line in (f"batches: {run}", str(copied))]
    return Section(
        f"(b) Batches of {BATCH} events, {CONNECTIONS} connections, {AGENTS} agents", _rows(turns), raw, ABOUT
    )


def _rows(turns: Sequence[tuple[Run, Copied]]) -> list[Row]:
    ready_made = _fastest([copied.ready_made for _, copied in turns])
    return [
        *(
            _row(
                f"batches: COPY, {_connections(number)}",
                [(run, copied.values[number]) for run, copied in turns],
                MIN_RATIO,
            )
            for number in sorted(turns[0][1].values)
        ),
        _row(
            f"  ready-made, {_connections(ready_made)}",
            [(run, copied.ready_made[ready_made]) for run, copied in turns],
        ),
        _row("  ready-made, one COPY of all", [(run, copied.whole) for run, copied in turns]),
    ]


def _row(name: str, pairs: Sequence[tuple[Run, float]], target: float | None = None) -> Row:
    ours = median(run.events_per_second for run, _ in pairs)
    ratio = median(run.events_per_second / copied for run, copied in pairs)
    yardstick = median(copied for _, copied in pairs)
    words, is_met = (f">= {target}", ratio >= target) if target is not None else ("", None)
    return Row(name, f"{ours:,.0f}/s", f"{yardstick:,.0f}/s", ratio, words, is_met)


def _fastest(turns: Sequence[Mapping[int, float]]) -> int:
    """Return the number of connections with the highest median speed."""
    return max(turns[0], key=lambda number: median(speeds[number] for speeds in turns))


def _connections(number: int) -> str:
    return "1 connection" if number == 1 else f"{number} connections"


def _by_connections(speeds: Mapping[int, float]) -> str:
    return ", ".join(f"{_connections(number)} {speed:,.0f}" for number, speed in speeds.items())


async def _read_rows(connection: Connection) -> Rows:
    """Read the oldest stored events, as Python values and in the binary format of COPY."""
    await connection.execute(MAKE_TABLE)
    records = [tuple(row) for row in await connection.fetch(ROWS, 0, BATCH * CHUNKS)]
    chunks = []
    for start in range(0, len(records), BATCH):
        chunk = io.BytesIO()
        await connection.copy_from_query(ROWS, start, BATCH, output=chunk, format="binary")
        chunks.append(chunk.getvalue())
    spare_the_collector()  # the rows stay, and the platform does the same
    return Rows(records, chunks)


def _copy_each_way(rows: Rows) -> JointWork[Copied]:
    """Measure rows per second of each of the three ways to copy, each into an empty table."""
    whole = rows.joined()

    async def copy_values(connection: Connection, number: int) -> str:
        start = number * BATCH % len(rows.records)
        return await connection.copy_records_to_table(TABLE, records=rows.records[start : start + BATCH])

    async def copy_chunk(connection: Connection, number: int) -> str:
        source = io.BytesIO(rows.chunks[number % len(rows.chunks)])
        return await connection.copy_to_table(TABLE, source=source, format="binary")

    async def copy_whole(connection: Connection, number: int) -> str:
        return await connection.copy_to_table(TABLE, source=io.BytesIO(whole), format="binary")

    async def work(connections: Sequence[Connection]) -> Copied:
        numbers = (1, len(connections))
        return Copied(
            values={number: await _speed(connections[:number], copy_values, COPY_SECONDS) for number in numbers},
            ready_made={number: await _speed(connections[:number], copy_chunk, COPY_SECONDS) for number in numbers},
            whole=await _speed(connections[:1], copy_whole, 0.0),
        )

    return work


async def _speed(connections: Sequence[Connection], copy: Copy, seconds: float) -> float:
    """Measure rows per second while each connection repeats the copy for `seconds`, at least once."""
    await connections[0].execute(f"TRUNCATE {TABLE}")
    numbers = itertools.count()
    began = time.perf_counter()

    async def copy_on(connection: Connection) -> int:
        rows = int((await copy(connection, next(numbers))).removeprefix("COPY "))
        while time.perf_counter() - began < seconds:
            rows += int((await copy(connection, next(numbers))).removeprefix("COPY "))
        return rows

    async with asyncio.TaskGroup() as group:
        copies = [group.create_task(copy_on(connection)) for connection in connections]
    return sum(copied.result() for copied in copies) / (time.perf_counter() - began)


async def _drop(connection: Connection) -> None:
    await connection.execute(f"DROP TABLE {TABLE}")
