import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { dataOf, server } from "../../api/client";
import { alertBudgetsQuery, alertsQuery, rulesQuery, settingsQuery } from "../../api/queries";
import type { AlertBudgets, AlertDestination, ServerSettings } from "../../api/types";
import { Chip, SeverityBadge } from "../../components/Badges";
import { Page } from "../../components/Page";
import { Failure, Skeleton, StaleNotice } from "../../components/QueryStates";
import { plain } from "../../lib/format";
import { SEVERITIES } from "../../lib/status";
import { useMayWrite } from "../../lib/useRights";
import { AlertRoutes } from "./AlertRoutes";

/** How the server is set up. Settings are environment variables; this page shows them, and tries the destinations of alerts. */
export function SettingsPage() {
  const settings = useQuery(settingsQuery);
  if (!settings.data) {
    return (
      <Page title="Settings" tab="Settings">
        {settings.error ? <Failure error={settings.error} retry={() => void settings.refetch()} /> : <Skeleton />}
      </Page>
    );
  }
  return (
    <Page
      title="Settings"
      tab="Settings"
      lead={`AgentSentinel ${settings.data.version}. Settings are environment variables of the server, read when it starts.`}
    >
      <StaleNotice error={settings.error} />
      <div className="grid gap-4 lg:grid-cols-2">
        <Alerts />
        <Storage settings={settings.data} />
        <AlertRoutes />
        <AlertBudget />
      </div>
      <Rules settings={settings.data} />
    </Page>
  );
}

function Alerts() {
  const destinations = useQuery(alertsQuery);
  const mayWrite = useMayWrite();
  const queries = useQueryClient();
  const test = useMutation({
    mutationFn: () => dataOf(server.POST("/api/v1/alerts/test")),
    onSettled: () => queries.invalidateQueries(alertsQuery),
  });
  return (
    <section aria-labelledby="alerts" className="card p-4">
      <h2 id="alerts" className="heading mb-2">
        Alerts and exports
      </h2>
      {destinations.error && <Failure error={destinations.error} retry={() => void destinations.refetch()} />}
      {destinations.data?.length === 0 && (
        <p className="mb-3 text-muted">
          Not set up. Start the server with <code className="font-mono">SLACK_WEBHOOK_URL</code>,{" "}
          <code className="font-mono">ALERT_WEBHOOK_URL</code>, <code className="font-mono">ALERT_APPRISE_URLS</code> or{" "}
          <code className="font-mono">OCSF_FILE</code>.
        </p>
      )}
      <ul className="mb-3">
        {destinations.data?.map((destination) => (
          <Destination key={destination.destination} destination={destination} />
        ))}
      </ul>
      {mayWrite && (
        <button
          type="button"
          className="button"
          disabled={test.isPending || !destinations.data?.length}
          onClick={() => test.mutate()}
        >
          {test.isPending ? "Sending…" : "Send a test"}
        </button>
      )}
      <div role="status" className="mt-2">
        {test.data?.map((result) => (
          <p key={result.destination} className={result.ok ? "text-trusted" : "text-critical"}>
            {result.destination}: {result.ok ? "delivered" : "not delivered"}, {result.detail}
          </p>
        ))}
        {test.error && <p className="text-critical">{test.error.message}</p>}
      </div>
    </section>
  );
}

function Destination({ destination }: { destination: AlertDestination }) {
  return (
    <li className="flex flex-wrap items-baseline justify-between gap-x-4 border-b border-line py-1 last:border-0">
      <span>
        {destination.destination} <span className="ml-2 text-xs text-muted">{destination.target}</span>
      </span>
      <span>
        {plain(destination.sent)} sent, {plain(destination.failed)} failed, {plain(destination.waiting)} waiting
      </span>
      {destination.last_error && <span className="basis-full text-critical">{destination.last_error}</span>}
    </li>
  );
}

