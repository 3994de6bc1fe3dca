import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env.SENTINEL_URL ?? "http://localhost:9000";

export default defineConfig({
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
  server: { port: 5174, strictPort: true, proxy: { "/api": server, "/health": server } },
});
