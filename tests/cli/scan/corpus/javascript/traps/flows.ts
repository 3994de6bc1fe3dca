import { genkit, z } from "genkit";
import { createWorkflow, createStep } from "./steps";

const ai = genkit({ plugins: [] });

export const index = ai.defineFlow(
  { name: "indexFlow", inputSchema: z.object({ texts: z.array(z.string()) }), outputSchema: z.any() },
  async ({ texts }) => ai.index({ documents: texts }),
);
export const prompt = ai.definePrompt({ name: "greet", inputSchema: z.object({}) }, "Say hello");
export const step = createStep({ name: "fetch-step", inputSchema: z.object({}), execute: async () => ({}) });
export const flow = createWorkflow({ name: "whole", inputSchema: z.object({}) }).then(step);
