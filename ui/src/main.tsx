import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/client";
import { overviewQuery, sessionQuery } from "./api/queries";
import { BASE } from "./lib/base";
import { PageNotLoaded } from "./lib/lazyPage";
import { applyTheme, storedTheme } from "./lib/theme";
import { createAppRouter } from "./router";
import "./theme/theme.css";

applyTheme(storedTheme());

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // Offline, too, an answer is asked for and its failure shown: a page that only waits says nothing.
      networkMode: "always",
      refetchOnReconnect: true,
      retry: (failures, error) =>
        !(error instanceof ApiError && error.status >= 400 && error.status < 500) && failures < 2,
    },
    mutations: { networkMode: "always" },
  },
});

/** A session that has ended, wherever that shows first: the layout then asks to sign in again. */
function watchForTheEnd(error: Error | null) {
  if (error instanceof ApiError && error.status === 401) client.setQueryData(sessionQuery.queryKey, null);
}
client.getQueryCache().subscribe((event) => {
  if (event.type === "updated" && event.action.type === "error") watchForTheEnd(event.action.error);
});
client.getMutationCache().subscribe((event) => {
  if (event.type === "updated" && event.action.type === "error") watchForTheEnd(event.action.error);
});

// The agents take longest to come: they are asked for before the page that shows them is there.
if (window.location.pathname === `${BASE}/`) void client.prefetchQuery(overviewQuery);

createRoot(document.getElementById("root")!, {
  // A page whose code did not arrive is not a fault of the dashboard's: the page says so itself.
  onCaughtError: (error, info) => error instanceof PageNotLoaded || console.error(error, info.componentStack),
}).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={createAppRouter()} />
    </QueryClientProvider>
  </StrictMode>,
);
