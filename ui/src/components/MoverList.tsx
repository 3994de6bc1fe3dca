import { Link } from "@tanstack/react-router";
import type { Mover } from "../api/types";
import { score, signed } from "../lib/format";
import { ShortenedText } from "./UntrustedText";

/** Agents with their score before and after, and what moved it. */
export function MoverList({ movers }: { movers: Mover[] }) {
  return (
    <ol className="divide-y divide-line" aria-label="Agents whose score moved most">
      {movers.map((mover) => (
        <li key={mover.agent_id} className="flex flex-wrap items-center gap-x-4 gap-y-0.5 py-1.5">
          <Link
            to="/agents/$agentId"
            params={{ agentId: mover.agent_id }}
            className="min-w-0 basis-48 font-medium hover:underline"
          >
            <ShortenedText>{mover.name}</ShortenedText>
          </Link>
          <span className="w-24 text-muted">
            {score(mover.before)} → {score(mover.after)}
          </span>
          <Points points={mover.points} />
          <span className="min-w-0 text-xs text-muted">{mover.summary.replace(/^[^:]*: /, "")}</span>
        </li>
      ))}
    </ol>
  );
}

export function Points({ points }: { points: number }) {
  return <span className={`font-medium ${points < 0 ? "text-alert" : "text-trusted"}`}>{signed(points)}</span>;
}
