import { useId, useState } from "react";
import type { Finding, FindingPatch } from "../api/types";
import { useDecision } from "../lib/useDecision";
import { SnoozeSelect } from "./SnoozeSelect";

/** What a person may decide about a finding, with a note, for good or for a while. */
export function FindingDecision({ finding }: { finding: Finding }) {
  const id = useId();
  const [note, setNote] = useState("");
  const decision = useDecision();
  const decide = (patch: FindingPatch) =>
    decision.mutate(
      { id: finding.id, ...patch, ...(note.trim() && { note: note.trim() }) },
      { onSuccess: () => setNote("") },
    );
  const isOpen = finding.status === "OPEN";
  return (
    <form aria-label="Decide" onSubmit={(event) => event.preventDefault()}>
      <label htmlFor={id} className="heading mb-1 block">
        Note
      </label>
      <textarea
        id={id}
        className="field h-16 w-full py-1"
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.target.value)}
        placeholder="Why, for the next reader"
      />
      <div className="mt-2 flex flex-wrap gap-2">
        {isOpen && (
          <button
            type="button"
            className="button button-small"
            disabled={decision.isPending}
            onClick={() => decide({ status: "ACKNOWLEDGED" })}
          >
            Acknowledge
          </button>
        )}
        {finding.status !== "RESOLVED" && (
          <button
            type="button"
            className="button button-small"
            disabled={decision.isPending}
            onClick={() => decide({ status: "RESOLVED" })}
          >
            Resolve
          </button>
        )}
        {!isOpen && (
          <button
            type="button"
            className="button button-small"
            disabled={decision.isPending}
            onClick={() => decide({ status: "OPEN" })}
          >
            Reopen
          </button>
        )}
        {isOpen && <SnoozeSelect label="Snooze" disabled={decision.isPending} decide={decide} />}
      </div>
      {decision.error && (
        <p role="alert" className="mt-1 text-critical">
          {decision.error.message}
        </p>
      )}
      <p className="mt-2 text-xs text-muted">
        A decision does not change the score: the cause is still there. It holds until the evidence changes.
      </p>
    </form>
  );
}
