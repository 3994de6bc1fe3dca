"""Errors of a scan that are not caused by a scanned file."""


class SuppressionError(Exception):
    """Raised for an ignore file or baseline that cannot be used; the message names the line and the problem."""
