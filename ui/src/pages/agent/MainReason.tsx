import { Link } from "@tanstack/react-router";
import type { AgentDetail } from "../../api/types";
import { plain, visible } from "../../lib/format";

/** What costs the score the most, with a link to it: the finding, the session or the calls. */
export function MainReason({ agent }: { agent: AgentDetail }) {
  const { reason } = agent;
  if (!reason) return null;
  return (
    <span className="block max-w-3xl">
      Why: <bdi className="name text-text">{visible(reason.text)}</bdi>
      {reason.points > 0 && ` (−${plain(reason.points)})`} <ReasonLink agent={agent} />
    </span>
  );
}

function ReasonLink({ agent }: { agent: AgentDetail }) {
  const { kind, session_id, finding_id } = agent.reason!;
  if (kind === "session" && session_id) {
    return (
      <Link to="/sessions/$sessionId" params={{ sessionId: session_id }} className="link">
        its session
      </Link>
    );
  }
  if (kind === "calls") {
    return (
      <Link to="/events" search={{ agent: agent.id, from: 0.5 }} className="link">
        its unusual events
      </Link>
    );
  }
  if (kind === "finding" && finding_id) {
    return (
      <Link
        to="/agents/$agentId"
        params={{ agentId: agent.id }}
        search={{ tab: "findings", finding: finding_id }}
        className="link"
      >
        the finding
      </Link>
    );
  }
  return null;
}
