/** How an agent that was found on a host begins to report: what to do, and the text to copy. */
import type { AgentDetail, Monitoring } from "../api/types";

export interface Steps {
  what: string;
  snippet: string;
}

/** Framework as discovery names it -> package of its adapter, and the class that is attached to the agent. */
const ADAPTERS: Record<string, [string, string]> = {
  LangChain: ["agentsentinel-langchain", "agentsentinel_langchain.SentinelCallbackHandler"],
  "OpenAI Agents SDK": ["agentsentinel-openai-agents", "agentsentinel_openai_agents"],
  CrewAI: ["agentsentinel-crewai", "agentsentinel_crewai"],
  AutoGen: ["agentsentinel-autogen", "agentsentinel_autogen"],
  LlamaIndex: ["agentsentinel-llamaindex", "agentsentinel_llamaindex"],
  PydanticAI: ["agentsentinel-pydantic-ai", "agentsentinel_pydantic_ai"],
  "Google ADK": ["agentsentinel-google-adk", "agentsentinel_google_adk"],
  "Anthropic SDK": ["agentsentinel-anthropic", "agentsentinel_anthropic"],
};

/** Returns the steps for an agent that was found; null for one that reports, or was registered. */
export function howToMonitor(agent: AgentDetail, origin: string): Steps | null {
  const found = agent.discovery;
  if (!found || agent.monitoring !== "unmonitored") return null;
  if (found.source === "client") {
    return {
      what: "Let the client report each tool call, and put the shim in front of its MCP servers:",
      snippet: `sentinel hook install --client ${clientOf(found.place)}\nsentinel shim install --client ${clientOf(found.place)}`,
    };
  }
  if (found.framework.includes("MCP")) {
    const url = /^https?:/.test(found.place) ? found.place : `http://${found.place}/mcp`;
    const upstream = found.source === "process" ? '--upstream-cmd "COMMAND"' : `--upstream-url ${url}`;
    return {
      what: "Put the shim in front of this server, and point its clients at the shim:",
      snippet: `sentinel shim ${upstream} --agent-id ${agent.id}`,
    };
  }
  const adapter = found.framework.split(" + ").flatMap((name) => (ADAPTERS[name] ? [ADAPTERS[name]] : []))[0];
  return {
    what: adapter
      ? `Attach the adapter ${adapter[0]} (${adapter[1]}) under this agent's name:`
      : "Report its tool calls with the SDK, under this agent's name:",
    snippet: `agent_name=${JSON.stringify(agent.name)}, base_url=${JSON.stringify(origin)}`,
  };
}

/** The client's key is the first word of its place: "cursor /home/ann/.cursor/mcp.json". */
function clientOf(place: string): string {
  return /^[a-z0-9-]+/.exec(place)?.[0] ?? "NAME";
}

/** A state of monitoring as words. */
export function monitoringInWords(monitoring: Monitoring): string {
  return monitoring === "unmonitored" ? "not monitored" : monitoring.replace("_", " ");
}
