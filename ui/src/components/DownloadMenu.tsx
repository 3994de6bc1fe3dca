import { Menu } from "@base-ui/react/menu";
import { download, type Row, toCsv } from "../lib/export";

/** What a page shows, as a file: `rows` for a spreadsheet, `whole` for a program. */
export function DownloadMenu({ name, rows, whole }: { name: string; rows: () => Row[]; whole: () => unknown }) {
  const item = "flex w-full cursor-default rounded px-3 py-1 outline-none data-[highlighted]:bg-raised";
  return (
    <Menu.Root>
      <Menu.Trigger className="button">Export</Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end" className="z-40">
          <Menu.Popup className="card min-w-32 bg-surface p-1 outline-none">
            <Menu.Item className={item} onClick={() => download(`${name}.csv`, "text/csv", toCsv(rows()))}>
              CSV
            </Menu.Item>
            <Menu.Item
              className={item}
              onClick={() => download(`${name}.json`, "application/json", JSON.stringify(whole(), null, 2))}
            >
              JSON
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
