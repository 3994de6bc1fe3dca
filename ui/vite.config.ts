import type { IncomingMessage } from "node:http";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv, type ProxyOptions } from "vite";

/** From ui/.env or the environment. The key stays in this process: nothing that begins with VITE_ is given to the page. */
const env = loadEnv("development", import.meta.dirname, ["VITE_API_KEY", "SENTINEL_URL"]);
const server = env.SENTINEL_URL || "http://localhost:9000";

/** A page elsewhere may send requests here, too; they go on without the key. */
function isOwnPage({ headers }: IncomingMessage): boolean {
  const isOwnOrigin = headers.origin === undefined || new URL(headers.origin).host === headers.host;
  return isOwnOrigin && [undefined, "same-origin", "none"].includes(headers["sec-fetch-site"] as string | undefined);
}

const toServer: ProxyOptions = {
  target: server,
  changeOrigin: true,
  configure: (proxy) => {
    proxy.on("proxyReq", (sent, asked) => {
      if (!isOwnPage(asked)) return;
      // To the server the page shall look like its own, wherever it runs.
      if (asked.headers.origin !== undefined) sent.setHeader("Origin", new URL(server).origin);
      if (env.VITE_API_KEY && asked.headers["x-api-key"] === undefined) sent.setHeader("X-API-Key", env.VITE_API_KEY);
    });
  },
};

export default defineConfig({
  envPrefix: "SHOWN_",
  // The page may be served below a path, which is not known here.
  base: "./",
  plugins: [react(), tailwindcss()],
  build: {
    outDir: "../packages/server/src/agentsentinel/dashboard/built",
    emptyOutDir: true,
    target: "es2022",
    // The content security policy allows no data: scripts or styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { port: 5174, strictPort: true, proxy: { "/api": toServer, "/health": toServer } },
});
