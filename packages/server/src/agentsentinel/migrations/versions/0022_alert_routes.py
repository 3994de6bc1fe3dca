"""Alert routes

Which alerts a destination gets, instead of what its setting says. Without any, all is as before.
"""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add a table."""
    op.execute("""
        CREATE TABLE alert_routes (
            place integer PRIMARY KEY,
            destination varchar(32) NOT NULL,
            min_severity varchar(8) NOT NULL,
            kinds jsonb NOT NULL,
            rules jsonb NOT NULL,
            teams jsonb NOT NULL
        )
    """)


def downgrade() -> None:
    """Drop it, with the routes."""
    op.execute("DROP TABLE alert_routes")
