import { tool } from "ai";
import { z } from "zod";

export const createDocument = ({ userId }: { userId: string }) =>
  tool({ //: "createDocument" tool-factory sql-write
    description: "Starts a document",
    inputSchema: z.object({ title: z.string() }),
    execute: async ({ title }) => prisma.document.create({ data: { title, userId } }),
  });

export function wrapped(config: { description: string; run: () => string }) {
  return tool({ description: config.description, inputSchema: z.object({}), execute: async () => config.run() });
}
import { prisma } from "./prisma";
