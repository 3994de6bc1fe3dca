import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Navigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { ApiError, dataOf, server } from "../api/client";
import { sessionQuery } from "../api/queries";
import { BASE } from "../lib/base";
import { count } from "../lib/format";
import { useNow } from "../lib/useNow";

/** The token after the # of a sign-in link; taken out of the address at once, so that it stays in no history. */
function takeLinkToken(): string | null {
  const token = window.location.hash.slice(1);
  if (token) window.history.replaceState(null, "", window.location.pathname + window.location.search);
  return token || null;
}

const linkToken = window.location.pathname === `${BASE}/sign-in` ? takeLinkToken() : null;
let isLinkUsed = false;

export function SignIn() {
  const { next, ended } = getRouteApi("/sign-in").useSearch();
  const session = useQuery(sessionQuery);
  const client = useQueryClient();
  const [key, setKey] = useState("");
  const signIn = useMutation({
    mutationFn: (credentials: { key: string } | { link_token: string }) =>
      dataOf(server.POST("/api/v1/session", { body: credentials })),
    onSuccess: (own) => {
      client.clear();
      client.setQueryData(sessionQuery.queryKey, own);
    },
  });
  const follow = signIn.mutate;
  useEffect(() => {
    document.title = "Sign in · AgentSentinel";
    if (linkToken && !isLinkUsed) {
      isLinkUsed = true;
      follow({ link_token: linkToken });
    }
  }, [follow]);
  if (session.data) return <Navigate to={next ?? "/"} replace />;
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <form
        className="card w-full max-w-sm p-6"
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate({ key: key.trim() });
        }}
      >
        <h1 className="mb-1 flex items-center gap-2 text-lg font-semibold">
          <img src={`${BASE}/favicon.svg`} alt="" width="22" height="22" /> AgentSentinel
        </h1>
        {ended && (
          <p role="status" className="my-3 rounded-md border border-line bg-raised px-3 py-2">
            Your session has ended. Sign in to go on where you were.
          </p>
        )}
        <p className="mb-5 text-muted">
          Sign in with an API key. It is traded for a session and not kept in the browser.
        </p>
        <label htmlFor="key" className="mb-1 block text-sm font-medium">
          Admin or readonly key
        </label>
        <input
          id="key"
          type="password"
          className="field w-full font-mono"
          placeholder="as_adm_… or as_ro_…"
          autoComplete="current-password"
          spellCheck={false}
          // biome-ignore lint/a11y/noAutofocus: the page is this one field
          autoFocus
          required
          value={key}
          onChange={(event) => setKey(event.target.value)}
          aria-describedby="key-help"
        />
        {signIn.isError && (
          <p role="alert" className="mt-2 text-critical">
            {signIn.error.message} <Wait error={signIn.error} since={signIn.submittedAt} />
          </p>
        )}
        <button type="submit" className="button button-primary mt-4 w-full justify-center" disabled={signIn.isPending}>
          {signIn.isPending ? "Signing in…" : "Sign in"}
        </button>
        <p id="key-help" className="mt-4 text-xs text-muted">
          The first start of the server shows an admin key and a link that signs in once. Lost both? On the server:{" "}
          <code className="font-mono">agentsentinel keys create --scope admin --name me</code>
        </p>
      </form>
    </main>
  );
}

/** How long is still to be waited, when the server has said so. Read out once, not every second. */
function Wait({ error, since }: { error: Error; since: number }) {
  const now = useNow();
  if (!(error instanceof ApiError) || error.status !== 429 || error.retryAfter === null) return null;
  const left = Math.ceil(error.retryAfter - (now.getTime() - since) / 1000);
  return (
    <>
      <span className="sr-only">{`Try again in ${count(error.retryAfter, "second")}.`}</span>
      <span aria-hidden="true">{left > 0 ? `Try again in ${count(left, "second")}.` : "You can try again now."}</span>
    </>
  );
}
