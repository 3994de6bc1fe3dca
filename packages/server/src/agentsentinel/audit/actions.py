"""Actions of the audit log. Their values are stored: new ones may be added, existing ones must not change."""

from enum import StrEnum


class Action(StrEnum):
    """Kind of an audit log entry: a change, a sign-in, or a refused credential."""

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
    AGENT_SUSPENDED = "agent_suspended"
    AGENT_RESUMED = "agent_resumed"
    GRANT_ADDED = "grant_added"
    GRANT_CHANGED = "grant_changed"
    GRANT_REMOVED = "grant_removed"
    CONNECTION_ADDED = "connection_added"
    CONNECTION_CHANGED = "connection_changed"
    CONNECTION_REMOVED = "connection_removed"
    SESSION_JUDGED = "session_judged"
    VERSION_ANNOUNCED = "version_announced"
    MANIFEST_APPROVED = "manifest_approved"
    MANIFEST_REJECTED = "manifest_rejected"
    MANIFEST_REMOVED = "manifest_removed"
    FINDINGS_DECIDED = "findings_decided"
    DATA_RESET = "data_reset"
    SETTINGS_CHANGED = "settings_changed"
    ALERTS_TESTED = "alerts_tested"
    ALERT_ROUTES_CHANGED = "alert_routes_changed"
    VIEW_CREATED = "view_created"
    VIEW_CHANGED = "view_changed"
    VIEW_DELETED = "view_deleted"


REFUSALS = (Action.KEY_REFUSED, Action.SIGN_IN_REFUSED)
"""Actions that record refused credentials: one entry a minute for each address and key, with a count."""
