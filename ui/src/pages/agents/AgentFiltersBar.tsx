import { Menu } from "@base-ui/react/menu";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { AgentSummary } from "../../api/types";
import { SearchField, Select } from "../../components/Fields";
import { SavedViews } from "../../components/SavedViews";
import { distinct } from "../../lib/agents";
import { count } from "../../lib/format";
import { monitoringInWords } from "../../lib/monitoring";
import { COLUMNS, MONITORING } from "../../lib/search";
import type { SearchText } from "../../lib/useSearchText";

const route = getRouteApi("/shell/");

/** Search, filters and columns. All of it stands in the address. */
export function AgentFiltersBar({ agents, shown, text }: { agents: AgentSummary[]; shown: number; text: SearchText }) {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/" });
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const isFiltered = Boolean(text.typed || search.status || search.team || search.capability || search.monitoring);
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <SearchField label="Search agents" search={text} />
      <SavedViews page="agents" />
      <Select
        label="Team"
        value={search.team}
        options={distinct(agents.map((agent) => agent.owner_team))}
        onChange={(team) => set({ team })}
      />
      <Select
        label="Capability"
        value={search.capability}
        options={distinct(agents.flatMap((agent) => agent.capabilities))}
        onChange={(capability) => set({ capability })}
      />
      <Select
        label="Monitoring"
        value={search.monitoring}
        options={MONITORING}
        words={(one) => `${monitoringInWords(one)} (${agents.filter((agent) => agent.monitoring === one).length})`}
        onChange={(monitoring) => set({ monitoring })}
      />
      <ColumnsMenu
        hidden={search.hide?.split(",") ?? []}
        setHidden={(hide) => set({ hide: hide.join(",") || undefined })}
      />
      <span className="text-xs text-muted" aria-live="polite">
        {isFiltered ? `${shown} of ${count(agents.length, "agent")}` : count(agents.length, "agent")}
      </span>
      {isFiltered && (
        <Link to="/" onClick={text.clear} className="link text-xs">
          Clear
        </Link>
      )}
    </div>
  );
}

const LABELS: Record<(typeof COLUMNS)[number], string> = {
  trend: "7 days",
  posture: "Posture",
  behavior: "Behaviour",
  events: "Events/h",
  findings: "Findings",
  seen: "Last seen",
};

function ColumnsMenu({ hidden, setHidden }: { hidden: string[]; setHidden: (hidden: string[]) => void }) {
  return (
    <Menu.Root>
      <Menu.Trigger className="button max-md:hidden">Columns</Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} className="z-40">
          <Menu.Popup className="card min-w-40 bg-surface p-1 outline-none">
            {COLUMNS.map((column) => (
              <Menu.CheckboxItem
                key={column}
                checked={!hidden.includes(column)}
                closeOnClick={false}
                onCheckedChange={(isShown) =>
                  setHidden(isShown ? hidden.filter((name) => name !== column) : [...hidden, column])
                }
                className="flex cursor-default items-center gap-2 rounded px-2 py-1 outline-none data-[highlighted]:bg-raised"
              >
                <span className="w-4 text-link">
                  <Menu.CheckboxItemIndicator>✓</Menu.CheckboxItemIndicator>
                </span>
                {LABELS[column]}
              </Menu.CheckboxItem>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
