import { spanOf, useTime } from "../../lib/timeRange";
import { AuditEntries } from "./AuditEntries";

/** What was done to one agent, and by whom. */
export function AgentAudit({ agentId }: { agentId: string }) {
  const time = useTime();
  return <AuditEntries filters={{ subject_id: agentId, ...spanOf(time) }} />;
}
