import { tool } from "ai";
import { z } from "zod";
import { RATE_TEXT, TIDE_TEXT } from "./texts";

export function exchangeRate(options: { key?: string } = {}) {
  return tool({ //: "exchangeRate" tool-factory
    description: RATE_TEXT,
    inputSchema: z.object({ currency: z.string() }),
    execute: async ({ currency }) => `${currency} 1.0 ${options.key ?? ""}`,
  });
}

export const nextTide = (harbour: string) =>
  tool({ description: TIDE_TEXT, inputSchema: z.object({}), execute: async () => harbour }); //: "nextTide" tool-factory

export const createQuoteTool = (name: string, description: string) =>
  tool({ description, inputSchema: z.object({}), execute: async () => name });
