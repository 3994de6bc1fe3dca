import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { eventsQuery } from "../../api/queries";
import { EventLine } from "../../components/EventLine";
import { Empty, Failure, Skeleton } from "../../components/QueryStates";

/** The last calls of one agent; the live feed is a page of its own. */
export function AgentEvents({ agentId }: { agentId: string }) {
  const events = useQuery({ ...eventsQuery(agentId), refetchInterval: 5_000 });
  if (events.error && !events.data) return <Failure error={events.error} retry={() => void events.refetch()} />;
  if (!events.data) return <Skeleton rows={8} />;
  if (events.data.length === 0) return <Empty title="No events yet">This agent has not reported a tool call.</Empty>;
  return (
    <>
      <p className="mb-2 text-muted">
        The last {events.data.length}.{" "}
        <Link to="/events" search={{ agent: agentId }} className="link">
          Follow live
        </Link>
      </p>
      <ul className="card divide-y divide-line">
        {events.data.map((event) => (
          <li key={event.event_id}>
            <EventLine event={event} showsAgent={false} />
          </li>
        ))}
      </ul>
    </>
  );
}
