"""Kinds of effects of a tool's body, the strongest evidence: code shows what happens, a name only what is intended.

The scanner's extractors report effects; `classify` turns them into capabilities, scope and danger.
"""

from enum import Enum

from agentsentinel_core.light_dataclasses import dataclass


class EffectKind(str, Enum):
    """Kind of effect that code can have outside its process."""

    __hash__ = str.__hash__  # Enum's own is written in Python and slow

    SUBPROCESS = "subprocess"
    """Starts a program, without a shell."""
    SHELL = "shell"
    """Passes a command line to a shell."""
    EVAL = "eval"
    """Runs text as code in its own process."""
    CODE_RUNNER = "code-runner"
    """Passes code to a sandbox, a REPL or a notebook kernel."""
    HTTP_READ = "http-read"
    """Sends an HTTP GET or HEAD request."""
    HTTP_WRITE = "http-write"
    """Sends an HTTP POST, PUT, PATCH or DELETE request."""
    EMAIL_SEND = "email-send"
    MESSAGE_SEND = "message-send"
    """Sends a message through a client library of Slack, Twilio and the like."""
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
    """Hands the conversation over to another agent, and does nothing else."""
    ARITHMETIC = "arithmetic"
    """Returns a formula over its parameters, and does nothing else."""
    CONSTANT = "constant"
    """Only computes what it returns; so do stand-ins for tools that are still to come."""
    QUESTION = "question"
    """Asks an index, a retriever or a workflow a question."""
    APPROVAL = "approval"
    """Waits until a person approves the call."""
    RATE_LIMIT = "rate-limit"
    """Asks a rate limiter, or is limited in how often it is called."""


SAFEGUARDS = frozenset({EffectKind.APPROVAL, EffectKind.RATE_LIMIT})
"""Kinds that restrain a tool. They say nothing about what the tool can do, so its class does not depend on them."""


@dataclass(frozen=True, slots=True)
class ObservedEffect:
    """Effect that was seen in a tool's body."""

    kind: EffectKind
    text: str
    """Shortened source text of the call: "subprocess.run(cmd, shell=True)"."""
