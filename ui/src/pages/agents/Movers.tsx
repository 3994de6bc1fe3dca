import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { moversQuery } from "../../api/queries";
import { MoverList, Points } from "../../components/MoverList";
import { ShortenedText } from "../../components/UntrustedText";
import { spanOf, timeInWords, useTime } from "../../lib/timeRange";

/** The agents whose score moved most in the chosen time, or since last week. Closed, it says the one that fell most. */
export function Movers() {
  const time = useTime();
  const movers = useQuery({ ...moversQuery(spanOf(time)), placeholderData: keepPreviousData }).data;
  if (!movers || movers.length === 0) return null;
  const title = time ? `(${timeInWords(time).toLowerCase()})` : "since last week";
  return (
    <details className="card mb-4 px-3 py-2" open={time !== undefined}>
      <summary className="text-muted">
        <span className="font-medium text-text">Moved most</span> {title}:{" "}
        <ShortenedText className="inline-block max-w-48 align-bottom">{movers[0]!.name}</ShortenedText>{" "}
        <Points points={movers[0]!.points} />
      </summary>
      <div className="mt-2 border-t border-line">
        <MoverList movers={movers} />
      </div>
    </details>
  );
}
