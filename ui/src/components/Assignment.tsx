import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { assigneesQuery } from "../api/queries";
import type { Finding, FindingPatch } from "../api/types";
import { dueInWords, isOverdue, todayOf } from "../lib/findings";
import { visible } from "../lib/format";
import { useDecision } from "../lib/useDecision";
import { useNow } from "../lib/useNow";

type Assignment = Pick<FindingPatch, "assignee" | "due_on">;

/** Value of the choice that takes the assignee away; no key of this name can be assigned to. */
const UNASSIGNED = "none";

/** Who handles a finding and by when; nothing where neither is said. */
export function AssignmentMark({ finding }: { finding: Finding }) {
  const assignees = useQuery(assigneesQuery).data;
  const today = todayOf(useNow());
  const { assignee, due_on } = finding;
  const isLive = assignees?.find((one) => one.name === assignee)?.is_live ?? true;
  return (
    <>
      {assignee !== null && (
        <span
          className="chip max-w-48"
          title={`Assigned to ${visible(assignee)}${isLive ? "" : ", whose key is revoked or expired"}`}
        >
          <bdi className="truncate">{visible(assignee)}</bdi>
          {!isLive && <span className="shrink-0 text-watch">key revoked</span>}
        </span>
      )}
      {due_on !== null && finding.status !== "RESOLVED" && (
        <span
          className={`chip ${isOverdue(finding, today) ? "border-critical text-critical" : ""}`}
          title={`Due ${due_on} (UTC)`}
        >
          {dueInWords(due_on, today)}
        </span>
      )}
    </>
  );
}

/** A choice of assignee and due date, which a button applies. Only what was changed is sent. */
export function AssignmentFields({
  name,
  current,
  isBusy,
  assign,
}: {
  /** Begins the accessible names, so that two of these on one page differ. */
  name: string;
  /** What is assigned now; undefined where it may differ, of many findings. */
  current: { assignee: string | null; due_on: string | null } | undefined;
  isBusy: boolean;
  assign: (assignment: Assignment) => void;
}) {
  const live = (useQuery(assigneesQuery).data ?? []).filter((one) => one.is_live).map((one) => one.name);
  const [assignee, setAssignee] = useState<string>();
  const [dueOn, setDueOn] = useState<string>();
  const assigned = current?.assignee ?? undefined;
  const names = assigned === undefined || live.includes(assigned) ? live : [assigned, ...live];
  const change: Assignment = {
    ...(assignee !== undefined && { assignee: assignee === UNASSIGNED ? null : assignee }),
    ...(dueOn !== undefined && (current || dueOn) && { due_on: dueOn || null }),
  };
  const apply = () => {
    assign(change);
    setAssignee(undefined);
    setDueOn(undefined);
  };
  return (
    <div className="flex flex-wrap items-center gap-2">
      <select
        aria-label={`${name}: assignee`}
        className="field h-7 max-w-44 text-xs"
        value={visible(assignee ?? (current ? (assigned ?? UNASSIGNED) : ""))}
        disabled={isBusy}
        onChange={(event) => setAssignee([UNASSIGNED, ...names].find((one) => visible(one) === event.target.value))}
      >
        {!current && <option value="">Assign to…</option>}
        <option value={UNASSIGNED}>Unassigned</option>
        {names.map((one) => (
          <option key={one} value={visible(one)}>
            {visible(one)}
          </option>
        ))}
      </select>
      <label className="flex items-center gap-1.5 text-xs text-muted">
        Due
        <input
          type="date"
          aria-label={`${name}: due date`}
          className="field h-7 text-xs"
          min={todayOf(new Date())}
          value={dueOn ?? current?.due_on ?? ""}
          disabled={isBusy}
          onChange={(event) => setDueOn(event.target.value)}
        />
      </label>
      <button
        type="button"
        className="button button-small"
        disabled={isBusy || Object.keys(change).length === 0}
        onClick={apply}
      >
        Assign
      </button>
    </div>
  );
}

/** Who is to handle this finding, and by when. */
export function FindingAssignment({ finding }: { finding: Finding }) {
  const decide = useDecision();
  return (
    <div>
      <h3 className="heading mb-1">Assignment</h3>
      <AssignmentFields
        name="This finding"
        current={finding}
        isBusy={decide.isPending}
        assign={(assignment) => decide.mutate({ id: finding.id, ...assignment })}
      />
      {decide.error && (
        <p role="alert" className="mt-1 text-critical">
          {decide.error.message}
        </p>
      )}
    </div>
  );
}
