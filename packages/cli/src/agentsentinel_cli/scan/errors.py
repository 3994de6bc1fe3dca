"""What can go wrong with a scan that is no fault of a scanned file."""


class SuppressionError(Exception):
    """An ignore file or baseline that cannot be used; says which line and what is wrong."""
