import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic();
const tools: Anthropic.Tool[] = [
  { //: "get_time" schema
    name: "get_time",
    description: "Time of a zone",
    input_schema: { type: "object", properties: { zone: { type: "string" } }, required: ["zone"] },
  },
  { //: "set_alarm" schema
    name: "set_alarm",
    description: "Sets an alarm",
    input_schema: { type: "object", properties: { at: { type: "string" } } },
  },
];

export async function ask(question: string) {
  return client.messages.create({
    model: "claude-sonnet-4-5",
    max_tokens: 1024,
    tools: [...tools, { type: "web_search_20250305", name: "web_search" }],
    messages: [{ role: "user", content: question }],
  });
}
