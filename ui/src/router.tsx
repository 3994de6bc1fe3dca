/** The addresses. Everything a filter can say is in them, so that a link shows what its sender saw. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type SearchSchemaInput,
} from "@tanstack/react-router";
import { Layout } from "./components/Layout";
import { NotFound } from "./components/States";
import { SignIn } from "./pages/SignIn";
import * as search from "./lib/search";

const root = createRootRoute({ notFoundComponent: NotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (raw: Record<string, unknown> & SearchSchemaInput) => search.signIn(raw),
  component: SignIn,
});

const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Layout });

const agents = createRoute({
  getParentRoute: () => shell,
  path: "/",
  validateSearch: (raw: Record<string, unknown> & SearchSchemaInput) => search.agents(raw),
  component: lazyRouteComponent(() => import("./pages/agents/AgentsPage"), "AgentsPage"),
});
const agent = createRoute({
  getParentRoute: () => shell,
  path: "/agents/$agentId",
  validateSearch: (raw: Record<string, unknown> & SearchSchemaInput) => search.agent(raw),
  component: lazyRouteComponent(() => import("./pages/agent/AgentPage"), "AgentPage"),
});
const findings = createRoute({
  getParentRoute: () => shell,
  path: "/findings",
  validateSearch: (raw: Record<string, unknown> & SearchSchemaInput) => search.findings(raw),
  component: lazyRouteComponent(() => import("./pages/findings/FindingsPage"), "FindingsPage"),
});
const events = createRoute({
  getParentRoute: () => shell,
  path: "/events",
  validateSearch: (raw: Record<string, unknown> & SearchSchemaInput) => search.events(raw),
  component: lazyRouteComponent(() => import("./pages/events/EventsPage"), "EventsPage"),
});
const capabilities = createRoute({
  getParentRoute: () => shell,
  path: "/capabilities",
  validateSearch: (raw: Record<string, unknown> & SearchSchemaInput) => search.capabilities(raw),
  component: lazyRouteComponent(() => import("./pages/capabilities/CapabilitiesPage"), "CapabilitiesPage"),
});
const keys = createRoute({
  getParentRoute: () => shell,
  path: "/keys",
  component: lazyRouteComponent(() => import("./pages/keys/KeysPage"), "KeysPage"),
});
const audit = createRoute({
  getParentRoute: () => shell,
  path: "/audit",
  validateSearch: (raw: Record<string, unknown> & SearchSchemaInput) => search.audit(raw),
  component: lazyRouteComponent(() => import("./pages/audit/AuditPage"), "AuditPage"),
});
const register = createRoute({
  getParentRoute: () => shell,
  path: "/register",
  component: lazyRouteComponent(() => import("./pages/register/RegisterPage"), "RegisterPage"),
});
const settings = createRoute({
  getParentRoute: () => shell,
  path: "/settings",
  component: lazyRouteComponent(() => import("./pages/settings/SettingsPage"), "SettingsPage"),
});

const tree = root.addChildren([
  signIn,
  shell.addChildren([agents, agent, findings, events, capabilities, keys, audit, register, settings]),
]);

export function createAppRouter() {
  return createRouter({ routeTree: tree, defaultPreload: "intent", scrollRestoration: true });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
