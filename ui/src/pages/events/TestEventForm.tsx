import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { dataOf, server } from "../../api/client";
import type { AgentSummary, TestEvent } from "../../api/types";
import { TextField } from "../../components/Fields";
import { sha256 } from "../../lib/digest";
import { visible } from "../../lib/format";

/** One event by hand. Input and output never leave the browser: their digests do. */
export function TestEventForm({ agents, agentId }: { agents: AgentSummary[]; agentId: string | undefined }) {
  const [form, setForm] = useState({
    agent: agentId ?? "",
    tool: "",
    input: "",
    output: "",
    duration: "",
    session: "",
  });
  const set = (name: keyof typeof form) => (event: React.ChangeEvent<HTMLInputElement | HTMLSelectElement>) =>
    setForm({ ...form, [name]: event.target.value });
  const send = useMutation({
    mutationFn: async () => {
      const event: TestEvent = {
        agent_id: form.agent,
        tool_name: form.tool,
        input_hash: await sha256(form.input),
        output_hash: await sha256(form.output),
        duration_ms: form.duration === "" ? null : Number(form.duration),
        session_id: form.session || null,
      };
      return dataOf(server.POST("/api/v1/events/test", { body: event }));
    },
  });
  return (
    <form
      aria-label="Test event"
      className="card mb-4 grid items-start gap-3 p-4 sm:grid-cols-2 lg:grid-cols-4"
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate();
      }}
    >
      <label className="block text-sm font-medium">
        <span className="mb-1 block">Agent</span>
        <select className="field w-full" required value={form.agent} onChange={set("agent")}>
          <option value="">Choose…</option>
          {agents.map((agent) => (
            <option key={agent.id} value={agent.id}>
              {visible(agent.name).slice(0, 60)}
            </option>
          ))}
        </select>
      </label>
      <TextField
        label="Tool"
        required
        maxLength={255}
        value={form.tool}
        onChange={set("tool")}
        className="field w-full font-mono"
      />
      <TextField
        label="Duration in ms"
        type="number"
        min={0}
        max={604800000}
        value={form.duration}
        onChange={set("duration")}
      />
      <TextField label="Session" maxLength={255} value={form.session} onChange={set("session")} />
      <TextField label="Input" help="Stays here; its SHA-256 is sent." value={form.input} onChange={set("input")} />
      <TextField label="Output" help="Stays here; its SHA-256 is sent." value={form.output} onChange={set("output")} />
      <div className="flex items-center gap-3 self-center">
        <button type="submit" className="button button-primary" disabled={send.isPending}>
          Send
        </button>
        <p role="status" className="text-muted">
          {send.data &&
            `Stored: anomaly ${send.data.anomaly_score.toFixed(2)}. ${send.data.reasons.map((reason) => visible(reason.message)).join(" · ")}`}
        </p>
        {send.error && (
          <p role="alert" className="text-critical">
            {send.error.message}
          </p>
        )}
      </div>
    </form>
  );
}
