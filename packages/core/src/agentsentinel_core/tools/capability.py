"""What a tool can do, and which domain it touches.

The two are kept apart on purpose. A *capability* is an ability an attacker would want ("can send data out"); a
*category* is a subject ("has to do with e-mail"). `search_emails` touches communication but cannot send anything;
rules that ask about abilities must not be fooled by subjects.
"""

from enum import Enum


class ToolScope(str, Enum):
    """How far a grant reaches; each includes the one before it."""

    __hash__ = str.__hash__  # Enum's own is written in Python, and rules look into sets all the time

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """0 for read, 1 for write, 2 for admin: for comparing, since the values themselves sort by alphabet."""
        return _SCOPE_RANK[self.value]


_SCOPE_RANK = {"read": 0, "write": 1, "admin": 2}


class Capability(str, Enum):
    """An ability that matters for what an agent could be made to do."""

    __hash__ = str.__hash__  # Enum's own is written in Python, and rules look into sets all the time

    INTERNAL_READ = "internal-read"
    """Returns the organisation's own data: databases, files, customer records, storage."""
    WEB_READ = "web-read"
    """Returns text written by strangers, which is how instructions are smuggled in."""
    LOCAL_WRITE = "local-write"
    """Changes something that stays inside."""
    EXTERNAL_WRITE = "external-write"
    """Hands data to somebody outside: e-mail, chat, webhooks, HTTP POST, shared storage."""
    CODE_EXECUTION = "code-execution"
    """Runs commands or code chosen by the caller."""
    ADMIN = "admin"
    """Acts with elevated rights, or changes who may do what."""
    INFRASTRUCTURE = "infrastructure"
    """Changes what runs where: deployments, containers, cloud resources."""
    SECRETS = "secrets"
    """Returns credentials."""


class ToolCategory(str, Enum):
    """A subject that a tool's name mentions. OTHER stands alone, when there is none of the rest."""

    __hash__ = str.__hash__  # Enum's own is written in Python, and rules look into sets all the time

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
