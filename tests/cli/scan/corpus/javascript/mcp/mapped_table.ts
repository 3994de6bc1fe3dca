import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";

const actions = [
  { id: "pause_job", summary: "Pauses a job", schema: { type: "object" } }, //: "pause_job" table
  { id: "resume_job", summary: "Resumes a job", schema: { type: "object" } }, //: "resume_job" table
];
const server = new Server({ name: "jobs", version: "1.0.0" }, {});
server.setRequestHandler(ListToolsRequestSchema, async () => ({
  tools: actions.map((action) => ({ name: action.id, description: action.summary, inputSchema: action.schema })),
}));
