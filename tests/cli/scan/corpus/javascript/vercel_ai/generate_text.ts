import { openai } from "@ai-sdk/openai";
import { generateText, tool } from "ai";
import { z } from "zod";
import { sql } from "@vercel/postgres";

export async function answer(prompt: string) {
  const { text } = await generateText({
    model: openai("gpt-4o"),
    tools: {
      lookUpOrder: tool({ //: "lookUpOrder" tool-factory sql-read
        description: "One order",
        inputSchema: z.object({ id: z.string() }),
        execute: async ({ id }) => sql`SELECT * FROM orders WHERE id = ${id}`,
      }),
      cancelOrder: tool({ //: "cancelOrder" tool-factory sql-write
        description: "Cancels an order",
        inputSchema: z.object({ id: z.string() }),
        execute: async ({ id }) => sql`UPDATE orders SET state = 'cancelled' WHERE id = ${id}`,
      }),
    },
    prompt,
  });
  return text;
}