function Storage({ settings }: { settings: ServerSettings }) {
  const facts = [
    ["Database", settings.is_database_embedded ? "embedded PostgreSQL" : "PostgreSQL of DATABASE_URL", "DATABASE_URL"],
    ["Events are kept", `${settings.event_retention_days} days`, "EVENT_RETENTION_DAYS"],
    ["Score history is kept", `${settings.history_retention_days} days`, "fixed"],
  ];
  return (
    <section aria-labelledby="storage" className="card p-4">
      <h2 id="storage" className="heading mb-2">
        Storage and retention
      </h2>
      <dl>
        {facts.map(([name, value, variable]) => (
          <div
            key={name}
            className="flex flex-wrap items-baseline justify-between gap-x-4 border-b border-line py-1 last:border-0"
          >
            <dt>{name}</dt>
            <dd className="text-right">
              {value} <code className="ml-2 font-mono text-xs text-muted">{variable}</code>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function AlertBudget() {
  const preview = useQuery(alertBudgetsQuery);
  return (
    <section aria-labelledby="alert-budget" className="card p-4 lg:col-span-2">
      <h2 id="alert-budget" className="heading mb-2">
        Alert budget
      </h2>
      <p className="mb-3 text-muted">
        How many false alarms in 1,000 normal sessions are acceptable. A session is an alarm above the line that the
        budget picks.
      </p>
      {preview.error && <Failure error={preview.error} retry={() => void preview.refetch()} />}
      {preview.isPending && <Skeleton rows={6} />}
      {preview.data && <BudgetTable preview={preview.data} />}
    </section>
  );
}

function BudgetTable({ preview }: { preview: AlertBudgets }) {
  return (
    <>
      <table className="w-full tabular-nums">
        <thead>
          <tr className="border-b border-line text-xs text-muted">
            <th className="py-1 text-left font-normal">Budget</th>
            <th className="py-1 pl-3 text-right font-normal">Alert line</th>
            <th className="py-1 pl-3 text-right font-normal">Sessions flagged</th>
            <th className="py-1 pl-3 text-right font-normal">Agents</th>
          </tr>
        </thead>
        <tbody>
          {preview.budgets.map((one) => (
            <tr key={one.budget} className="border-b border-line last:border-0">
              <th scope="row" className="py-1 text-left font-normal">
                {plain(one.budget)}
                {one.budget === preview.budget && (
                  <span className="ml-2 text-xs text-muted">
                    in use, <code className="font-mono">SESSION_ALERT_BUDGET</code>
                  </span>
                )}
              </th>
              <td className="py-1 text-right">{one.alert_line.toFixed(3)}</td>
              <td className="py-1 text-right">{plain(one.sessions)}</td>
              <td className="py-1 text-right">{plain(one.agents)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="mt-2 text-xs text-muted">
        Of {plain(preview.sessions)} sessions judged in the last 30 days, without those of learning agents.
      </p>
    </>
  );
}

function Rules({ settings }: { settings: ServerSettings }) {
  const rules = useQuery(rulesQuery);
  return (
    <section aria-labelledby="rules" className="mt-6">
      <h2 id="rules" className="heading mb-2">
        {settings.rules} rules in force{" "}
        <code className="ml-2 font-mono text-xs font-normal text-muted">
          POSTURE_RULESET={settings.posture_ruleset}
        </code>
      </h2>
      {!rules.data &&
        (rules.error ? <Failure error={rules.error} retry={() => void rules.refetch()} /> : <Skeleton rows={6} />)}
      <ul className="card divide-y divide-line">
        {[...(rules.data ?? [])]
          .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
          .map((rule) => (
            <li key={rule.id}>
              <details>
                <summary className="grid grid-cols-[88px_minmax(0,1fr)_auto] items-center gap-x-3 px-3 py-2">
                  <SeverityBadge severity={rule.severity} />
                  <span className="min-w-0">{rule.title}</span>
                  <span className="text-xs text-muted">−{plain(rule.points)} posture</span>
                </summary>
                <div className="flex flex-col gap-2 px-3 pb-3 text-muted">
                  <p>{rule.rationale}</p>
                  <p>{rule.remediation}</p>
                  <p className="flex flex-wrap gap-1.5">
                    <code className="font-mono text-xs">{rule.id}</code>
                    {rule.references.map((reference) => (
                      <Chip key={reference}>{reference}</Chip>
                    ))}
                  </p>
                </div>
              </details>
            </li>
          ))}
      </ul>
    </section>
  );
}
