import { getRouteApi, useNavigate } from "@tanstack/react-router";
import {
  columnVisibilityFeature,
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  sortFn_basic,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useMemo, useState } from "react";
import type { AgentSummary } from "../../api/types";
import { compareTrust } from "../../lib/agents";
import type { Sort } from "../../lib/search";
import { useEvent } from "../../lib/useEvent";
import { useShortcuts } from "../../lib/useShortcuts";
import { AgentRows } from "./AgentRows";
import { CELLS, type ColumnId, gridTemplate } from "./columns";

const route = getRouteApi("/shell/");
const features = tableFeatures({ rowSortingFeature, columnVisibilityFeature, sortedRowModel: createSortedRowModel() });
const helper = createColumnHelper<typeof features, AgentSummary>();
const NEVER = "";

const columns = helper.columns([
  helper.accessor((agent) => agent.trust_score ?? 101, {
    id: "trust",
    sortFn: (a, b) => compareTrust(a.original, b.original),
  }),
  helper.accessor("name", { id: "name", sortFn: (a, b) => a.original.name.localeCompare(b.original.name) }),
  helper.display({ id: "trend" }),
  helper.accessor((agent) => agent.posture_score ?? 101, { id: "posture", sortFn: sortFn_basic }),
  helper.accessor((agent) => agent.behavior_score ?? 101, { id: "behavior", sortFn: sortFn_basic }),
  helper.accessor("events_last_hour", { id: "events", sortFn: sortFn_basic }),
  helper.accessor((agent) => agent.critical_findings * 1000 + agent.open_findings, {
    id: "findings",
    sortFn: sortFn_basic,
  }),
  helper.accessor((agent) => agent.last_seen_at ?? NEVER, { id: "seen", sortFn: sortFn_basic }),
]);

/** Agents, worst first unless the address says otherwise. Only the rows in sight are drawn. */
export function AgentTable({
  agents,
  selected,
  select,
}: {
  agents: AgentSummary[];
  selected: ReadonlySet<string>;
  select: ((selected: ReadonlySet<string>) => void) | undefined;
}) {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/" });
  const [currentId, setCurrentId] = useState<string | null>(null);
  const hidden = useMemo(() => search.hide?.split(",") ?? [], [search.hide]);
  const sorting = useMemo(
    () => [{ id: search.sort ?? "trust", desc: search.desc ?? false }],
    [search.sort, search.desc],
  );
  const table = useTable({
    features,
    columns,
    data: agents,
    getRowId: (agent) => agent.id,
    state: {
      sorting,
      columnVisibility: Object.fromEntries(hidden.map((id) => [id, false])),
    },
  });
  const rows = table.getRowModel().rows;
  const ids = useMemo(
    () =>
      table
        .getAllLeafColumns()
        .map((column) => column.id as ColumnId)
        .filter((id) => !hidden.includes(id)),
    [table, hidden],
  );
  const sorted = useMemo(() => rows.map((row) => row.original), [rows]);
  // By its id, not its place: rows move under the keyboard when scores change or others are filtered out.
  const at = rows.findIndex((row) => row.id === currentId);
  const go = (step: number) => setCurrentId(rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.id ?? null);
  const toggle = useEvent((id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    select?.(next);
  });
  const current = rows[at]?.original;
  useShortcuts({
    j: () => go(1),
    k: () => go(-1),
    // biome-ignore lint/correctness/noComponentHookFactories: the name of a key
    ...(current && { Enter: () => void navigate({ to: "/agents/$agentId", params: { agentId: current.id } }) }),
    ...(current && select && { x: () => toggle(current.id) }),
  });
  const sortBy = (id: Sort) => {
    const isSame = (search.sort ?? "trust") === id;
    void navigate({
      search: { ...search, sort: id, desc: (isSame ? !search.desc : CELLS[id].startsDown) || undefined },
    });
  };
  const template = gridTemplate(ids, Boolean(select));
  return (
    <div role="table" aria-label="Agents" aria-rowcount={rows.length + 1} className="card overflow-hidden">
      <div role="rowgroup" className="border-b border-line bg-raised max-md:hidden">
        <div
          role="row"
          className="grid h-8 items-center gap-x-3 px-3 text-xs text-muted"
          style={{ gridTemplateColumns: template }}
        >
          {select && (
            <span role="columnheader">
              <span className="sr-only">Select</span>
            </span>
          )}
          {ids.map((id) => (
            <HeaderCell key={id} id={id} sort={search.sort ?? "trust"} isDown={search.desc ?? false} sortBy={sortBy} />
          ))}
        </div>
      </div>
      <AgentRows
        agents={sorted}
        columns={ids}
        template={template}
        at={at}
        selected={selected}
        toggle={select && toggle}
      />
    </div>
  );
}

function HeaderCell({
  id,
  sort,
  isDown,
  sortBy,
}: {
  id: ColumnId;
  sort: Sort;
  isDown: boolean;
  sortBy: (id: Sort) => void;
}) {
  const { label, isRight } = CELLS[id];
  const isSorted = sort === id;
  if (id === "trend") return <span role="columnheader">{label}</span>;
  return (
    <span
      role="columnheader"
      aria-sort={isSorted ? (isDown ? "descending" : "ascending") : "none"}
      className={isRight ? "text-right" : ""}
    >
      <button
        type="button"
        className={`hover:text-text ${isSorted ? "font-semibold text-text" : ""}`}
        onClick={() => sortBy(id)}
      >
        {label}
        {isSorted && <span aria-hidden="true">{isDown ? " ↓" : " ↑"}</span>}
      </button>
    </span>
  );
}
