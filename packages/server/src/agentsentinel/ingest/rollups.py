"""Rollups: calls, anomaly scores, errors and denials of each agent in each clock hour, for charts of months.

They outlive the events. A settlement adds them up from the counter journal (`counters.py`), so each event counts once,
in its own hour, however late it arrives. Events stored before there were rollups are counted by `worker/recounting.py`.
"""

BUCKETS = 10
"""Buckets of the histogram of anomaly scores: equal steps of 0.1, the last one up to and including 1."""

ANOMALOUS = 0.7
"""Anomaly score from which on charts call a call anomalous: the lower bound of a bucket of the histogram."""


def bucket_of(anomaly_score: float) -> int:
    """Return the number of the bucket, from 0, that an anomaly score from 0 to 1 falls into."""
    return min(int(anomaly_score * BUCKETS), BUCKETS - 1)


def each_bucket(template: str) -> str:
    """Build an SQL array with one element for each bucket; `{n}` is its number, from 1 as in PostgreSQL's arrays."""
    return f"ARRAY[{', '.join(template.format(n=n) for n in range(1, BUCKETS + 1))}]"


SLICES = 12
"""Slices of five minutes in an hour; a rollup says in which of them there were calls, which `silence.py` of core reads.
"""
ALL_SLICES = (1 << SLICES) - 1

COLUMNS = "agent_id, hour, calls, anomaly_sum, errors, denied, histogram, active_slices"


JOURNALED_HOURS = f"""
    SELECT agent_id, coalesce(hour, minute / 60) AS hour, sum(calls) AS calls,
           sum(coalesce(anomaly_sum, 0)) AS anomaly_sum, sum(coalesce(errors, 0)) AS errors,
           sum(coalesce(denied, 0)) AS denied,
           {each_bucket("sum(coalesce(histogram[{n}], CASE {n} WHEN 1 THEN calls ELSE 0 END))")} AS histogram,
           bit_or(CASE WHEN minute IS NULL THEN {ALL_SLICES} ELSE 1 << minute % 60 / 5 END) AS active_slices
    FROM rows n
    WHERE coalesce(hour, minute / 60) IS NOT NULL AND EXISTS (SELECT FROM agents a WHERE a.id = n.agent_id)
    GROUP BY 1, 2
"""  # noqa: S608 - our own words
"""Query of what the rows of the counter journal (`rows`) add to the rollups.

A row without a histogram has all its calls in the first bucket, and one without a minute counts in all slices.
"""

ADD_TO_ROLLUP = f"""
    ON CONFLICT (agent_id, hour) DO UPDATE SET
        calls = h.calls + excluded.calls, anomaly_sum = h.anomaly_sum + excluded.anomaly_sum,
        errors = h.errors + excluded.errors, denied = h.denied + excluded.denied,
        histogram = {each_bucket("h.histogram[{n}] + excluded.histogram[{n}]")},
        active_slices = h.active_slices | excluded.active_slices
"""
"""End of an INSERT INTO agent_hours AS h that adds to the rows that there are."""
