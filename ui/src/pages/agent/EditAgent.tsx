import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { dataOf, server } from "../../api/client";
import type { AgentDetail } from "../../api/types";
import { Dialog } from "../../components/Dialog";
import { TextField } from "../../components/Fields";
import { AuditedForm } from "./AuditedForm";

/** Edits what a person may say about an agent; only what was changed is sent, with a note for the audit log. */
export function EditAgent({ agent }: { agent: AgentDetail }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="button" onClick={() => setOpen(true)}>
        Edit…
      </button>
      <Dialog open={isOpen} onClose={() => setOpen(false)} title="Edit this agent">
        <Form agent={agent} close={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function Form({ agent, close }: { agent: AgentDetail; close: () => void }) {
  const id = useId();
  const client = useQueryClient();
  const [fields, setFields] = useState({
    name: agent.name,
    owner_team: agent.owner_team,
    agent_type: agent.agent_type,
    model: agent.model,
    description: agent.description ?? "",
    silent_after_hours: agent.silent_after_hours?.toString() ?? "",
  });
  const [note, setNote] = useState("");
  const set = (name: keyof typeof fields) => (event: { target: { value: string } }) =>
    setFields((old) => ({ ...old, [name]: event.target.value }));
  const save = useMutation({
    mutationFn: () =>
      dataOf(
        server.PATCH("/api/v1/agents/{agent_id}", {
          params: { path: { agent_id: agent.id } },
          body: { ...changesOf(agent, fields), ...(note.trim() && { note: note.trim() }) },
        }),
      ),
    onSuccess: async () => {
      await Promise.all(
        [["agent", agent.id], ["overview"], ["audit"]].map((queryKey) => client.invalidateQueries({ queryKey })),
      );
      close();
    },
  });
  const hasChanged = Object.keys(changesOf(agent, fields)).length > 0;
  return (
    <AuditedForm reason={note} setReason={setNote} save={save} isUnchanged={!hasChanged} close={close}>
      <TextField label="Name" required maxLength={255} value={fields.name} onChange={set("name")} />
      <TextField label="Team" required maxLength={128} value={fields.owner_team} onChange={set("owner_team")} />
      <div className="grid grid-cols-2 gap-3">
        <TextField label="Type" required maxLength={64} value={fields.agent_type} onChange={set("agent_type")} />
        <TextField label="Model" required maxLength={128} value={fields.model} onChange={set("model")} />
      </div>
      <div>
        <label htmlFor={id} className="mb-1 block text-sm font-medium">
          Purpose
        </label>
        <textarea
          id={id}
          className="field h-20 w-full py-1.5"
          maxLength={1000}
          value={fields.description}
          onChange={set("description")}
          aria-describedby={`${id}-help`}
        />
        <p id={`${id}-help`} className="mt-1 text-xs text-muted">
          What it is for. Rules compare it with what the agent may do.
        </p>
      </div>
      <TextField
        label="Silent after hours"
        type="number"
        min={1}
        max={8784}
        placeholder="by its rhythm"
        help="Hours without a report after which it counts as silent; empty: what its own rhythm says."
        value={fields.silent_after_hours}
        onChange={set("silent_after_hours")}
      />
    </AuditedForm>
  );
}

interface Fields {
  name: string;
  owner_team: string;
  agent_type: string;
  model: string;
  description: string;
  silent_after_hours: string;
}

/** The members of a PATCH: those that differ from the agent. */
function changesOf(agent: AgentDetail, fields: Fields) {
  const wanted = {
    ...fields,
    description: fields.description.trim() || null,
    silent_after_hours: fields.silent_after_hours ? Number(fields.silent_after_hours) : null,
  };
  const names = Object.keys(wanted) as (keyof typeof wanted)[];
  return Object.fromEntries(names.filter((name) => wanted[name] !== agent[name]).map((name) => [name, wanted[name]]));
}
