import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Grant } from "../../api/types";
import { Dialog } from "../../components/Dialog";
import { TextField } from "../../components/Fields";
import { visible } from "../../lib/format";
import { setRateLimit } from "./ApplyChange";
import { AuditedForm } from "./AuditedForm";

/** Sets or lifts the rate limit of a grant. */
export function LimitGrant({ grant, onDone }: { grant: Grant; onDone: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const [limit, setLimit] = useState("");
  const [note, setNote] = useState("");
  const save = useMutation({
    mutationFn: () => setRateLimit(grant, limit ? Number(limit) : null, note.trim()),
    onSuccess: () => {
      setOpen(false);
      onDone();
    },
  });
  const open = () => {
    setLimit(grant.rate_limit_per_hour?.toString() ?? "");
    setNote("");
    setOpen(true);
  };
  return (
    <>
      <button
        type="button"
        className="button button-small"
        aria-label={`Limit ${visible(grant.tool_name)}`}
        onClick={open}
      >
        Limit…
      </button>
      <Dialog open={isOpen} onClose={() => setOpen(false)} title="Rate limit">
        <AuditedForm reason={note} setReason={setNote} save={save} close={() => setOpen(false)}>
          <p className="text-muted">
            How often the agent may call <span className="name font-mono text-text">{visible(grant.tool_name)}</span>.
          </p>
          <TextField
            label="Calls per hour at most"
            type="number"
            min={1}
            max={100000}
            placeholder="no limit"
            value={limit}
            onChange={(event) => setLimit(event.target.value)}
          />
        </AuditedForm>
      </Dialog>
    </>
  );
}
