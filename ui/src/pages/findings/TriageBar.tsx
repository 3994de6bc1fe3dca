import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { dataOf, server } from "../../api/client";
import type { BulkDecision, FindingPatch } from "../../api/types";
import { AssignmentFields } from "../../components/Assignment";
import { SnoozeSelect } from "../../components/SnoozeSelect";
import { bulkFilterOf, type FindingFilters } from "../../lib/findings";
import { count } from "../../lib/format";
import { useRefreshFindings } from "../../lib/useDecision";
import type { FindingSelection } from "./useFindingSelection";

/** One decision or assignment, with one note, for all that is selected. */
export function TriageBar({
  selection,
  filters,
  matching,
}: {
  selection: FindingSelection;
  filters: FindingFilters;
  matching: number;
}) {
  const refresh = useRefreshFindings();
  const [note, setNote] = useState("");
  const { selected, clear } = selection;
  const number = selected.kind === "all" ? selected.count : selected.ids.size;
  const decide = useMutation({
    mutationFn: (patch: FindingPatch) => {
      const which: Pick<BulkDecision, "ids" | "filter"> =
        selected.kind === "all" ? { filter: bulkFilterOf(selected.filters) } : { ids: [...selected.ids] };
      const body = { ...patch, ...which, ...(note.trim() && { note: note.trim() }) };
      return dataOf(server.POST("/api/v1/findings/decisions", { body }));
    },
    onSuccess: async () => {
      clear();
      setNote("");
      await refresh();
    },
  });
  return (
    <>
      <p role="status" className={decide.data && number === 0 ? "mt-3 text-muted" : "sr-only"}>
        {decide.data && number === 0 && `Decided: ${decide.data.changed} of ${count(decide.data.matched, "finding")}.`}
      </p>
      {number > 0 && (
        <div
          role="region"
          aria-label="Selected findings"
          className="card sticky bottom-3 z-10 mx-auto mt-3 flex w-fit max-w-full flex-wrap items-center gap-2 border-edge bg-raised px-3 py-2"
        >
          <span className="font-medium">{count(number, "finding")} selected</span>
          {selected.kind === "ids" && matching > number && (
            <button
              type="button"
              className="button button-small"
              onClick={() => selection.selectAll(filters, matching)}
            >
              Select all {matching.toLocaleString("en")} that match
            </button>
          )}
          <input
            className="field min-w-40 flex-1"
            aria-label="Note for all"
            placeholder="Note for all"
            maxLength={2000}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
          <Actions isBusy={decide.isPending} decide={decide.mutate} />
          <AssignmentFields name="All selected" current={undefined} isBusy={decide.isPending} assign={decide.mutate} />
          <button type="button" className="button button-small" onClick={clear}>
            Clear
          </button>
          {decide.error && (
            <p role="alert" className="basis-full text-critical">
              {decide.error.message}
            </p>
          )}
        </div>
      )}
    </>
  );
}

function Actions({ isBusy, decide }: { isBusy: boolean; decide: (patch: FindingPatch) => void }) {
  return (
    <>
      <button
        type="button"
        className="button button-small"
        disabled={isBusy}
        onClick={() => decide({ status: "ACKNOWLEDGED" })}
      >
        Acknowledge
      </button>
      <button
        type="button"
        className="button button-small"
        disabled={isBusy}
        onClick={() => decide({ status: "RESOLVED" })}
      >
        Resolve
      </button>
      <SnoozeSelect label="Snooze all" disabled={isBusy} decide={decide} />
    </>
  );
}
