import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import puppeteer from "puppeteer";

const definitions = [
  { name: "open_page", description: "Opens a page", inputSchema: { type: "object", properties: { url: {} } } }, //: "open_page" list-handler browser
  { name: "evaluate", description: "Runs a script", inputSchema: { type: "object" } }, //: "evaluate" list-handler eval
];
let page;
const handlers = {
  open_page: async ({ url }) => {
    const browser = await puppeteer.launch();
    page = await browser.newPage();
    await page.goto(url);
  },
  evaluate: async ({ script }) => eval(script),
};

const server = new Server({ name: "browser", version: "1.0.0" }, { capabilities: { tools: {} } });
server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: definitions }));
server.setRequestHandler(CallToolRequestSchema, (request) => handlers[request.params.name](request.params.arguments));
