import { OpenAIAgent, QueryEngineTool } from "llamaindex";

export const build = (title: string, engine: unknown) =>
  new OpenAIAgent({
    tools: [
      new QueryEngineTool({ queryEngine: engine, metadata: { name: "summary_tool", description: "Sums up" } }), //: "summary_tool" tool-factory
      new QueryEngineTool({ queryEngine: engine, metadata: { name: `tool_${title}`, description: "Finds facts" } }), //: dynamic tool-factory
    ],
  });
