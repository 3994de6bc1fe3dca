/** Saved views: the filters of a page under a name, as they stand in its address. */
import { defaultParseSearch, defaultStringifySearch } from "@tanstack/react-router";
import type { SavedView } from "../api/types";

export type ViewPage = SavedView["page"];

/** The pages that have views, by their names in the API. */
export const PAGES: Record<ViewPage, { to: string; label: string }> = {
  agents: { to: "/", label: "Agents" },
  findings: { to: "/findings", label: "Findings" },
  events: { to: "/events", label: "Events" },
  capabilities: { to: "/capabilities", label: "Capabilities" },
  audit: { to: "/audit", label: "Audit" },
};

/** What a reader has opened on a page, which is not a filter of it. */
const OPENED = new Set(["finding", "event"]);

/** The filters of an address as a view stores them: in one order, so that the same filters are the same text. */
export function queryOf(search: Record<string, unknown>): string {
  const filters = Object.entries(search).filter(([name, value]) => value !== undefined && !OPENED.has(name));
  return defaultStringifySearch(Object.fromEntries(filters.sort(([a], [b]) => a.localeCompare(b)))).replace(/^\?/, "");
}

/** The address of a view. A view without a time shows all times, whatever is chosen now. */
export function placeOf({ page, query }: Pick<SavedView, "page" | "query">): {
  to: string;
  search: Record<string, unknown>;
} {
  return { to: PAGES[page].to, search: { time: undefined, ...defaultParseSearch(`?${query}`) } };
}
