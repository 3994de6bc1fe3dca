import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { rulesQuery } from "../api/queries";
import type { Finding, FindingOfAgent } from "../api/types";
import { useMayWrite } from "../lib/useRights";
import { AssignmentMark, FindingAssignment } from "./Assignment";
import { Chip, SeverityBadge } from "./Badges";
import { FindingDecision } from "./FindingDecision";
import { FindingHistory } from "./FindingHistory";
import { Time } from "./Time";
import { ShortenedText, UntrustedText } from "./UntrustedText";

/** A finding: one line; opened, its evidence, why it matters, what to do, and what was decided. */
export function FindingCard({
  finding,
  isOpen = false,
  leadsWithAgent = false,
  onToggle,
}: {
  finding: Finding | FindingOfAgent;
  isOpen?: boolean;
  /** In a group of one rule, where the title would only be repeated. */
  leadsWithAgent?: boolean;
  onToggle?: (isShown: boolean) => void;
}) {
  const [isShown, setShown] = useState(isOpen);
  const frame = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (isOpen) {
      setShown(true);
      frame.current?.scrollIntoView({ block: "nearest" });
    }
  }, [isOpen]);
  return (
    <details
      ref={frame}
      open={isShown}
      onToggle={(event) => {
        if (event.currentTarget.open !== isShown) onToggle?.(event.currentTarget.open);
        setShown(event.currentTarget.open);
      }}
      className="card min-w-0 flex-1 open:border-edge"
    >
      <summary
        data-finding={finding.id}
        className="grid grid-cols-[88px_minmax(0,1fr)] items-center gap-x-3 gap-y-0.5 px-3 py-2 md:grid-cols-[88px_minmax(0,1fr)_auto]"
      >
        <SeverityBadge severity={finding.severity} />
        {leadsWithAgent && "agent_name" in finding ? (
          <span className="min-w-0">
            <ShortenedText className="font-medium">{finding.agent_name}</ShortenedText>
            <ShortenedText className="text-xs text-muted">{finding.detail || finding.message}</ShortenedText>
          </span>
        ) : (
          <span className="min-w-0 font-medium">{finding.title}</span>
        )}
        <span className="flex flex-wrap items-center gap-2 text-xs text-muted max-md:col-start-2">
          {"agent_name" in finding && (
            <ShortenedText className="max-w-40">
              {leadsWithAgent ? finding.owner_team : finding.agent_name}
            </ShortenedText>
          )}
          <AssignmentMark finding={finding} />
          <FindingState finding={finding} />
          <Time at={finding.last_opened_at} />
        </span>
      </summary>
      {isShown && <Body finding={finding} />}
    </details>
  );
}

function FindingState({ finding }: { finding: Finding }) {
  if (finding.status === "OPEN") return <span className="chip">open</span>;
  if (finding.snoozed_until) {
    return (
      <span className="chip">
        snoozed, back <Time at={finding.snoozed_until} />
      </span>
    );
  }
  return <span className="chip">{finding.status.toLowerCase()}</span>;
}

const JUDGED_SESSION = /^session:([0-9a-f-]{36})$/;

/** A piece of evidence; a judged session leads to its page. */
function Evidence({ item }: { item: string }) {
  const sessionId = JUDGED_SESSION.exec(item)?.[1];
  if (!sessionId) return <UntrustedText mono>{item}</UntrustedText>;
  return (
    <Link to="/sessions/$sessionId" params={{ sessionId }} className="link font-mono">
      {item}
    </Link>
  );
}

function Body({ finding }: { finding: Finding | FindingOfAgent }) {
  const rule = useQuery(rulesQuery).data?.find((one) => one.id === finding.rule_id);
  const mayWrite = useMayWrite();
  return (
    <div className="grid gap-5 border-t border-line px-3 py-3 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="flex min-w-0 flex-col gap-3">
        <p className="name">{finding.message}</p>
        <div>
          <h3 className="heading mb-1">Evidence</h3>
          <ul className="flex flex-wrap gap-1.5">
            {finding.evidence.map((item) => (
              <li key={item} className="chip">
                <Evidence item={item} />
              </li>
            ))}
          </ul>
        </div>
        {rule && (
          <>
            <div>
              <h3 className="heading mb-1">Why it matters</h3>
              <p className="text-muted">{rule.rationale}</p>
            </div>
            <div>
              <h3 className="heading mb-1">What to do</h3>
              <p className="text-muted">{rule.remediation}</p>
            </div>
          </>
        )}
        <p className="flex flex-wrap items-center gap-1.5 text-xs text-muted">
          <code className="font-mono">{finding.rule_id}</code>
          {rule?.references.map((reference) => (
            <Chip key={reference} title="OWASP Agentic Top 10 or MITRE ATLAS">
              {reference}
            </Chip>
          ))}
          {finding.occurrences > 1 && <span>opened {finding.occurrences} times</span>}
          {!finding.is_active && <span>the cause is gone</span>}
          {"agent_name" in finding && (
            <Link
              to="/agents/$agentId"
              params={{ agentId: finding.agent_id }}
              search={{ finding: finding.id }}
              className="link"
            >
              Show the agent
            </Link>
          )}
        </p>
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        {mayWrite && <FindingAssignment finding={finding} />}
        {mayWrite && <FindingDecision finding={finding} />}
        <FindingHistory finding={finding} />
      </div>
    </div>
  );
}
