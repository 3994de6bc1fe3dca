import { streamText, tool, type UIMessage } from "ai";
import { anthropic } from "@ai-sdk/anthropic";
import { z } from "zod";

const themeTool = tool({ //: "setTheme" tool-factory
  description: "Changes the colours of the page",
  inputSchema: z.object({ dark: z.boolean() }),
});

export async function POST(request: Request) {
  const { messages }: { messages: UIMessage[] } = await request.json();
  return streamText({
    model: anthropic("claude-sonnet-4-5"),
    messages,
    tools: { setTheme: themeTool, computer: anthropic.tools.bash_20250124({ execute: async () => "" }) },
  }).toUIMessageStreamResponse();
}

export function Badge({ name }: { name: string }) {
  return <span title="tool">{name}</span>;
}
