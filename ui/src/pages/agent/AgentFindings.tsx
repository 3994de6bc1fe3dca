import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { AgentDetail, FindingStatus } from "../../api/types";
import { Select } from "../../components/Fields";
import { FindingCard } from "../../components/FindingCard";
import { Empty } from "../../components/QueryStates";
import { FINDING_STATUSES } from "../../lib/search";
import { inWords, SEVERITIES } from "../../lib/status";
import { endsOf, timeInWords, useTime } from "../../lib/timeRange";

const route = getRouteApi("/shell/agents/$agentId");

function hasOpenedIn(at: string, time: string | undefined): boolean {
  if (time === undefined) return true;
  const [from, to] = endsOf(time, Date.now());
  return Date.parse(at) >= from && Date.parse(at) < to;
}

/** This agent's findings, worst first, and the rules that could not be evaluated. */
export function AgentFindings({ agent }: { agent: AgentDetail }) {
  const { finding: opened } = route.useSearch();
  const linked = agent.findings.find((finding) => finding.id === opened);
  const [chosen, choose] = useState<FindingStatus | undefined>("OPEN");
  const time = useTime();
  const status = linked && linked.status !== chosen ? undefined : chosen;
  const shown = agent.findings
    .filter((finding) => !status || finding.status === status)
    .filter((finding) => finding.id === opened || hasOpenedIn(finding.last_opened_at, time))
    .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  return (
    <>
      <div className="mb-3">
        <Select
          label="Status"
          any="All findings"
          value={status}
          options={FINDING_STATUSES}
          words={inWords}
          onChange={choose}
        />
      </div>
      {shown.length === 0 && (
        <Empty title={status === "OPEN" && !time ? "No open finding" : "Nothing here"}>
          {time
            ? `No such finding opened: ${timeInWords(time)}.`
            : status === "OPEN"
              ? "No rule has anything against this agent that is not decided."
              : "No finding has this status."}
        </Empty>
      )}
      <ul className="flex flex-col gap-2">
        {shown.map((finding) => (
          <li key={finding.id}>
            <FindingCard finding={finding} isOpen={finding.id === opened} />
          </li>
        ))}
      </ul>
      {agent.not_evaluated.length > 0 && (
        <details className="mt-4 text-muted">
          <summary>
            {agent.not_evaluated.length} rules could not be evaluated, so this is not a clean bill of health
          </summary>
          <ul className="mt-1 list-disc pl-5">
            {agent.not_evaluated.map((one) => (
              <li key={one.rule_id}>{one.reason}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
