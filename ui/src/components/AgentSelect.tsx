import { useMemo } from "react";
import { visible } from "../lib/format";

/** A choice of one agent, or of any. */
export function AgentSelect({
  agents,
  value,
  onChange,
}: {
  agents: { id: string; name: string }[];
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}) {
  const named = useMemo(() => [...agents].sort((a, b) => a.name.localeCompare(b.name)), [agents]);
  return (
    <select
      aria-label="Agent"
      className={`field max-w-52 ${value ? "border-link" : ""}`}
      value={value ?? ""}
      onChange={(event) => onChange(event.target.value || undefined)}
    >
      <option value="">Agent: any</option>
      {named.map((agent) => (
        <option key={agent.id} value={agent.id}>
          {visible(agent.name).slice(0, 60)}
        </option>
      ))}
    </select>
  );
}
