"""What the body of a tool does: the strongest evidence there is, since code says what happens and a name what is meant.

Whoever reads source (the scanner's extractors) reports acts; `classify` turns them into capabilities, scope and danger.
"""

from enum import Enum

from agentsentinel_core.light_dataclasses import dataclass


class EffectKind(str, Enum):
    """One kind of thing that code can do to the world."""

    __hash__ = str.__hash__  # Enum's own is written in Python

    SUBPROCESS = "subprocess"
    """Starts a program, without a shell."""
    SHELL = "shell"
    """Hands a line to a shell."""
    EVAL = "eval"
    """Runs text as code in its own process."""
    CODE_RUNNER = "code-runner"
    """Hands code to a sandbox, a REPL or a notebook kernel."""
    HTTP_READ = "http-read"
    """GET or HEAD."""
    HTTP_WRITE = "http-write"
    """POST, PUT, PATCH or DELETE."""
    EMAIL_SEND = "email-send"
    MESSAGE_SEND = "message-send"
    """Slack, Twilio and the like, through their clients."""
    SQL_READ = "sql-read"
    SQL_WRITE = "sql-write"
    FILE_READ = "file-read"
    FILE_WRITE = "file-write"
    FILE_DELETE = "file-delete"
    CLOUD_READ = "cloud-read"
    """A cloud provider's client lists or gets."""
    CLOUD_WRITE = "cloud-write"
    """A cloud provider's client creates, changes or deletes."""
    BROWSER = "browser"
    """Drives a browser."""
    SECRET_READ = "secret-read"  # noqa: S105 - the name of a kind
    """Returns credentials: a vault, a dump of the environment."""
    PAYMENT = "payment"
    """Moves money."""
    HANDOVER = "handover"
    """Gives the conversation to another agent, and does nothing else."""
    ARITHMETIC = "arithmetic"
    """Returns a formula over its parameters, and does nothing else."""


@dataclass(frozen=True, slots=True)
class ObservedEffect:
    """An act that was seen in a tool's body."""

    kind: EffectKind
    text: str
    """The call as written, short: "subprocess.run(cmd, shell=True)"."""
