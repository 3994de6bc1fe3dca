"""Counter journal

What stored events are still to add to the counters, one row for each commit; see `ingest/counters.py`. No foreign key:
a row speaks of many agents, and what it says of one that has gone is dropped when it is added up.
"""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the table."""
    op.execute(
        """
        CREATE TABLE counter_journal (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            agents text NOT NULL,
            tools text NOT NULL
        )
        """
    )
    # The rows live for less than a second: packing them would cost more than it saves.
    op.execute("ALTER TABLE counter_journal ALTER agents SET STORAGE EXTERNAL, ALTER tools SET STORAGE EXTERNAL")


def downgrade() -> None:
    """Drop it. What is not added up yet is lost to the counters: stop the platform before."""
    op.execute("DROP TABLE counter_journal")
