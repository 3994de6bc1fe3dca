"""Scopes, capabilities and categories of tools.

Capabilities and categories are separate on purpose. A *capability* is an ability an attacker would want ("can send data
out"); a *category* is a subject ("has to do with e-mail"). `search_emails` has the category communication but cannot
send anything, and rules about abilities must not fire on a subject.
"""

from enum import Enum


class ToolScope(str, Enum):
    """Scope of a grant; each one includes the one before it."""

    __hash__ = str.__hash__  # Enum's own is written in Python and slow, and rules use sets often

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """Number to compare scopes by: 0 for read, 1 for write, 2 for admin. The values sort alphabetically."""
        return _SCOPE_RANK[self.value]


_SCOPE_RANK = {"read": 0, "write": 1, "admin": 2}


class Capability(str, Enum):
    """Ability of a tool that an attacker who controls the agent could use."""

    __hash__ = str.__hash__  # Enum's own is written in Python and slow, and rules use sets often

    INTERNAL_READ = "internal-read"
    """Returns the organisation's own data: databases, files, customer records, storage."""
    WEB_READ = "web-read"
    """Returns text written by strangers, which can contain instructions to the model (prompt injection)."""
    LOCAL_WRITE = "local-write"
    """Changes something inside the organisation."""
    EXTERNAL_WRITE = "external-write"
    """Sends data outside the organisation: e-mail, chat, webhooks, HTTP POST, shared storage."""
    CODE_EXECUTION = "code-execution"
    """Runs commands or code chosen by the caller."""
    ADMIN = "admin"
    """Acts with elevated rights, or changes who may do what."""
    INFRASTRUCTURE = "infrastructure"
    """Changes deployments, containers or cloud resources."""
    SECRETS = "secrets"
    """Returns credentials."""


class ToolCategory(str, Enum):
    """Subject that a tool's name mentions, most important first. OTHER is used only when there is no other."""

    __hash__ = str.__hash__  # Enum's own is written in Python and slow, and rules use sets often

    CODE_EXECUTION = "code_execution"
    SECRETS = "secrets"
    ADMIN = "admin"
    INFRASTRUCTURE = "infrastructure"
    DATABASE = "database"
    STORAGE = "storage"
    CRM = "crm"
    COMMUNICATION = "communication"
    WEB_READ = "web_read"
    FILESYSTEM = "filesystem"
    ANALYTICS = "analytics"
    OTHER = "other"
