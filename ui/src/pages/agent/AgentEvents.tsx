import { Link } from "@tanstack/react-router";
import { EventPages } from "../../components/EventPages";
import { EventPanel } from "../../components/EventPanel";
import { Empty } from "../../components/QueryStates";
import { filtersOf } from "../../lib/events";
import { timeInFull, useTime } from "../../lib/timeRange";

/** The calls of one agent, the last ones or those of the chosen time; the live feed is a page of its own. */
export function AgentEvents({ agentId }: { agentId: string }) {
  const time = useTime();
  return (
    <>
      <p className="mb-2 text-muted">
        {time ? timeInFull(time) : "The last calls."}{" "}
        <Link to="/events" search={{ agent: agentId, time: undefined }} className="link">
          Follow live
        </Link>
      </p>
      <EventPages
        filters={filtersOf({ agent: agentId, time })}
        showsAgent={false}
        empty={
          time ? (
            <Empty title="No events in this time">This agent has not reported a tool call then.</Empty>
          ) : (
            <Empty title="No events yet">This agent has not reported a tool call.</Empty>
          )
        }
      />
      <EventPanel />
    </>
  );
}
