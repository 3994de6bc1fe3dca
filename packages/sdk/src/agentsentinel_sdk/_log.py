"""The log of this package, and the way of a warning to a person whose program does not log."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress

logger = logging.getLogger("agentsentinel")
logger.addHandler(logging.NullHandler())


def notify(sentence: str) -> None:
    """Log a warning that an operator has to act on; also one line on stderr when no handler would show it.

    A program without logging set up would otherwise never learn that nothing is reported. One that has silenced this
    logger by its level is left alone.
    """
    logger.warning("%s", sentence)
    if logger.isEnabledFor(logging.WARNING) and not _has_handler() and sys.stderr is not None:
        with suppress(OSError, ValueError):  # closed, or a broken pipe
            sys.stderr.write(f"agentsentinel: {sentence}\n")
            sys.stderr.flush()


def _has_handler() -> bool:
    """Whether anything but our own NullHandler gets the records of this logger."""
    place: logging.Logger | None = logger
    while place is not None:
        if any(not isinstance(handler, logging.NullHandler) for handler in place.handlers):
            return True
        place = place.parent if place.propagate else None
    return False
