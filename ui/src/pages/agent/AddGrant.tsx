import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { dataOf, server } from "../../api/client";
import { ToolClass } from "../../components/ToolClass";

/** A form of one line; the tool's classification is shown while its name is typed. */
export function AddGrant({ agentId, onDone }: { agentId: string; onDone: () => void }) {
  const [name, setName] = useState("");
  const [limit, setLimit] = useState("");
  const add = useMutation({
    mutationFn: () =>
      dataOf(
        server.POST("/api/v1/agents/{agent_id}/grants", {
          params: { path: { agent_id: agentId } },
          body: { tool_name: name, ...(limit && { rate_limit_per_hour: Number(limit) }) },
        }),
      ),
    onSuccess: () => {
      setName("");
      setLimit("");
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
        aria-label="Tool name"
        className="field w-64 font-mono"
        placeholder="tool_name"
        maxLength={255}
        required
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <input
        aria-label="Calls per hour at most"
        className="field w-32"
        type="number"
        min={1}
        max={100000}
        placeholder="limit per hour"
        value={limit}
        onChange={(event) => setLimit(event.target.value)}
      />
      <button type="submit" className="button" disabled={add.isPending || !name}>
        Grant
      </button>
      <ToolClass name={name} />
      {add.error && (
        <span role="alert" className="text-critical">
          {add.error.message}
        </span>
      )}
    </form>
  );
}
