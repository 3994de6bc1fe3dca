import { useQueryClient } from "@tanstack/react-query";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { server } from "../api/client";
import { PageNotLoaded } from "../lib/lazyPage";
import { useEvent } from "../lib/useEvent";

/**
 * Shown in the place of a page that cannot be drawn. The shell around it stays, and any navigation leaves it. When the
 * code of a page was missing, it is asked for once more, and again when the connection is back.
 */
export function PageFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const client = useQueryClient();
  const [isTrying, setTrying] = useState(false);
  const isMissing = error instanceof PageNotLoaded;
  // What could not be drawn may be what was read: it is not on screen now, and it is fetched again.
  const forget = useEvent(() => client.removeQueries({ type: "inactive" }));
  const retry = useEvent(async () => {
    setTrying(true);
    const isReady = isMissing ? await loadAgain(error) : true;
    setTrying(false);
    if (!isReady) return;
    forget();
    reset();
    void router.invalidate();
  });
  useEffect(forget, [forget]);
  useEffect(() => {
    if (!isMissing) return;
    if (mayReload()) void retry();
    window.addEventListener("online", retry);
    return () => window.removeEventListener("online", retry);
  }, [isMissing, retry]);
  return (
    <div role="alert" className="card mx-auto my-8 max-w-xl px-6 py-8 text-center">
      <h1 className="mb-2 text-base font-semibold">
        {isMissing ? "This page could not be loaded" : "This page has failed"}
      </h1>
      <p className="text-muted">
        {isMissing
          ? "The server did not send it. Check the connection, then retry; the pages that were open before still work."
          : "The fault is the dashboard's. The other pages still work; retry, or reload the window if it happens again."}
      </p>
      {!isMissing && <code className="name mt-3 block font-mono text-xs text-muted">{messageOf(error)}</code>}
      <button type="button" className="button mt-4" disabled={isTrying} onClick={() => void retry()}>
        {isTrying ? "Retrying…" : "Retry"}
      </button>
    </div>
  );
}

/** Some browsers remember that a module was missing; with the server back, a new document asks for it anew. */
async function loadAgain(error: PageNotLoaded): Promise<boolean> {
  if (await error.loadAgain()) return true;
  const isServerBack = await server.GET("/api/v1/session").then(
    () => true,
    () => false,
  );
  if (isServerBack) {
    window.sessionStorage.setItem(RELOADED_AT, String(Date.now()));
    window.location.reload();
  }
  return false;
}

const RELOADED_AT = "agentsentinel-reloaded-at";
const MINUTE_MS = 60_000;

/** Once a minute without being asked: a document whose code is missing for good must not reload for ever. */
function mayReload(): boolean {
  return Date.now() - Number(window.sessionStorage.getItem(RELOADED_AT) ?? 0) > MINUTE_MS;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
