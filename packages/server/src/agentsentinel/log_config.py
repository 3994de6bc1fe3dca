"""Configuration of logging: one event a line on stderr, as JSON, or readable text if stderr is a terminal.

Control characters are escaped in both formats.
"""

import logging
import sys

import structlog

from agentsentinel.kit.text import printable


def configure(level: str) -> None:
    """Configure structlog, and format the records of other libraries in the same way."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = _to_line if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    rendering: list[structlog.typing.Processor] = [structlog.processors.format_exc_info, renderer]
    structlog.configure(
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *rendering,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # `migrated` logs each applied step
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # replaced by `platform_started` and `platform_stopped`
    logging.getLogger("sqlalchemy").setLevel(logging.WARNING)
    logging.getLogger("httpx2").setLevel(logging.WARNING)


def _to_line(_: object, __: str, event: structlog.typing.EventDict) -> str:
    """Format a record for a terminal: `22:44:01 warning  key_refused  address=192.0.2.1`."""
    moment = str(event.pop("timestamp", ""))[11:19]
    level, name = event.pop("level", ""), event.pop("event", "")
    trace = event.pop("exception", None)
    facts = "  ".join(f"{key}={printable(str(value))}" for key, value in event.items())
    line = f"{moment} {level:<8} {printable(str(name))}  {facts}".rstrip()
    return line if trace is None else f"{line}\n{trace}"
