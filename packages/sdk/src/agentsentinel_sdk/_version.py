"""The version of this distribution, in one place that nothing else has to be imported for."""

__version__ = "0.1.1"
