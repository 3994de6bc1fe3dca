"""Assignees and due dates of findings, and saved views

A finding is assigned to a key by its name, since keys are rotated and names stay.
"""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Add columns, which are empty until a finding is assigned, and a table."""
    op.execute("ALTER TABLE findings ADD COLUMN assignee varchar(255), ADD COLUMN due_on date")
    op.execute("CREATE INDEX ix_findings_assignee ON findings (assignee) WHERE assignee IS NOT NULL")
    op.execute("""
        ALTER TABLE finding_history ADD COLUMN is_assignment boolean NOT NULL DEFAULT false,
            ADD COLUMN assignee varchar(255), ADD COLUMN due_on date
    """)
    op.execute("""
        CREATE TABLE saved_views (
            id uuid PRIMARY KEY,
            page varchar(16) NOT NULL,
            name varchar(80) NOT NULL,
            query varchar(2000) NOT NULL,
            created_by varchar(255) NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            CONSTRAINT uq_saved_views_page_name UNIQUE (page, name)
        )
    """)


def downgrade() -> None:
    """Drop them, with all assignments and views."""
    op.execute("DROP TABLE saved_views")
    op.execute("""
        ALTER TABLE finding_history DROP COLUMN is_assignment, DROP COLUMN assignee, DROP COLUMN due_on
    """)
    op.execute("ALTER TABLE findings DROP COLUMN assignee, DROP COLUMN due_on")
