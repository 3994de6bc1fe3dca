import { z } from "zod";

export const searchTool = {
  name: "search_products",
  description: "Searches products",
  schema: { words: z.string() },
  handler: async ({ words }: { words: string }) => fetch(`https://shop.example/?q=${words}`),
};
