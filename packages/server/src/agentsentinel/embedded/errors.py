"""The error of the embedded database."""


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot be set up, started, reached or stopped.

    The message says what happened, with which value, and what to do next.
    """
