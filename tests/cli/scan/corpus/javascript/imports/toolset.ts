import { tool } from "ai";
import { z } from "zod";

export const catalogue = {
  addProduct: tool({ description: "Adds a product", inputSchema: z.object({ name: z.string() }), execute: async () => "" }), //: "addProduct" tool-factory
};
export { searchTool as finder } from "./search.js";
