import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { moversQuery } from "../../api/queries";
import { MoverList } from "../../components/MoverList";
import { Failure, Skeleton } from "../../components/QueryStates";
import type { Span } from "../../lib/timeRange";
import { Section } from "./Section";

/** The agents whose score moved most in the time. */
export function MostMoved({ span }: { span: Span }) {
  const movers = useQuery({ ...moversQuery(span), placeholderData: keepPreviousData });
  return (
    <Section title="Scores that moved most">
      {movers.data ? (
        movers.data.length === 0 ? (
          <p className="text-muted">No score has moved in this time.</p>
        ) : (
          <MoverList movers={movers.data} />
        )
      ) : movers.error ? (
        <Failure error={movers.error} retry={() => void movers.refetch()} />
      ) : (
        <Skeleton rows={5} />
      )}
    </Section>
  );
}
