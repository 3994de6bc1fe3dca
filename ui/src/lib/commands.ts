/** What the command palette offers for what was typed: pages, views, agents, actions, and a search on other pages. */
import type { AgentSummary, SavedView } from "../api/types";
import { PAGES, placeOf } from "./views";

export interface Command {
  id: string;
  label: string;
  kind: "Page" | "View" | "Agent" | "Action" | "Search";
  to: string;
  search?: Record<string, unknown>;
  /** More of it, such as an agent's team. */
  detail?: string;
}

export interface Place {
  to: string;
  label: string;
}

/** Agents that are offered at once; the list says how many more there are. */
export const MOST_AGENTS = 12;

const ACTIONS: { label: string; to: string }[] = [
  { label: "Register an agent", to: "/register" },
  { label: "Make a key", to: "/keys" },
  { label: "Set up routes of alerts", to: "/settings" },
];

/** Divides what was typed into words and a time at the end, as far as `readTime` knows one: `bot yesterday 14-15`. */
function split(typed: string, readTime: (text: string) => string | undefined): { text: string; time?: string } {
  const words = typed.trim().split(/\s+/);
  for (let begin = 0; begin < words.length; begin++) {
    const time = readTime(words.slice(begin).join(" "));
    if (time) return { text: words.slice(0, begin).join(" "), time };
  }
  return { text: typed.trim() };
}

/**
 * The commands that hold every word of the text, and how many agents that do are left out. A time at the end of the
 * text leads to what happened then.
 */
export function commandsFor(
  typed: string,
  places: Place[],
  agents: Pick<AgentSummary, "id" | "name" | "owner_team">[],
  isAdmin: boolean,
  views: Pick<SavedView, "id" | "page" | "name" | "query">[],
  readTime: (text: string) => string | undefined = () => undefined,
): { commands: Command[]; more: number } {
  const { text, time } = split(typed, readTime);
  const then: Record<string, string> = time ? { time } : {};
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const holds = (...parts: string[]) => words.every((word) => parts.join(" ").toLowerCase().includes(word));
  const pages = places
    .filter(({ label }) => holds(label, "page"))
    .map(({ to, label }): Command => ({ id: `page ${to}`, kind: "Page", label, to, search: then }));
  const actions = (isAdmin ? ACTIONS : [])
    .filter(({ label }) => holds(label, "action"))
    .map(({ to, label }): Command => ({ id: `action ${label}`, kind: "Action", label, to }));
  const saved = views
    .filter(({ name, page }) => holds(name, PAGES[page].label, "view"))
    .map((view): Command => {
      const { label } = PAGES[view.page];
      return { id: `view ${view.id}`, kind: "View", label: view.name, detail: label, ...placeOf(view) };
    });
  const found = agents.filter(({ name, owner_team }) => holds(name, owner_team, "agent"));
  const named = found.slice(0, MOST_AGENTS).map(
    ({ id, name, owner_team }): Command => ({
      id: `agent ${id}`,
      kind: "Agent",
      label: name,
      detail: time ? `${owner_team}, events of that time` : owner_team,
      to: `/agents/${id}`,
      search: time ? { tab: "events", time } : {},
    }),
  );
  const searches = (text ? ["findings", "events"] : []).map(
    (page): Command => ({
      id: `search ${page}`,
      kind: "Search",
      label: `Search ${page} for ${text}`,
      to: `/${page}`,
      search: { q: text, ...then },
    }),
  );
  const isAboutAgents = words.length > 0;
  const commands = isAboutAgents
    ? [...pages, ...saved, ...named, ...actions, ...searches]
    : [...pages, ...saved, ...actions, ...named];
  return { commands, more: found.length - named.length };
}
