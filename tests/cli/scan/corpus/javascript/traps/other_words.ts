import { Command } from "commander";
import yargs from "yargs";
import express from "express";
import { toolbar, tool } from "./widgets";
import https from "node:https";

const program = new Command().name("deploy").description("Deploys");
const app = express();
app.get("/tools", (_req, res) => res.json({ tools: [] }));
yargs.command({ command: "serve", describe: "Serves", handler: () => undefined });
export const agent = new https.Agent({ keepAlive: true });
export const bar = toolbar({ name: "main", items: [tool.hammer] });
export const options = { name: "theme", parameters: { dark: true }, description: "An option of the page" };
export const route = { name: "users", schema: { type: "object" }, handler: () => [] };
program.parse();
