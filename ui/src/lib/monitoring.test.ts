import { describe, expect, it } from "vitest";
import type { AgentDetail } from "../api/types";
import { howToMonitor } from "./monitoring";

const ORIGIN = "http://localhost:9000";

function found(members: Partial<NonNullable<AgentDetail["discovery"]>>, monitoring = "unmonitored"): AgentDetail {
  const discovery = { source: "process", framework: "LangChain", place: "/srv/worker.py", ...members };
  return { id: "0b5e", name: "worker@laptop", monitoring, discovery } as unknown as AgentDetail;
}

describe("how to monitor an agent that was found", () => {
  it("names the adapter of its framework, also beside a provider", () => {
    expect(howToMonitor(found({}), ORIGIN)?.what).toContain("agentsentinel-langchain");
    expect(howToMonitor(found({ framework: "OpenAI SDK + CrewAI" }), ORIGIN)?.what).toContain("agentsentinel-crewai");
    expect(howToMonitor(found({}), ORIGIN)?.snippet).toContain('agent_name="worker@laptop"');
  });
  it("falls back to the SDK", () => {
    expect(howToMonitor(found({ framework: "unknown" }), ORIGIN)?.what).toContain("the SDK");
  });
  it("puts the shim in front of an MCP server", () => {
    const steps = howToMonitor(found({ source: "subnet", framework: "MCP Server", place: "10.0.1.45:8080" }), ORIGIN);
    expect(steps?.snippet).toBe("sentinel shim --upstream-url http://10.0.1.45:8080/mcp --agent-id 0b5e");
  });
  it("installs the hook and the shim for a coding agent", () => {
    const steps = howToMonitor(
      found({ source: "client", framework: "Cursor", place: "cursor /home/ann/.cursor" }),
      ORIGIN,
    );
    expect(steps?.snippet.split("\n")).toEqual([
      "sentinel hook install --client cursor",
      "sentinel shim install --client cursor",
    ]);
  });
  it("says nothing of an agent that reports or was registered", () => {
    expect(howToMonitor(found({}, "active"), ORIGIN)).toBeNull();
    expect(howToMonitor({ ...found({}), discovery: null }, ORIGIN)).toBeNull();
  });
});
