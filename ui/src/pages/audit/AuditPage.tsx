import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Select } from "../../components/Fields";
import { Page } from "../../components/Page";
import { ACTIONS, actionName } from "../../lib/audit";
import { AuditEntries } from "./AuditEntries";

const route = getRouteApi("/shell/audit");

/** Who did what, and who was kept out. */
export function AuditPage() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/audit" });
  return (
    <Page
      title="Audit log"
      tab="Audit"
      isTimed
      lead="Kept for 400 days, wrong keys for 90. What was decided about a finding is in its own history."
    >
      <div className="mb-4">
        <Select
          label="What was done"
          any="Everything"
          value={search.action}
          options={ACTIONS}
          words={actionName}
          onChange={(action) => void navigate({ search: { action }, replace: true })}
        />
      </div>
      <AuditEntries action={search.action} />
    </Page>
  );
}
