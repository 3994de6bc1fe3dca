import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { server } from "../api/client";
import { sessionQuery } from "../api/queries";
import { BASE } from "../lib/base";
import { useTheme } from "../lib/theme";
import { useShortcuts } from "../lib/useShortcuts";
import { useZone } from "../lib/zone";
import { Icon, type IconName } from "./Icon";
import { Failure } from "./QueryStates";
import { TimeTip } from "./TimeTip";

const ShortcutSheet = lazy(async () => ({ default: (await import("./ShortcutSheet")).ShortcutSheet }));
const loadPalette = () => import("./CommandPalette");
const CommandPalette = lazy(async () => ({ default: (await loadPalette()).CommandPalette }));

const PLACES: { to: string; label: string; icon: IconName; key: string; isForAdmins?: boolean }[] = [
  { to: "/", label: "Agents", icon: "agents", key: "g a" },
  { to: "/overview", label: "Overview", icon: "overview", key: "g o" },
  { to: "/findings", label: "Findings", icon: "findings", key: "g f" },
  { to: "/events", label: "Events", icon: "events", key: "g e" },
  { to: "/capabilities", label: "Capabilities", icon: "capabilities", key: "g c" },
  { to: "/keys", label: "Keys", icon: "keys", key: "g k", isForAdmins: true },
  { to: "/audit", label: "Audit", icon: "audit", key: "g l", isForAdmins: true },
  { to: "/settings", label: "Settings", icon: "settings", key: "g s" },
];

const placesOf = (scope: string) => PLACES.filter((place) => scope === "admin" || !place.isForAdmins);

/** The frame around every page; a visitor who is not signed in is led to the sign-in page and back. */
export function Layout() {
  const session = useQuery(sessionQuery);
  const router = useRouter();
  const navigate = useNavigate();
  const [areShortcutsShown, setShortcutsShown] = useState(false);
  const [isPaletteShown, setPaletteShown] = useState(false);
  useShortcuts({
    ...Object.fromEntries(PLACES.map((place) => [place.key, () => void navigate({ to: place.to })])),
    "?": () => setShortcutsShown((shown) => !shown),
    "Ctrl+k": () => setPaletteShown(true),
    t: () => document.querySelector<HTMLButtonElement>("[data-time]")?.click(),
    "/": () => document.querySelector<HTMLInputElement>("[data-search]")?.focus(),
  });
  useEffect(() => {
    // Loaded ahead once the page has come to rest, so that no letter typed after Ctrl+K is lost while it loads.
    const timer = setTimeout(() => void loadPalette().catch(() => undefined), 3000);
    return () => clearTimeout(timer);
  }, []);
  const zone = useZone();
  const isSignedOut = session.data === null;
  const wasSignedIn = useRef(false);
  if (session.data) wasSignedIn.current = true;
  useEffect(() => {
    // Once: the address is another one as soon as the way has begun.
    if (!isSignedOut) return;
    const search = { next: router.latestLocation.href, ended: wasSignedIn.current || undefined };
    void navigate({ to: "/sign-in", search, replace: true });
  }, [isSignedOut, navigate, router]);
  if (session.isPending) return null;
  if (session.data === undefined) return <Failure error={session.error} retry={() => void session.refetch()} />;
  if (session.data === null) return null;
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[200px_minmax(0,1fr)]">
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-bg focus:p-2">
        Skip to the content
      </a>
      <Sidebar
        keyName={session.data.key_name}
        scope={session.data.scope}
        showShortcuts={() => setShortcutsShown(true)}
      />
      <main id="main" tabIndex={-1} className="min-w-0 p-4 outline-none md:px-6 md:py-5">
        <Outlet key={zone} />
      </main>
      <TimeTip />
      {areShortcutsShown && (
        <Suspense>
          <ShortcutSheet open onClose={() => setShortcutsShown(false)} />
        </Suspense>
      )}
      {isPaletteShown && (
        <Suspense>
          <CommandPalette
            places={placesOf(session.data.scope)}
            isAdmin={session.data.scope === "admin"}
            onClose={() => setPaletteShown(false)}
          />
        </Suspense>
      )}
    </div>
  );
}

function Sidebar({ keyName, scope, showShortcuts }: { keyName: string; scope: string; showShortcuts: () => void }) {
  const [theme, nextTheme] = useTheme();
  const client = useQueryClient();
  const navigate = useNavigate();
  const signOut = async () => {
    await server.DELETE("/api/v1/session").catch(() => undefined);
    client.clear();
    client.setQueryData(sessionQuery.queryKey, null);
    await navigate({ to: "/sign-in" });
  };
  return (
    <header className="flex flex-col border-line bg-surface max-md:border-b md:sticky md:top-0 md:h-dvh md:border-r">
      <div className="flex items-center gap-2 px-4 py-3 font-semibold max-md:hidden">
        <img src={`${BASE}/favicon.svg`} alt="" width="20" height="20" /> AgentSentinel
      </div>
      <nav
        aria-label="Pages"
        className="flex overflow-x-auto px-1 py-1 max-md:justify-between md:flex-col md:gap-1 md:px-2"
      >
        {placesOf(scope).map((place) => (
          <Link
            key={place.to}
            to={place.to}
            activeOptions={{ exact: place.to === "/", includeSearch: false }}
            title={`${place.label} (${place.key})`}
            className="flex items-center gap-2.5 rounded-md px-2.5 py-1.5 text-muted hover:bg-raised hover:text-text data-[status=active]:bg-raised data-[status=active]:font-medium data-[status=active]:text-text max-md:flex-col max-md:gap-0.5 max-md:px-0.5 max-md:text-[11px] max-md:leading-4"
          >
            <Icon name={place.icon} />
            {place.label}
          </Link>
        ))}
      </nav>
      <div className="mt-auto flex items-center justify-between gap-1 border-t border-line px-3 py-1.5 md:flex-col md:items-stretch md:py-3">
        <p className="min-w-0 truncate text-xs text-muted" title={`Signed in with the key ${keyName}`}>
          <bdi>{keyName}</bdi> · {scope}
        </p>
        <div className="flex gap-1">
          <button
            type="button"
            className="button button-small"
            onClick={nextTheme}
            aria-label={`Colours: ${theme}`}
            title={`Colours: ${theme}`}
          >
            <Icon name={theme === "system" ? "system" : theme} />
          </button>
          <button
            type="button"
            className="button button-small max-md:hidden"
            onClick={showShortcuts}
            aria-label="Keyboard"
            title="Keyboard (?)"
          >
            ?
          </button>
          <button type="button" className="button button-small" onClick={() => void signOut()}>
            Sign out
          </button>
        </div>
      </div>
    </header>
  );
}
