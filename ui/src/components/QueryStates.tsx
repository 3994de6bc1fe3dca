/** What is shown instead of the data: nothing there, not yet there, not allowed, gone wrong. */
import { Link } from "@tanstack/react-router";
import { ApiError } from "../api/client";
import { Page } from "./Page";

export function Empty({ title, children }: { title: string; children?: React.ReactNode }) {
  return (
    <div className="card mx-auto my-8 max-w-xl px-6 py-10 text-center">
      <h2 className="mb-2 text-base font-semibold">{title}</h2>
      <div className="text-muted">{children}</div>
    </div>
  );
}

export function Failure({ error, retry }: { error: Error; retry: () => void }) {
  const isForbidden = error instanceof ApiError && error.status === 403;
  return (
    <div role="alert" className="card mx-auto my-8 max-w-xl px-6 py-8 text-center">
      <h2 className="mb-2 text-base font-semibold">{isForbidden ? "Not with this key" : "That did not work"}</h2>
      <p className="text-muted">
        {isForbidden
          ? "A readonly key may look, but not at keys, sessions and the audit log. Sign in with an admin key."
          : error.message}
      </p>
      {!isForbidden && (
        <button type="button" className="button mt-4" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

export function NotFound() {
  return (
    <Page title="There is no such page" tab="Not found">
      <p className="text-muted">
        The address is mistyped, or what was there is gone.{" "}
        <Link to="/" className="link">
          Back to the agents
        </Link>
      </p>
    </Page>
  );
}

/** Grey bars of the size of what will be there, so that nothing jumps. */
export function Skeleton({ rows = 8, height = 40 }: { rows?: number; height?: number }) {
  return (
    <div aria-busy="true" aria-label="Loading" role="status" className="flex flex-col gap-2 py-2">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="skeleton" style={{ height: height - 8 }} />
      ))}
    </div>
  );
}

/** A bar over stale data: it stays readable while the server is away. */
export function StaleNotice({ error }: { error: Error | null }) {
  if (!error) return null;
  return (
    <p role="status" className="mb-3 rounded-md border border-watch px-3 py-1.5 text-sm text-watch">
      Showing the last known state. {error.message}
    </p>
  );
}
