import { ChatAnthropic } from "@langchain/anthropic";
import { z } from "zod";

const shape = z.object({ text: z.string() });

export async function rewrite(text: string, kind: string) {
  const model = new ChatAnthropic({ model: "claude-sonnet-4-5" }).bindTools(
    [
      { //: "rewrite_text" schema
        name: "rewrite_text",
        description: "Rewrite the text",
        schema: shape,
      },
      { //: dynamic schema
        name: `write_${kind}`,
        description: "Write it anew",
        schema: shape,
      },
    ],
    { tool_choice: "rewrite_text" },
  );
  return model.invoke(text);
}

export const forms = [{ name: "contact", description: "A form", schema: shape }];
