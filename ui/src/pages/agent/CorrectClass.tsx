import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { dataOf, server } from "../../api/client";
import { effectQuery } from "../../api/queries";
import type { Grant, ToolClassInput } from "../../api/types";
import { Dialog } from "../../components/Dialog";
import { CAPABILITIES, EXITS, MEANING } from "../../lib/capabilities";
import { score, signed, visible } from "../../lib/format";
import { AuditedForm } from "./AuditedForm";

const SCOPES = ["read", "write", "admin"] as const;

/** Corrects the class of a grant's tool where that of its name is wrong, or undoes that, after showing the effect. */
export function CorrectClass({ grant, onDone }: { grant: Grant; onDone: () => void }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className="button button-small"
        aria-label={`Correct the class of ${visible(grant.tool_name)}`}
        onClick={() => setOpen(true)}
      >
        Class…
      </button>
      <Dialog open={isOpen} onClose={() => setOpen(false)} title="Class of the tool">
        {isOpen && <ClassForm grant={grant} onDone={onDone} close={() => setOpen(false)} />}
      </Dialog>
    </>
  );
}

function ClassForm({ grant, onDone, close }: { grant: Grant; onDone: () => void; close: () => void }) {
  const [chosen, choose] = useState<ToolClassInput>(() => classOf(grant));
  const [isUndone, setUndone] = useState(false);
  const [note, setNote] = useState("");
  const toolClass = isUndone ? null : chosen;
  const save = useMutation({
    mutationFn: () =>
      dataOf(
        server.PATCH("/api/v1/agents/{agent_id}/grants/{grant_id}", {
          params: { path: { agent_id: grant.agent_id, grant_id: grant.id } },
          body: { tool_class: toolClass, note: note.trim() },
        }),
      ),
    onSuccess: () => {
      close();
      onDone();
    },
  });
  const isUnchanged = !isUndone && JSON.stringify(chosen) === JSON.stringify(classOf(grant));
  const isContradiction = !isUndone && chosen.scope === "read" && changesSomething(chosen);
  return (
    <AuditedForm
      reason={note}
      setReason={setNote}
      save={save}
      isUnchanged={isUnchanged || isContradiction || note.trim() === ""}
      close={close}
    >
      <p className="text-muted">
        What <span className="name font-mono text-text">{visible(grant.tool_name)}</span> can do, where its name says
        something else. The rules judge the agent by it, and later observations do not change it.
      </p>
      {grant.correction && (
        <label className="flex items-center gap-2">
          <input type="checkbox" checked={isUndone} onChange={(event) => setUndone(event.target.checked)} />
          Undo: the class of its name again
        </label>
      )}
      <fieldset disabled={isUndone} className={`flex flex-col gap-3 ${isUndone ? "opacity-60" : ""}`}>
        <legend className="sr-only">Class</legend>
        <ClassFields chosen={chosen} choose={choose} />
      </fieldset>
      {isContradiction ? (
        <p role="status">A tool that is dangerous or changes something has the scope write or admin.</p>
      ) : (
        !isUnchanged && <Effect grant={grant} toolClass={toolClass} />
      )}
    </AuditedForm>
  );
}

function ClassFields({ chosen, choose }: { chosen: ToolClassInput; choose: (chosen: ToolClassInput) => void }) {
  const toggle = (capability: (typeof CAPABILITIES)[number], isHeld: boolean) =>
    choose({
      ...chosen,
      capabilities: CAPABILITIES.filter((one) => (one === capability ? isHeld : chosen.capabilities.includes(one))),
    });
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
        <label>
          Scope{" "}
          <select
            className="field"
            value={chosen.scope}
            onChange={(event) =>
              choose({ ...chosen, scope: SCOPES.find((scope) => scope === event.target.value) ?? chosen.scope })
            }
          >
            {SCOPES.map((scope) => (
              <option key={scope}>{scope}</option>
            ))}
          </select>
        </label>
        <label className="flex items-center gap-2">
          <input
            type="checkbox"
            checked={chosen.is_dangerous}
            onChange={(event) => choose({ ...chosen, is_dangerous: event.target.checked })}
          />
          Dangerous: cannot be undone, reaches others or is open-ended
        </label>
      </div>
      <div role="group" aria-label="Capabilities" className="grid gap-x-4 gap-y-1 sm:grid-cols-2">
        {CAPABILITIES.map((capability) => (
          <label key={capability} className="flex items-center gap-2" title={MEANING[capability]}>
            <input
              type="checkbox"
              checked={chosen.capabilities.includes(capability)}
              onChange={(event) => toggle(capability, event.target.checked)}
            />
            {capability}
          </label>
        ))}
      </div>
    </>
  );
}

/** What it does to the score, before it is done. */
function Effect({ grant, toolClass }: { grant: Grant; toolClass: ToolClassInput | null }) {
  const effect = useQuery({ ...effectQuery(grant, toolClass), placeholderData: (previous) => previous });
  return (
    <p role="status" className="min-h-10">
      {effect.error && <span className="text-critical">{effect.error.message}</span>}
      {effect.data && (
        <>
          Trust becomes <strong>{score(effect.data.trust_score)}</strong> ({signed(effect.data.gain)}), posture{" "}
          {score(effect.data.posture_score)}, all else unchanged.
          {effect.data.resolves.length > 0 && <> Resolves {effect.data.resolves.join(", ")}.</>}
          {effect.data.opens.length > 0 && <> Opens {effect.data.opens.join(", ")}.</>}
        </>
      )}
    </p>
  );
}

function classOf(grant: Grant): ToolClassInput {
  return {
    scope: grant.scope,
    is_dangerous: grant.is_dangerous,
    capabilities: CAPABILITIES.filter((one) => grant.capabilities.includes(one)),
  };
}

function changesSomething({ is_dangerous, capabilities }: ToolClassInput): boolean {
  return is_dangerous || EXITS.some((capability) => capabilities.includes(capability));
}
