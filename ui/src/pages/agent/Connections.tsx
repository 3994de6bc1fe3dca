import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { server } from "../../api/client";
import { manifestsQuery } from "../../api/queries";
import type { AgentDetail, Connection } from "../../api/types";
import { Chip } from "../../components/Badges";
import { Empty, Skeleton, StaleNotice } from "../../components/QueryStates";
import { Time } from "../../components/Time";
import { UntrustedText } from "../../components/UntrustedText";
import { byConnection } from "../../lib/manifests";
import { useMayWrite } from "../../lib/useRights";
import { Manifests } from "./Manifests";

const INSTALL = "sentinel shim install --client NAME";

/** The MCP servers the agent talks to, and what is pinned of them. Addresses are shown as text: they are untrusted. */
export function Connections({ agent }: { agent: AgentDetail }) {
  const mayWrite = useMayWrite();
  const client = useQueryClient();
  const manifests = useQuery(manifestsQuery(agent.id));
  const refresh = () => client.invalidateQueries({ queryKey: ["agent", agent.id] });
  const { of, others } = byConnection(agent.mcp_connections, manifests.data ?? []);
  return (
    <>
      {mayWrite && <AddConnection agentId={agent.id} onDone={refresh} />}
      {manifests.error && <StaleNotice error={manifests.error} />}
      {agent.mcp_connections.length === 0 && others.length === 0 && (
        <Empty title="No MCP connections">
          Note the MCP servers this agent talks to; their addresses are judged, never fetched. Behind the shim (
          <code className="font-mono text-[13px]">{INSTALL}</code>) they are noted by themselves, and what they offer is
          pinned.
        </Empty>
      )}
      {agent.mcp_connections.length > 0 && (
        <ul className="card divide-y divide-line">
          {agent.mcp_connections.map((connection) => (
            <li key={connection.id} className="px-3 py-2">
              <ConnectionLine connection={connection} onChange={refresh} />
              <div className="mt-2">
                {manifests.data === undefined ? (
                  !manifests.error && <Skeleton rows={1} />
                ) : of.has(connection.id) ? (
                  <Manifests manifests={of.get(connection.id) ?? []} />
                ) : (
                  <p className="text-xs text-muted">
                    Nothing is pinned of this server. The shim reports what a server offers:{" "}
                    <code className="font-mono">{INSTALL}</code>
                  </p>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
      {others.length > 0 && (
        <section aria-labelledby="others" className="mt-4">
          <h2 id="others" className="heading mb-2">
            Servers without a connection
          </h2>
          <Manifests manifests={others} names />
        </section>
      )}
    </>
  );
}

function ConnectionLine({ connection, onChange }: { connection: Connection; onChange: () => Promise<void> }) {
  const mayWrite = useMayWrite();
  const remove = useMutation({
    mutationFn: () =>
      server.DELETE("/api/v1/agents/{agent_id}/mcp/{connection_id}", {
        params: { path: { agent_id: connection.agent_id, connection_id: connection.id } },
      }),
    onSuccess: onChange,
  });
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
      <div className="min-w-0 flex-1 basis-60">
        <UntrustedText className="font-medium">{connection.server_name}</UntrustedText>
        <div className="text-muted">
          <UntrustedText mono>{connection.command ?? connection.server_url}</UntrustedText>
        </div>
      </div>
      <div className="flex flex-wrap gap-1">
        {connection.capabilities?.map((capability) => <Chip key={capability}>{capability}</Chip>) ?? (
          <span className="text-xs text-muted">capabilities unknown</span>
        )}
      </div>
      <span className="text-xs text-muted">
        since <Time at={connection.created_at} />
      </span>
      {mayWrite && (
        <button
          type="button"
          className="button button-small"
          disabled={remove.isPending}
          onClick={() => remove.mutate()}
        >
          Remove
        </button>
      )}
    </div>
  );
}

function AddConnection({ agentId, onDone }: { agentId: string; onDone: () => void }) {
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  const add = useMutation({
    mutationFn: () =>
      server.POST("/api/v1/agents/{agent_id}/mcp", {
        params: { path: { agent_id: agentId } },
        body: { server_name: name, server_url: url },
      }),
    onSuccess: () => {
      setName("");
      setUrl("");
      onDone();
    },
  });
  return (
    <form
      className="mb-4 flex flex-wrap items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate();
      }}
    >
      <input
        aria-label="Server name"
        className="field w-44"
        placeholder="server name"
        maxLength={255}
        required
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <input
        aria-label="Server URL"
        className="field w-72 font-mono"
        placeholder="https://…/mcp"
        maxLength={512}
        required
        value={url}
        onChange={(event) => setUrl(event.target.value)}
      />
      <button type="submit" className="button" disabled={add.isPending}>
        Add connection
      </button>
      {add.error && (
        <span role="alert" className="text-critical">
          {add.error.message}
        </span>
      )}
    </form>
  );
}
