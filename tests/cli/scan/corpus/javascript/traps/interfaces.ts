import { z } from "zod";

export interface RegisteredTool {
  name: string;
  description?: string;
  inputSchema: z.ZodTypeAny;
  handler: (args: unknown) => Promise<unknown>;
}
export type ToolMap = Record<string, { description: string; inputSchema: object }>;
export const ToolInputSchema = z.object({ name: z.string(), inputSchema: z.object({ type: z.literal("object") }) });
export abstract class BaseTool {
  abstract name: string;
  abstract execute(args: unknown): Promise<unknown>;
}
export class ToolRegistry {
  private tools = new Map<string, RegisteredTool>();
  register(tool: RegisteredTool) {
    this.tools.set(tool.name, tool);
  }
  list() {
    return [...this.tools.values()].map((tool) => ({ name: tool.name, description: tool.description, inputSchema: tool.inputSchema }));
  }
}
