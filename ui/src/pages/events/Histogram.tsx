import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { eventChartQuery } from "../../api/queries";
import { EventChart } from "../../components/EventChart";
import { spanOf, useTime } from "../../lib/timeRange";

const route = getRouteApi("/shell/events");
/** What is shown above the live events. */
const DAY = "24h";
const HEIGHT = 128;

/** How many events there were in the chosen time, or in the last day. Dragging over it chooses another time. */
export function Histogram() {
  const { agent } = route.useSearch();
  const time = useTime() ?? DAY;
  const chart = useQuery({ ...eventChartQuery(spanOf(time), agent), placeholderData: keepPreviousData });
  return (
    <div className="mb-3" style={{ minHeight: HEIGHT }}>
      {chart.data && <EventChart chart={chart.data} agent={agent} heights={[40, 16]} />}
    </div>
  );
}
