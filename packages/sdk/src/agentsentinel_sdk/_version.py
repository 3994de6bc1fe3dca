"""The version of this distribution, in one place that nothing else has to be imported for."""

__version__ = "2.0.0"
