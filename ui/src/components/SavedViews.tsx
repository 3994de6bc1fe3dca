import { Menu } from "@base-ui/react/menu";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { dataOf, server } from "../api/client";
import { viewsQuery } from "../api/queries";
import type { SavedView } from "../api/types";
import { visible } from "../lib/format";
import { useMayWrite } from "../lib/useRights";
import { PAGES, placeOf, queryOf, type ViewPage } from "../lib/views";
import { Dialog } from "./Dialog";
import { TextField } from "./Fields";

const ITEM =
  "flex w-full cursor-default items-center gap-2 rounded px-2 py-1 outline-none data-[highlighted]:bg-raised data-[disabled]:text-muted";

/** The views of a page: a choice of them, and for an admin the way to save, rename and delete them. */
export function SavedViews({ page }: { page: ViewPage }) {
  const views = (useQuery(viewsQuery).data ?? []).filter((view) => view.page === page);
  const query = queryOf(useLocation({ select: (location) => location.search }));
  const mayWrite = useMayWrite();
  const navigate = useNavigate();
  const [shown, setShown] = useState<"save" | "edit">();
  const current = views.find((view) => view.query === query);
  if (views.length === 0 && !mayWrite) return null;
  const close = () => setShown(undefined);
  return (
    <>
      <Menu.Root>
        <Menu.Trigger className={`button max-w-52 ${current ? "border-link" : ""}`}>
          <span className="truncate">{current ? visible(current.name) : "Views"}</span>
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner sideOffset={4} align="start" className="z-40">
            <Menu.Popup className="card max-h-[60vh] max-w-80 min-w-48 overflow-auto bg-surface p-1 outline-none">
              {views.map((view) => (
                <Menu.Item
                  key={view.id}
                  className={ITEM}
                  onClick={() => void navigate(placeOf(view) as never)} // checked by the page, as any address
                >
                  <span className="w-4 shrink-0 text-link">{view === current && "✓"}</span>
                  <bdi className="truncate">{visible(view.name)}</bdi>
                </Menu.Item>
              ))}
              {views.length > 0 && mayWrite && <Menu.Separator className="my-1 border-t border-line" />}
              {mayWrite && (
                <Menu.Item
                  className={ITEM}
                  disabled={query === "" || current !== undefined}
                  onClick={() => setShown("save")}
                >
                  Save these filters…
                </Menu.Item>
              )}
              {mayWrite && views.length > 0 && (
                <Menu.Item className={ITEM} onClick={() => setShown("edit")}>
                  Rename or delete…
                </Menu.Item>
              )}
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      <Dialog open={shown === "save"} onClose={close} title={`Save a view of ${PAGES[page].label}`}>
        <SaveView page={page} query={query} close={close} />
      </Dialog>
      <Dialog open={shown === "edit"} onClose={close} title={`Views of ${PAGES[page].label}`}>
        <ul className="flex flex-col gap-3">
          {views.map((view) => (
            <EditView key={view.id} view={view} />
          ))}
        </ul>
        {views.length === 0 && <p className="text-muted">There are no views of this page.</p>}
      </Dialog>
    </>
  );
}

function useRefreshViews(): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: viewsQuery.queryKey });
}

function SaveView({ page, query, close }: { page: ViewPage; query: string; close: () => void }) {
  const refresh = useRefreshViews();
  const [name, setName] = useState("");
  const save = useMutation({
    mutationFn: () => dataOf(server.POST("/api/v1/views", { body: { page, name: name.trim(), query } })),
    onSuccess: async () => {
      await refresh();
      close();
    },
  });
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <TextField
        label="Name"
        help="Everyone who may read this page sees it here and in the palette (Ctrl+K)."
        required
        maxLength={80}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <Refusal error={save.error} />
      <div className="flex justify-end gap-2">
        <button type="button" className="button" onClick={close}>
          Cancel
        </button>
        <button type="submit" className="button button-primary" disabled={save.isPending || name.trim() === ""}>
          Save
        </button>
      </div>
    </form>
  );
}

function EditView({ view }: { view: SavedView }) {
  const refresh = useRefreshViews();
  const [name, setName] = useState(view.name);
  const path = { params: { path: { view_id: view.id } } };
  const rename = useMutation({
    mutationFn: () => dataOf(server.PATCH("/api/v1/views/{view_id}", { ...path, body: { name: name.trim() } })),
    onSuccess: refresh,
  });
  const remove = useMutation({
    mutationFn: () => dataOf(server.DELETE("/api/v1/views/{view_id}", path)),
    onSuccess: refresh,
  });
  const isBusy = rename.isPending || remove.isPending;
  const shown = visible(view.name);
  return (
    <li>
      <form
        className="flex items-center gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          rename.mutate();
        }}
      >
        <input
          className="field min-w-0 flex-1"
          aria-label={`Name of ${shown}`}
          required
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <button
          type="submit"
          className="button button-small"
          aria-label={`Rename ${shown}`}
          disabled={isBusy || name.trim() === "" || name.trim() === view.name}
        >
          Rename
        </button>
        <button
          type="button"
          className="button button-small button-danger"
          aria-label={`Delete ${shown}`}
          disabled={isBusy}
          onClick={() => remove.mutate()}
        >
          Delete
        </button>
      </form>
      <p className="mt-1 text-xs break-all text-muted">
        {visible(view.query)} · saved by <bdi>{visible(view.created_by)}</bdi>
      </p>
      <Refusal error={rename.error ?? remove.error} />
    </li>
  );
}

function Refusal({ error }: { error: Error | null }) {
  if (!error) return null;
  return (
    <p role="alert" className="text-critical">
      {error.message}
    </p>
  );
}
