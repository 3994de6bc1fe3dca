import { MCP } from "@acme/mcp";

const mcp = new MCP();
mcp.tool({ //: "roll_dice" register-call
  name: "roll_dice",
  description: "Rolls some dice",
  fn: ({ sides }: { sides: number }) => 1 + Math.floor(Math.random() * sides),
});
