import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { server } from "../../api/client";
import type { AgentDetail, Grant } from "../../api/types";
import { Chip } from "../../components/Badges";
import { Confirm } from "../../components/Dialog";
import { Empty } from "../../components/QueryStates";
import { Time } from "../../components/Time";
import { UntrustedText } from "../../components/UntrustedText";
import { count, visible } from "../../lib/format";
import { useMayWrite } from "../../lib/useRights";
import { AddGrant } from "./AddGrant";
import { CorrectClass } from "./CorrectClass";
import { LimitGrant } from "./LimitGrant";

/** Where a grant is known from, in words. */
const ORIGINS: Record<Grant["origin"], string> = {
  declared: "declared",
  listed: "listed by its server",
  observed: "added at its first call",
};

/** What the agent may call, what each tool can do and why we think so, and whether it is used at all. */
export function Grants({ agent }: { agent: AgentDetail }) {
  const mayWrite = useMayWrite();
  const client = useQueryClient();
  const [asking, ask] = useState<Grant | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: ["agent", agent.id] });
  const remove = useMutation({
    mutationFn: (grant: Grant) =>
      server.DELETE("/api/v1/agents/{agent_id}/grants/{grant_id}", {
        params: { path: { agent_id: agent.id, grant_id: grant.id } },
      }),
    onSuccess: refresh,
    onSettled: () => ask(null),
  });
  const isShared = (grant: Grant) =>
    agent.grants.some((other) => other.tool_name === grant.tool_name && other.id !== grant.id);
  const unused = agent.grants.filter((grant) => grant.call_count_7d === 0).length;
  return (
    <>
      {mayWrite && <AddGrant agentId={agent.id} onDone={refresh} />}
      {agent.grants.length === 0 ? (
        <Empty title="No grants">
          Grant the tools this agent may call, and the rules can judge what could go wrong.
        </Empty>
      ) : (
        <>
          <p className="mb-2 text-muted">
            {count(agent.grants.length, "grant")},{" "}
            {unused ? `${unused} not used in 7 days` : "all used in the last 7 days"}
          </p>
          <ul className="card divide-y divide-line">
            {agent.grants.map((grant) => (
              <GrantRow
                key={grant.id}
                grant={grant}
                isShared={isShared(grant)}
                refresh={refresh}
                onRemove={mayWrite ? () => ask(grant) : undefined}
              />
            ))}
          </ul>
        </>
      )}
      {remove.error && (
        <p role="alert" className="mt-2 text-critical">
          {remove.error.message}
        </p>
      )}
      <Confirm
        open={asking !== null}
        onClose={() => ask(null)}
        onConfirm={() => asking && remove.mutate(asking)}
        busy={remove.isPending}
        title="Remove this grant?"
        action="Remove grant"
      >
        <span className="name font-mono text-text">{visible(asking?.tool_name ?? "")}</span> is taken off the list of
        what this agent may call. Calls of it stay counted. AgentSentinel does not block the tool itself.
      </Confirm>
    </>
  );
}

/** Who has corrected the class of a tool, when and why. */
function Corrected({ correction: { by, at, reason } }: { correction: NonNullable<Grant["correction"]> }) {
  return (
    <p className="text-xs text-watch">
      class corrected by <UntrustedText>{by}</UntrustedText> <Time at={at} />: <UntrustedText>{reason}</UntrustedText>
    </p>
  );
}

/** One grant; calls are counted by the tool's name, so those of a name that several servers share are theirs together. */
function GrantRow(props: { grant: Grant; isShared: boolean; refresh: () => void; onRemove: (() => void) | undefined }) {
  const { grant, isShared, refresh, onRemove } = props;
  return (
    <li className="grid gap-x-4 gap-y-1 px-3 py-2 md:grid-cols-[minmax(0,1fr)_auto_120px_auto] md:items-center">
      <div className="min-w-0">
        <UntrustedText mono className="font-medium">
          {grant.tool_name}
        </UntrustedText>
        <p className="text-xs text-muted">
          {grant.server_name !== null && (
            <>
              of <UntrustedText>{grant.server_name}</UntrustedText>,{" "}
            </>
          )}
          {ORIGINS[grant.origin]}
        </p>
        {grant.correction && <Corrected correction={grant.correction} />}
        <details className="text-xs text-muted">
          <summary>why</summary>
          <ul className="list-disc pl-4">
            {grant.reasons.map((reason) => (
              <li key={reason} className="name">
                {visible(reason)}
              </li>
            ))}
          </ul>
        </details>
      </div>
      <div className="flex flex-wrap gap-1">
        <Chip>{grant.scope}</Chip>
        {grant.is_dangerous && <span className="chip border-critical text-critical">dangerous</span>}
        {grant.capabilities.map((capability) => (
          <Chip key={capability}>{capability}</Chip>
        ))}
        {grant.rate_limit_per_hour !== null && <Chip>{grant.rate_limit_per_hour}/h at most</Chip>}
      </div>
      <span className="text-xs text-muted md:text-right">
        {grant.call_count_7d ? `${count(grant.call_count_7d, "call")} in 7 d` : "not used in 7 d"}
        {isShared && ", all servers"}
        <br />
        {grant.last_called_at ? <Time at={grant.last_called_at} /> : "never called"}
      </span>
      {onRemove && (
        <span className="flex gap-2">
          <CorrectClass grant={grant} onDone={refresh} />
          <LimitGrant grant={grant} onDone={refresh} />
          <button
            type="button"
            className="button button-small"
            onClick={onRemove}
            aria-label={`Remove ${visible(grant.tool_name)}`}
          >
            Remove
          </button>
        </span>
      )}
    </li>
  );
}
