import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { dataOf, server } from "../../api/client";
import { overviewQuery } from "../../api/queries";
import type { KeyRequest } from "../../api/types";
import { Copyable } from "../../components/Copyable";
import { visible } from "../../lib/format";

type Scope = KeyRequest["scope"];
const SCOPES: [Scope, string][] = [
  ["readonly", "readonly: look at everything but keys"],
  ["agent", "agent: report events of one agent"],
  ["admin", "admin: everything"],
];

const DAY_MS = 86_400_000;
const LIVES: [number, string][] = [
  [0, "never ends"],
  [30, "ends after 30 days"],
  [90, "ends after 90 days"],
  [365, "ends after a year"],
];

/** A new key, shown this once. */
export function MakeKey() {
  const client = useQueryClient();
  const agents = useQuery(overviewQuery).data ?? [];
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Scope>("readonly");
  const [agentId, setAgentId] = useState("");
  const [days, setDays] = useState(0);
  const make = useMutation({
    mutationFn: () =>
      dataOf(
        server.POST("/api/v1/keys", {
          body: {
            name,
            scope,
            ...(scope === "agent" && { agent_id: agentId }),
            ...(days > 0 && { expires_at: new Date(Date.now() + days * DAY_MS).toISOString() }),
          },
        }),
      ),
    onSuccess: () => {
      setName("");
      return client.invalidateQueries({ queryKey: ["keys"] });
    },
  });
  return (
    <section aria-labelledby="make" className="card mb-5 p-4">
      <h2 id="make" className="heading mb-2">
        Make a key
      </h2>
      <form
        className="flex flex-wrap items-center gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <input
          aria-label="Name"
          className="field w-56"
          placeholder="what it is for"
          required
          maxLength={255}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <select
          aria-label="Scope"
          className="field max-w-full"
          value={scope}
          onChange={(event) => setScope(event.target.value as Scope)}
        >
          {SCOPES.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
        {scope === "agent" && (
          <select
            aria-label="Agent"
            className="field max-w-56"
            required
            value={agentId}
            onChange={(event) => setAgentId(event.target.value)}
          >
            <option value="">Choose the agent…</option>
            {agents.map((agent) => (
              <option key={agent.id} value={agent.id}>
                {visible(agent.name).slice(0, 60)}
              </option>
            ))}
          </select>
        )}
        <select
          aria-label="Life"
          className="field"
          value={days}
          onChange={(event) => setDays(Number(event.target.value))}
        >
          {LIVES.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
        <button type="submit" className="button button-primary" disabled={make.isPending}>
          Make key
        </button>
      </form>
      {make.error && (
        <p role="alert" className="mt-2 text-critical">
          {make.error.message}
        </p>
      )}
      {make.data && (
        <div className="mt-3" role="status">
          <p className="mb-1 text-watch">Copy it now: it is shown this once, and stored as a digest only.</p>
          <Copyable label="The new key" text={make.data.key} />
        </div>
      )}
    </section>
  );
}
