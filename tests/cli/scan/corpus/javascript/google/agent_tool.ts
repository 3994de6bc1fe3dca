import { AgentTool, LlmAgent } from "@google/adk";

const summary = new LlmAgent({ name: "summary_agent", model: "gemini-2.5-flash", instruction: "Sum up." });
export const root = new LlmAgent({
  name: "root",
  model: "gemini-2.5-flash",
  tools: [new AgentTool({ agent: summary })], //: "summary_agent" agent-as-tool
});
