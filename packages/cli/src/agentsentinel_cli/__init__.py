"""The AgentSentinel command line interface: the `sentinel` command and its source scanner."""

__version__ = "2.0.0"
