import { describe, expect, test } from "vitest";
import { commandsFor, MOST_AGENTS } from "./commands";

const PLACES = [
  { to: "/", label: "Agents" },
  { to: "/findings", label: "Findings" },
];
const AGENTS = [
  { id: "1", name: "invoice-bot", owner_team: "finance" },
  { id: "2", name: "crm-bot", owner_team: "sales" },
];
const VIEWS = [{ id: "v", page: "findings" as const, name: "Mine, overdue", query: "assignee=me&overdue=true" }];
const labels = (text: string, isAdmin = true) =>
  commandsFor(text, PLACES, AGENTS, isAdmin, VIEWS).commands.map((command) => command.label);

describe("the command palette", () => {
  test("offers pages, views, actions and agents before anything is typed", () => {
    expect(labels("")).toEqual([
      "Agents",
      "Findings",
      "Mine, overdue",
      "Register an agent",
      "Make a key",
      "Set up routes of alerts",
      "invoice-bot",
      "crm-bot",
    ]);
  });

  test("finds an agent by its name and team, with the words in any order", () => {
    expect(labels("FINANCE bot")[0]).toBe("invoice-bot");
    expect(labels("crm-bot")).toEqual(["crm-bot", "Search findings for crm-bot", "Search events for crm-bot"]);
  });

  test("leads to a saved view, found by its name or its page", () => {
    const [, view] = commandsFor("findings", PLACES, AGENTS, false, VIEWS).commands;
    expect(view).toMatchObject({ label: "Mine, overdue", detail: "Findings", to: "/findings" });
    expect(view?.search).toEqual({ assignee: "me", overdue: true, time: undefined });
    expect(labels("overdue mine")[0]).toBe("Mine, overdue");
  });

  test("offers no action to a key that only reads", () => {
    expect(labels("register", false)).not.toContain("Register an agent");
  });

  test("takes a time at the end for what happened then", () => {
    const readTime = (text: string) => (text === "yesterday 14-15" ? "THEN" : undefined);
    const [agent, ...others] = commandsFor("crm yesterday  14-15", PLACES, AGENTS, true, VIEWS, readTime).commands;
    expect(agent).toMatchObject({ label: "crm-bot", to: "/agents/2", search: { tab: "events", time: "THEN" } });
    expect(others.map((one) => one.search)).toEqual([
      { q: "crm", time: "THEN" },
      { q: "crm", time: "THEN" },
    ]);
    const [page] = commandsFor("yesterday 14-15", PLACES, AGENTS, true, VIEWS, readTime).commands;
    expect(page).toMatchObject({ label: "Agents", search: { time: "THEN" } });
  });

  test("says how many agents it leaves out", () => {
    const many = Array.from({ length: MOST_AGENTS + 5 }, (_, place) => ({
      id: String(place),
      name: `bot-${place}`,
      owner_team: "",
    }));
    expect(commandsFor("bot", PLACES, many, true, VIEWS).more).toBe(5);
  });
});
