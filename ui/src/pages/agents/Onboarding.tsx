import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { dataOf, server } from "../../api/client";
import type { Agent, AgentSummary } from "../../api/types";
import { Snippets } from "../../components/Snippets";
import { UntrustedText } from "../../components/UntrustedText";
import { useMayWrite } from "../../lib/useRights";
import { LoadDemo } from "./LoadDemo";

const KEY_PLACE = "as_agt_...";

/**
 * The first minute: a snippet with the real address, a button that puts a real key into it, and a wait that ends by itself.
 * The agents are those that have not reported yet; the demo is not among them.
 */
export function Onboarding({ agents, isDemoLoaded }: { agents: AgentSummary[]; isDemoLoaded: boolean }) {
  const mayWrite = useMayWrite();
  const client = useQueryClient();
  const [made, setMade] = useState<{ agent: Agent | AgentSummary; key: string } | null>(null);
  const make = useMutation({
    mutationFn: async () => {
      const agent = agents[0] ?? (await dataOf(server.POST("/api/v1/agents", { body: { name: "my-first-agent" } })));
      const key = await dataOf(
        server.POST("/api/v1/keys", {
          body: { name: `${agent.name} key`.slice(0, 255), scope: "agent", agent_id: agent.id },
        }),
      );
      return { agent, key: key.key };
    },
    onSuccess: (result) => {
      setMade(result);
      void client.invalidateQueries({ queryKey: ["overview"] });
    },
  });
  return (
    <section aria-labelledby="first-event" className="card mt-1 mb-5 max-w-4xl p-5">
      <h2 id="first-event" className="heading mb-1">
        Report the first tool call
      </h2>
      <p className="mb-4 text-muted">
        AgentSentinel watches the tool calls of your agents: names, times and digests, never what is in them.
      </p>
      {mayWrite && (
        <div className="mb-4 flex flex-wrap items-center gap-3">
          <button
            type="button"
            className="button button-primary"
            disabled={make.isPending || made !== null}
            onClick={() => make.mutate()}
          >
            {made ? "The key is in the snippet" : "Make an agent key"}
          </button>
          <span className="text-xs text-muted">
            {made ? (
              <>
                It reports for <UntrustedText className="text-text">{made.agent.name}</UntrustedText>. It is shown this
                once; copy the snippet now.
              </>
            ) : (
              <>
                It is put into the snippet, and can only report events of{" "}
                {agents[0] ? <UntrustedText className="text-text">{agents[0].name}</UntrustedText> : "a new agent"}.
              </>
            )}
          </span>
          {make.error && (
            <span role="alert" className="text-critical">
              {make.error.message}
            </span>
          )}
        </div>
      )}
      <Snippets apiKey={made?.key ?? KEY_PLACE} agentId={made?.agent.id ?? "AGENT_ID"} />
      <p role="status" className="my-4 flex items-center gap-2 text-muted">
        <span className="beating size-2.5 shrink-0 rounded-full bg-link" aria-hidden="true" />
        Waiting for the first event… this page changes by itself.
      </p>
      {mayWrite && !isDemoLoaded && <LoadDemo />}
    </section>
  );
}
