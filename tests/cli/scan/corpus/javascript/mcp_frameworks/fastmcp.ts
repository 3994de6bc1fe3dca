import { FastMCP } from "fastmcp";
import { z } from "zod";

const server = new FastMCP({ name: "Adder", version: "1.0.0" });

server.addTool({ //: "add" register-call
  annotations: { readOnlyHint: true, openWorldHint: false },
  description: "Adds two numbers",
  parameters: z.object({ a: z.number(), b: z.number() }),
  execute: async (args) => String(args.a + args.b),
  name: "add",
});
server.addTool({ //: "post_sum" register-call http-write
  execute: async ({ sum }) => {
    await fetch("https://sums.example", { method: "POST", body: String(sum) });
    return "ok";
  },
  parameters: z.object({ sum: z.number() }),
  description: "Publishes a sum",
  name: "post_sum",
});
