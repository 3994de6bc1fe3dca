import { Menu } from "@base-ui/react/menu";
import type { AgentSummary } from "../../api/types";
import { download, toCsv } from "../../lib/export";

/** The agents that are shown, as a file. */
export function ExportMenu({ agents }: { agents: AgentSummary[] }) {
  const rows = () =>
    agents.map(({ trend: _, capabilities, reason, ...agent }) => ({
      ...agent,
      capabilities: capabilities.join(" "),
      reason: reason?.text ?? null,
    }));
  const item = "flex w-full cursor-default rounded px-3 py-1 outline-none data-[highlighted]:bg-raised";
  return (
    <Menu.Root>
      <Menu.Trigger className="button">Export</Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end" className="z-40">
          <Menu.Popup className="card min-w-32 bg-surface p-1 outline-none">
            <Menu.Item className={item} onClick={() => download("agents.csv", "text/csv", toCsv(rows()))}>
              CSV
            </Menu.Item>
            <Menu.Item
              className={item}
              onClick={() => download("agents.json", "application/json", JSON.stringify(agents, null, 2))}
            >
              JSON
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
