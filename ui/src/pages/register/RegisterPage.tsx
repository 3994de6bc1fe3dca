import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { dataOf, server } from "../../api/client";
import { TextField } from "../../components/Fields";
import { Page } from "../../components/Page";
import { Empty } from "../../components/QueryStates";
import { useMayWrite } from "../../lib/useRights";
import { type GrantDraft, GrantFields } from "./GrantFields";

const BLANK: GrantDraft = { tool: "", limit: "" };

/** A new agent and what it may call. Each tool's classification shows as it is typed; it cannot be chosen. */
export function RegisterPage() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayWrite = useMayWrite();
  const [form, setForm] = useState({ name: "", owner_team: "", agent_type: "", model: "", description: "" });
  const [grants, setGrants] = useState<GrantDraft[]>([BLANK]);
  const set = (name: keyof typeof form) => (event: React.ChangeEvent<HTMLInputElement>) =>
    setForm({ ...form, [name]: event.target.value });
  const register = useMutation({
    mutationFn: async () => {
      const filledIn = Object.fromEntries(Object.entries(form).filter(([, value]) => value.trim() !== ""));
      const agent = await dataOf(server.POST("/api/v1/agents", { body: { ...filledIn, name: form.name } }));
      for (const grant of grants.filter(({ tool }) => tool.trim() !== "")) {
        await server.POST("/api/v1/agents/{agent_id}/grants", {
          params: { path: { agent_id: agent.id } },
          body: { tool_name: grant.tool, ...(grant.limit && { rate_limit_per_hour: Number(grant.limit) }) },
        });
      }
      return agent;
    },
    onSuccess: async (agent) => {
      await client.invalidateQueries({ queryKey: ["overview"] });
      await navigate({ to: "/agents/$agentId", params: { agentId: agent.id } });
    },
  });
  if (!mayWrite) {
    return (
      <Page title="Register an agent" tab="Register">
        <Empty title="Not with this key">A readonly key may look. Sign in with an admin key to register agents.</Empty>
      </Page>
    );
  }
  return (
    <Page
      title="Register an agent"
      tab="Register"
      lead="Or let the SDK do it: an agent can register itself with an admin key."
    >
      <form
        className="max-w-3xl"
        onSubmit={(event) => {
          event.preventDefault();
          register.mutate();
        }}
      >
        <fieldset className="card mb-4 grid gap-4 p-4 sm:grid-cols-2">
          <legend className="sr-only">The agent</legend>
          <TextField label="Name" required maxLength={255} value={form.name} onChange={set("name")} autoFocus />
          <TextField
            label="Team"
            maxLength={128}
            placeholder="unassigned"
            value={form.owner_team}
            onChange={set("owner_team")}
          />
          <TextField
            label="Type"
            maxLength={64}
            placeholder="llm_agent"
            value={form.agent_type}
            onChange={set("agent_type")}
          />
          <TextField label="Model" maxLength={128} placeholder="unknown" value={form.model} onChange={set("model")} />
          <div className="sm:col-span-2">
            <TextField
              label="What it is for"
              maxLength={1000}
              value={form.description}
              onChange={set("description")}
              help="The rules compare it with what the agent may do: one that only reads should hold no grant that writes."
            />
          </div>
        </fieldset>
        <GrantFields grants={grants} setGrants={setGrants} blank={BLANK} />
        {register.error && (
          <p role="alert" className="mb-3 text-critical">
            {register.error.message}
          </p>
        )}
        <button type="submit" className="button button-primary" disabled={register.isPending}>
          {register.isPending ? "Registering…" : "Register agent"}
        </button>
      </form>
    </Page>
  );
}
