import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { server } from "../../api/client";
import type { AgentDetail } from "../../api/types";
import { Chip } from "../../components/Badges";
import { Empty } from "../../components/QueryStates";
import { Time } from "../../components/Time";
import { UntrustedText } from "../../components/UntrustedText";
import { useMayWrite } from "../../lib/useRights";

/** The MCP servers the agent talks to. Addresses are shown as text: they are untrusted text. */
export function Connections({ agent }: { agent: AgentDetail }) {
  const mayWrite = useMayWrite();
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: ["agent", agent.id] });
  const remove = useMutation({
    mutationFn: (id: string) =>
      server.DELETE("/api/v1/agents/{agent_id}/mcp/{connection_id}", {
        params: { path: { agent_id: agent.id, connection_id: id } },
      }),
    onSuccess: refresh,
  });
  return (
    <>
      {mayWrite && <AddConnection agentId={agent.id} onDone={refresh} />}
      {agent.mcp_connections.length === 0 && (
        <Empty title="No MCP connections">
          Note the MCP servers this agent talks to; their addresses are judged, never fetched.
        </Empty>
      )}
      {agent.mcp_connections.length > 0 && (
        <ul className="card divide-y divide-line">
          {agent.mcp_connections.map((connection) => (
            <li key={connection.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 py-2">
              <div className="min-w-0 flex-1">
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
                  onClick={() => remove.mutate(connection.id)}
                >
                  Remove
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </>
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
