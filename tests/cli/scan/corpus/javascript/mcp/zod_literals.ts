import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";

const OpenTab = z.object({ name: z.literal("open_tab"), arguments: z.object({ url: z.string() }) });

export const openTab = {
  schema: { //: "open_tab" list-handler
    name: OpenTab.shape.name.value,
    description: "Opens a tab",
    inputSchema: z.toJSONSchema(OpenTab.shape.arguments),
  },
};
const server = new Server({ name: "tabs", version: "1.0.0" }, { capabilities: { tools: {} } });
server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [openTab.schema] }));
