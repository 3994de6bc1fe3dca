import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { activityQuery } from "../../api/queries";
import type { AgentDetail, Explanation } from "../../api/types";
import { SeverityBadge } from "../../components/Badges";
import { UntrustedText } from "../../components/UntrustedText";
import { isLearning } from "../../lib/activity";
import { bestChanges, describeChange, lines, postureSum } from "../../lib/arithmetic";
import { count, plain, score, signed } from "../../lib/format";
import { useMayWrite } from "../../lib/useRights";
import { ApplyChange } from "./ApplyChange";

const MOST_CHANGES = 5;

/** Calls of tools that are still being learned look unusual; that says little yet, and so should the page. */
function Learning({ agentId }: { agentId: string }) {
  const tools = useQuery(activityQuery(agentId)).data ?? [];
  const learning = tools.filter(isLearning).length;
  if (learning === 0) return null;
  return (
    <p className="mt-1 text-muted">
      <span className="chip mr-1">learning</span>
      what is normal for {learning} of {count(tools.length, "tool")}; until then first calls look unusual.
    </p>
  );
}

/** The score down to its arithmetic: each part, each finding's points, and what would raise it. */
export function ScoreArithmetic({ agent, explanation }: { agent: AgentDetail; explanation: Explanation }) {
  return (
    <>
      <table className="w-full">
        <caption className="sr-only">The parts of the Trust Score</caption>
        <tbody>
          {lines(explanation).map((line) => (
            <tr key={line.label} className="border-b border-line">
              <th scope="row" className="py-1 text-left font-normal">
                {line.label}
              </th>
              <td className="text-right text-muted">{line.sum || recencyWords(explanation)}</td>
              <td className="w-16 text-right font-medium">{plain(line.points)}</td>
            </tr>
          ))}
          <tr>
            <th scope="row" className="py-1 text-left">
              Trust
            </th>
            <td />
            <td className="text-right font-semibold">{plain(explanation.trust_score)}</td>
          </tr>
        </tbody>
      </table>
      <Posture agent={agent} explanation={explanation} />
      <p className="mt-3 text-muted">Behaviour: {behaviourWords(explanation)}</p>
      <Learning agentId={agent.id} />
      <Changes agent={agent} explanation={explanation} />
    </>
  );
}

function behaviourWords({ mean_anomaly, session_risk, calls_in_window }: Explanation): string {
  if (mean_anomaly === null) return "no tool call seen yet, which counts as 50.";
  const calls = `the mean anomaly of ${count(calls_in_window, "call")} in the last 24 hours of activity`;
  if (session_risk <= mean_anomaly) return `100 × (1 − ${plain(mean_anomaly)}), ${calls}.`;
  const risk = "what remains of the risk of sessions above the alert line; each loses half of it in 24 hours";
  return `100 × (1 − ${plain(session_risk)}), ${risk}. It counts because ${calls} is lower, ${plain(mean_anomaly)}.`;
}

function recencyWords({ recent_events, recent_events_needed }: Explanation): string {
  return recent_events >= recent_events_needed
    ? `${recent_events_needed} or more events in the last hour`
    : `${recent_events} of ${recent_events_needed} events in the last hour`;
}

function Posture({ agent, explanation }: { agent: AgentDetail; explanation: Explanation }) {
  const { taken, left, isClipped } = postureSum(explanation);
  if (taken === 0) return <p className="mt-3 text-muted">Posture: 100, no rule has anything against it.</p>;
  return (
    <details className="mt-3" open>
      <summary className="text-muted">
        Posture: 100 − {plain(taken)} = {isClipped ? "0, never less" : score(left)}
      </summary>
      <ul className="mt-1">
        {explanation.deductions.map((deduction) => {
          const finding = agent.findings.find((one) => one.rule_id === deduction.rule_id);
          return (
            <li key={deduction.rule_id} className="flex items-baseline gap-3 py-0.5">
              <span className="w-24 shrink-0">
                <SeverityBadge severity={deduction.severity} />
              </span>
              <Link
                from="/agents/$agentId"
                to="."
                search={{ tab: "findings", finding: finding?.id }}
                resetScroll={false}
                className="link min-w-0 flex-1"
              >
                {deduction.title}
              </Link>
              <span className="text-right">{signed(-deduction.points)}</span>
            </li>
          );
        })}
      </ul>
    </details>
  );
}

function Changes({ agent, explanation }: { agent: AgentDetail; explanation: Explanation }) {
  const mayWrite = useMayWrite();
  const best = bestChanges(explanation.changes, MOST_CHANGES);
  if (best.length === 0) return null;
  return (
    <div className="mt-3 border-t border-line pt-3">
      <h3 className="heading mb-1">What would raise it</h3>
      <ul>
        {best.map((change) => (
          <li key={change.action + (change.target_id ?? change.target)} className="flex items-baseline gap-2 py-0.5">
            <span className="min-w-0 flex-1">
              {describeChange(change)}{" "}
              <UntrustedText mono={change.action !== "set_rate_limits"}>{change.target}</UntrustedText>
            </span>
            <span className="shrink-0 text-xs text-muted">→ {score(change.trust_score)}</span>
            <span className={`w-14 shrink-0 text-right font-medium ${change.gain > 0 ? "text-trusted" : "text-muted"}`}>
              {signed(change.gain)}
            </span>
            {mayWrite && <ApplyChange agent={agent} change={change} />}
          </li>
        ))}
      </ul>
    </div>
  );
}
