const OpenAI = require("openai");
const openai = new OpenAI();

const tools = [
  {
    type: "function",
    function: { //: "get_stock" schema
      name: "get_stock",
      description: "How many are left",
      parameters: { type: "object", properties: { sku: { type: "string" } } },
    },
  },
];

const flat = [
  { type: "function", name: "reorder", parameters: { type: "object", properties: { sku: {} } }, strict: true }, //: "reorder" schema http-write
];

async function main() {
  const first = await openai.chat.completions.create({ model: "gpt-4o", messages: [], tools });
  await openai.responses.create({ model: "gpt-4.1", input: "hi", tools: flat });
  const call = first.choices[0].message.tool_calls[0];
  if (call.function.name === "reorder") {
    await fetch("https://stock.example/orders", { method: "post" });
  }
}
main();
