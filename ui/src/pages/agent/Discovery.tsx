import type { AgentDetail } from "../../api/types";
import { Copyable } from "../../components/Copyable";
import { Time } from "../../components/Time";
import { visible } from "../../lib/format";
import { howToMonitor } from "../../lib/monitoring";

const RISK_COLOR: Record<string, string> = { CRITICAL: "text-critical", HIGH: "text-alert", MEDIUM: "text-watch" };

/** Where an agent was found, the risk that was seen there, and how to monitor it. */
export function Discovery({ agent }: { agent: AgentDetail }) {
  const found = agent.discovery;
  if (!found) return null;
  const steps = howToMonitor(agent, location.origin);
  return (
    <section aria-labelledby="discovery" className="card mb-5 p-4">
      <h2 id="discovery" className="heading mb-2">
        {steps ? "Not monitored" : "Found by discovery"}
      </h2>
      <p className="max-w-3xl text-sm">
        Found on <bdi className="name">{visible(found.host)}</bdi> at{" "}
        <bdi className="name font-mono text-[13px]">{visible(found.place)}</bdi> ({found.source},{" "}
        <bdi className="name">{visible(found.framework)}</bdi>), first <Time at={found.first_seen_at} />, last{" "}
        <Time at={found.last_seen_at} />.{" "}
        <span className={`font-semibold ${RISK_COLOR[found.risk] ?? "text-muted"}`}>Risk {found.risk}</span>
        {found.reason && <bdi className="name">: {visible(found.reason)}</bdi>}
      </p>
      {steps && (
        <div className="mt-3 max-w-3xl">
          <p className="mb-2 text-sm text-muted">{steps.what}</p>
          <Copyable text={steps.snippet} label="How to monitor it" />
        </div>
      )}
    </section>
  );
}
