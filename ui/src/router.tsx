/** The addresses. Everything a filter can say is in them, so that a link shows what its sender saw. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  redirect,
  retainSearchParams,
  type SearchSchemaInput,
} from "@tanstack/react-router";
import { Layout } from "./components/Layout";
import { PageFailure } from "./components/PageFailure";
import { NotFound } from "./components/QueryStates";
import { BASE } from "./lib/base";
import { lazyPage } from "./lib/lazyPage";
import * as search from "./lib/search";
import { SignIn } from "./pages/SignIn";

const root = createRootRoute({ notFoundComponent: NotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (raw: Record<string, unknown> & SearchSchemaInput) => search.signIn(raw),
  component: SignIn,
});

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  validateSearch: (raw: Record<string, unknown> & SearchSchemaInput) => search.shell(raw),
  // The span of time goes with the reader from page to page.
  search: { middlewares: [retainSearchParams(["time"])] },
  component: Layout,
});

const agents = createRoute({
  getParentRoute: () => shell,
  path: "/",
  validateSearch: (raw: Record<string, unknown> & SearchSchemaInput) => search.agents(raw),
  component: lazyPage(() => import("./pages/agents/AgentsPage"), "AgentsPage"),
});
const overview = createRoute({
  getParentRoute: () => shell,
  path: "/overview",
  component: lazyPage(() => import("./pages/overview/OverviewPage"), "OverviewPage"),
});
const agent = createRoute({
  getParentRoute: () => shell,
  path: "/agents/$agentId",
  validateSearch: (raw: Record<string, unknown> & SearchSchemaInput) => search.agent(raw),
  component: lazyPage(() => import("./pages/agent/AgentPage"), "AgentPage"),
});
const session = createRoute({
  getParentRoute: () => shell,
  path: "/sessions/$sessionId",
  validateSearch: (raw: Record<string, unknown> & SearchSchemaInput) => search.session(raw),
  component: lazyPage(() => import("./pages/session/SessionPage"), "SessionPage"),
});
const findings = createRoute({
  getParentRoute: () => shell,
  path: "/findings",
  validateSearch: (raw: Record<string, unknown> & SearchSchemaInput) => search.findings(raw),
  component: lazyPage(() => import("./pages/findings/FindingsPage"), "FindingsPage"),
});
/** An address of one finding, as links from elsewhere have it. */
const finding = createRoute({
  getParentRoute: () => shell,
  path: "/findings/$findingId",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/findings", search: { finding: params.findingId }, replace: true });
  },
});
const allAgents = createRoute({
  getParentRoute: () => shell,
  path: "/agents",
  beforeLoad: () => {
    throw redirect({ to: "/", replace: true });
  },
});
const events = createRoute({
  getParentRoute: () => shell,
  path: "/events",
  validateSearch: (raw: Record<string, unknown> & SearchSchemaInput) => search.events(raw),
  component: lazyPage(() => import("./pages/events/EventsPage"), "EventsPage"),
});
const capabilities = createRoute({
  getParentRoute: () => shell,
  path: "/capabilities",
  validateSearch: (raw: Record<string, unknown> & SearchSchemaInput) => search.capabilities(raw),
  component: lazyPage(() => import("./pages/capabilities/CapabilitiesPage"), "CapabilitiesPage"),
});
const keys = createRoute({
  getParentRoute: () => shell,
  path: "/keys",
  component: lazyPage(() => import("./pages/keys/KeysPage"), "KeysPage"),
});
const audit = createRoute({
  getParentRoute: () => shell,
  path: "/audit",
  validateSearch: (raw: Record<string, unknown> & SearchSchemaInput) => search.audit(raw),
  component: lazyPage(() => import("./pages/audit/AuditPage"), "AuditPage"),
});
const register = createRoute({
  getParentRoute: () => shell,
  path: "/register",
  component: lazyPage(() => import("./pages/register/RegisterPage"), "RegisterPage"),
});
const settings = createRoute({
  getParentRoute: () => shell,
  path: "/settings",
  component: lazyPage(() => import("./pages/settings/SettingsPage"), "SettingsPage"),
});

/** Any other address, with the navigation beside it. */
const unknown = createRoute({ getParentRoute: () => shell, path: "$", component: NotFound });

const tree = root.addChildren([
  signIn,
  shell.addChildren([
    agents,
    overview,
    allAgents,
    agent,
    session,
    findings,
    finding,
    events,
    capabilities,
    keys,
    audit,
    register,
    settings,
    unknown,
  ]),
]);

export function createAppRouter() {
  return createRouter({
    routeTree: tree,
    basepath: BASE || "/",
    defaultPreload: "intent",
    defaultErrorComponent: PageFailure,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
