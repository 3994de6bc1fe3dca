import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { dataOf, server } from "../api/client";
import type { Finding, FindingPatch } from "../api/types";
import { SnoozeSelect } from "./SnoozeSelect";

/** What a person may decide about a finding, with a note, for good or for a while. */
export function FindingDecision({ finding }: { finding: Finding }) {
  const id = useId();
  const client = useQueryClient();
  const [note, setNote] = useState("");
  const decide = useMutation({
    mutationFn: (patch: FindingPatch) =>
      dataOf(
        server.PATCH("/api/v1/findings/{finding_id}", {
          params: { path: { finding_id: finding.id } },
          body: { ...patch, ...(note.trim() && { note: note.trim() }) },
        }),
      ),
    onSuccess: async () => {
      setNote("");
      await Promise.all(
        [["findings"], ["finding", finding.id], ["agent", finding.agent_id], ["overview"]].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      );
    },
  });
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
            disabled={decide.isPending}
            onClick={() => decide.mutate({ status: "ACKNOWLEDGED" })}
          >
            Acknowledge
          </button>
        )}
        {finding.status !== "RESOLVED" && (
          <button
            type="button"
            className="button button-small"
            disabled={decide.isPending}
            onClick={() => decide.mutate({ status: "RESOLVED" })}
          >
            Resolve
          </button>
        )}
        {!isOpen && (
          <button
            type="button"
            className="button button-small"
            disabled={decide.isPending}
            onClick={() => decide.mutate({ status: "OPEN" })}
          >
            Reopen
          </button>
        )}
        {isOpen && <SnoozeSelect label="Snooze" disabled={decide.isPending} decide={decide.mutate} />}
      </div>
      {decide.error && (
        <p role="alert" className="mt-1 text-critical">
          {decide.error.message}
        </p>
      )}
      <p className="mt-2 text-xs text-muted">
        A decision does not change the score: the cause is still there. It holds until the evidence changes.
      </p>
    </form>
  );
}
