"""Errors of a scan that are not caused by a scanned file."""


class RequestError(Exception):
    """Raised when a scan cannot be done as asked; the message says why, and what would do."""


class SuppressionError(RequestError):
    """Raised for an ignore file or baseline that cannot be used; the message names the line and the problem."""
