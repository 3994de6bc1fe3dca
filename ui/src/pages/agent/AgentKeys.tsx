import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { dataOf, server } from "../../api/client";
import { agentKeysQuery } from "../../api/queries";
import type { AgentDetail } from "../../api/types";
import { Copyable } from "../../components/Copyable";
import { Empty, Failure, Skeleton } from "../../components/QueryStates";
import { Snippets } from "../../components/Snippets";
import { Time } from "../../components/Time";
import { UntrustedText } from "../../components/UntrustedText";
import { snippetFor } from "../../lib/snippets";

/** The live keys of this agent, and a new one that is handed over with the code that uses it. */
export function AgentKeys({ agent }: { agent: AgentDetail }) {
  const client = useQueryClient();
  const keys = useQuery(agentKeysQuery(agent.id));
  const make = useMutation({
    mutationFn: () =>
      dataOf(
        server.POST("/api/v1/keys", {
          body: { name: `${agent.name} key`.slice(0, 255), scope: "agent", agent_id: agent.id },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ["keys"] }),
  });
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <button
          type="button"
          className="button button-primary"
          disabled={make.isPending || make.data !== undefined}
          onClick={() => make.mutate()}
        >
          New key
        </button>
        <span className="text-muted">
          It can only report events of this agent. To replace or revoke one:{" "}
          <Link to="/keys" className="link">
            all keys
          </Link>
        </span>
      </div>
      {make.error && (
        <p role="alert" className="mb-2 text-critical">
          {make.error.message}
        </p>
      )}
      {make.data && (
        <section aria-label="The new key and how to use it" className="card mb-4 p-4">
          <p role="status" className="mb-2 text-watch">
            Copy it now: it is shown this once, and stored as a digest only.
          </p>
          <Copyable label="The new key" text={make.data.key} />
          <h2 className="heading mt-4 mb-2">Report with it</h2>
          <Snippets first={snippetFor(agent)} apiKey={make.data.key} agentId={agent.id} />
        </section>
      )}
      {!keys.data ? (
        keys.error ? (
          <Failure error={keys.error} retry={() => void keys.refetch()} />
        ) : (
          <Skeleton rows={2} />
        )
      ) : keys.data.length === 0 ? (
        <Empty title="No key of its own">Without one it cannot report, unless it uses an admin key.</Empty>
      ) : (
        <ul className="card divide-y divide-line">
          {keys.data.map((key) => (
            <li key={key.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 py-2">
              <span className="min-w-0 flex-1 basis-52">
                <UntrustedText className="font-medium">{key.name}</UntrustedText>
                <span className="block font-mono text-xs text-muted">{key.key_prefix}…</span>
              </span>
              <span className="text-xs text-muted">
                made <Time at={key.created_at} />
                {key.expires_at && (
                  <>
                    , ends <Time at={key.expires_at} />
                  </>
                )}
              </span>
              <span className="text-xs text-muted">
                {key.last_used_at ? (
                  <>
                    used <Time at={key.last_used_at} />
                  </>
                ) : (
                  "never used"
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
