import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { explanationQuery, historyQuery, seriesQuery } from "../../api/queries";
import type { AgentDetail } from "../../api/types";
import { Failure, Skeleton } from "../../components/QueryStates";
import { score } from "../../lib/format";
import { spanOf, useTime } from "../../lib/timeRange";
import { Discovery } from "./Discovery";
import { HistoryChart } from "./HistoryChart";
import { ScoreArithmetic } from "./ScoreArithmetic";
import { WhatChanged } from "./WhatChanged";

/** The score: what changed it, how it went over time, and its arithmetic. */
export function AgentOverview({ agent }: { agent: AgentDetail }) {
  const explanation = useQuery(explanationQuery(agent.id));
  const span = spanOf(useTime());
  const history = useQuery({ ...historyQuery(agent.id, span), placeholderData: keepPreviousData });
  const series = useQuery({ ...seriesQuery(agent.id, span), placeholderData: keepPreviousData });
  return (
    <>
      <Discovery agent={agent} />
      <WhatChanged agentId={agent.id} />
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-[minmax(0,5fr)_minmax(0,4fr)]">
        <section aria-labelledby="history" className="card p-4">
          <h2 id="history" className="heading mb-2">
            Trust over time
          </h2>
          {history.data && series.data ? (
            <HistoryChart points={history.data} series={series.data} />
          ) : (history.error ?? series.error) ? (
            <Failure
              error={history.error ?? series.error!}
              retry={() => void Promise.all([history.refetch(), series.refetch()])}
            />
          ) : (
            <Skeleton rows={1} height={228} />
          )}
        </section>
        <section aria-labelledby="arithmetic" className="card p-4">
          <h2 id="arithmetic" className="heading mb-2">
            {agent.trust_score === null ? "What its first score would be" : `Why ${score(agent.trust_score)}`}
          </h2>
          {explanation.data ? (
            <ScoreArithmetic agent={agent} explanation={explanation.data} />
          ) : explanation.error ? (
            <Failure error={explanation.error} retry={() => void explanation.refetch()} />
          ) : (
            <Skeleton rows={5} />
          )}
        </section>
      </div>
    </>
  );
}
