"""Counter journal

The journal holds the counts of stored events that are not yet added to the counters, one row for each commit; see
`ingest/counters.py`. There is no foreign key: a row has counts of many agents, and those of a deleted agent are dropped
when the row is settled.
"""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table `counter_journal`."""
    op.execute(
        """
        CREATE TABLE counter_journal (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            agents text NOT NULL,
            tools text NOT NULL
        )
        """
    )
    # The rows exist for less than a second: compressing them would cost more than it saves.
    op.execute("ALTER TABLE counter_journal ALTER agents SET STORAGE EXTERNAL, ALTER tools SET STORAGE EXTERNAL")


def downgrade() -> None:
    """Drop the journal. Rows that are not settled are lost to the counters, so stop the platform before."""
    op.execute("DROP TABLE counter_journal")
