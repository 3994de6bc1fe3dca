import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { dataOf, server } from "../../api/client";
import { auditSummaryQuery } from "../../api/queries";
import { ExportSelect, TABLES } from "../../components/ExportSelect";
import { Select } from "../../components/Fields";
import { Page } from "../../components/Page";
import { SavedViews } from "../../components/SavedViews";
import { ACTIONS, actionName } from "../../lib/audit";
import { visible } from "../../lib/format";
import { spanOf, useTime } from "../../lib/timeRange";
import { AuditCounts } from "./AuditCounts";
import { AuditEntries } from "./AuditEntries";

const route = getRouteApi("/shell/audit");

/** Who did what, and who was kept out. */
export function AuditPage() {
  const { action, actor } = route.useSearch();
  const navigate = useNavigate({ from: "/audit" });
  const time = useTime();
  const summary = useQuery(auditSummaryQuery(spanOf(time))).data;
  const actors = summary?.actors.map((one) => one.actor_name) ?? [];
  const filters = { action, actor_name: actor, ...spanOf(time) };
  return (
    <Page
      title="Audit log"
      tab="Audit"
      isTimed
      lead="Kept for 400 days, wrong keys for 90. What was decided about a finding is in its own history."
    >
      <AuditCounts />
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <SavedViews page="audit" />
        <Select
          label="What was done"
          any="Everything"
          value={action}
          options={ACTIONS}
          words={actionName}
          onChange={(chosen) => void navigate({ search: (old) => ({ ...old, action: chosen }) })}
        />
        <Select
          label="Who did it"
          any="By any key"
          value={actor}
          options={actor === undefined || actors.includes(actor) ? actors : [actor, ...actors]}
          words={(name) => visible(name).slice(0, 60)}
          onChange={(chosen) => void navigate({ search: (old) => ({ ...old, actor: chosen }) })}
        />
        <ExportSelect
          name="audit"
          formats={TABLES}
          write={(format) =>
            dataOf(server.GET("/api/v1/audit/export", { params: { query: { ...filters, format } }, parseAs: "text" }))
          }
        />
      </div>
      <AuditEntries filters={filters} />
    </Page>
  );
}
