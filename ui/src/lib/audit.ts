/** The audit log in words. */
import type { AuditAction, AuditEntry, Mention } from "../api/types";

/** What was done, as it reads after who did it and before what it was done to. */
export const DONE: Record<AuditAction, string> = {
  agent_registered: "registered the agent",
  agent_changed: "changed the agent",
  agent_deleted: "deleted the agent",
  session_judged: "judged a session of",
  version_announced: "announced a version of",
  agent_suspended: "suspended the agent",
  agent_resumed: "resumed the agent",
  grant_added: "granted a tool to",
  grant_changed: "changed a grant of",
  grant_removed: "took a grant from",
  connection_added: "connected a server to",
  connection_changed: "changed a connection of",
  connection_removed: "removed a connection of",
  manifest_approved: "approved what a server offers",
  manifest_rejected: "rejected what a server offers",
  manifest_removed: "forgot what is pinned for",
  key_created: "made the key",
  key_rotated: "replaced the key",
  key_revoked: "revoked the key",
  key_refused: "came with a wrong key",
  signed_in: "signed in",
  signed_out: "signed out",
  session_revoked: "ended a session of",
  sign_in_refused: "was not let in",
  sign_in_link_made: "made a sign-in link for",
  findings_decided: "decided many findings at once",
  data_reset: "reset the data",
  settings_changed: "was started with other settings",
  alerts_tested: "sent a test to the destinations of alerts",
  alert_routes_changed: "changed the routes of alerts",
  view_created: "saved the view",
  view_changed: "changed the view",
  view_deleted: "deleted the view",
};

export const ACTIONS = Object.keys(DONE) as AuditAction[];

/** What was done, by itself: `grant_added` is "grant added". */
export function actionName(action: AuditAction): string {
  return action.replaceAll("_", " ");
}

/** Whether access was refused. */
export function isRefusal(entry: AuditEntry): boolean {
  return entry.action === "key_refused" || entry.action === "sign_in_refused";
}

/** Whether it was done to an agent that may still be there. */
export function isAboutAgent(entry: AuditEntry): boolean {
  return /^(agent|grant|connection|manifest)_/.test(entry.action) && entry.action !== "agent_deleted";
}

const ID = /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/;

/** A text in parts: what is mentioned in the place of its id, and the words between. */
export function splitAtMentions(text: string, mentions: Mention[] = []): (string | Mention)[] {
  const known = new Map(mentions.map((mention) => [mention.id, mention]));
  return text
    .split(ID)
    .filter((part) => part !== "")
    .map((part) => known.get(part) ?? part);
}
