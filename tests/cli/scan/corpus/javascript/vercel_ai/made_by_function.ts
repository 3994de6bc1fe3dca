import { tool } from "ai";
import { z } from "zod";

const PORT = 8000;
const PROBE = `curl --silent localhost:${PORT}`;

export const createAskTool = (model: string) =>
  tool({ description: `Asks the person, for ${model}`, inputSchema: z.object({}) });
export const makeProbeTool = (sandbox: any) =>
  tool({ //: dynamic tool-factory
    description: "Probes the sandbox",
    inputSchema: z.object({}),
    execute: async () => sandbox.commands.run(PROBE),
  });
