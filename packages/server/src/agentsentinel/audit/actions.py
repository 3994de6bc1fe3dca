"""What the audit log tells of. The words are stored: a new one may come, none may change."""

from enum import StrEnum


class Action(StrEnum):
    """What was done, or not let happen."""

    KEY_CREATED = "key_created"
    KEY_REVOKED = "key_revoked"
    KEY_ROTATED = "key_rotated"
    KEY_REFUSED = "key_refused"
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    SESSION_REVOKED = "session_revoked"
    SIGN_IN_LINK_MADE = "sign_in_link_made"
    AGENT_REGISTERED = "agent_registered"
    AGENT_CHANGED = "agent_changed"
    AGENT_DELETED = "agent_deleted"
    GRANT_ADDED = "grant_added"
    GRANT_CHANGED = "grant_changed"
    GRANT_REMOVED = "grant_removed"
    CONNECTION_ADDED = "connection_added"
    CONNECTION_CHANGED = "connection_changed"
    CONNECTION_REMOVED = "connection_removed"
    DATA_RESET = "data_reset"
    SETTINGS_CHANGED = "settings_changed"


REFUSALS = (Action.KEY_REFUSED, Action.SIGN_IN_REFUSED)
"""Written down once a minute for each address and key, with a count."""
