import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { dataOf, server } from "../../api/client";
import { alertRoutesQuery, alertsQuery } from "../../api/queries";
import type { AlertRoute, RoutePreview } from "../../api/types";
import { Select, TextField } from "../../components/Fields";
import { Failure } from "../../components/QueryStates";
import { Time } from "../../components/Time";
import { UntrustedText } from "../../components/UntrustedText";
import { count, plain } from "../../lib/format";
import { SEVERITIES } from "../../lib/status";
import { useMayWrite } from "../../lib/useRights";

const KINDS = ["posture", "behaviour", "silence"] as const;

/** Which alerts a destination gets: the stored routes, and what others would have sent before they are stored. */
export function AlertRoutes() {
  const routes = useQuery(alertRoutesQuery);
  return (
    <section aria-labelledby="alert-routes" className="card p-4 lg:col-span-2">
      <h2 id="alert-routes" className="heading mb-2">
        Routes of alerts
      </h2>
      <p className="mb-3 text-muted">
        A destination with routes gets the alerts that take one of them, and no others; one without gets what its
        setting says.
      </p>
      {routes.error && <Failure error={routes.error} retry={() => void routes.refetch()} />}
      {routes.data && <Editor key={JSON.stringify(routes.data)} stored={routes.data} />}
    </section>
  );
}

function Editor({ stored }: { stored: AlertRoute[] }) {
  const [routes, setRoutes] = useState(stored);
  const destinations = useQuery(alertsQuery);
  const names = (destinations.data ?? []).map((one) => one.destination).filter((name) => !name.startsWith("ocsf-"));
  const mayWrite = useMayWrite();
  const queries = useQueryClient();
  const preview = useMutation({
    mutationFn: (asked: AlertRoute[]) =>
      dataOf(server.POST("/api/v1/alerts/routes/preview", { body: { routes: asked } })),
  });
  const save = useMutation({
    mutationFn: () => dataOf(server.PUT("/api/v1/alerts/routes", { body: { routes } })),
    onSuccess: (saved) => queries.setQueryData(alertRoutesQuery.queryKey, saved),
  });
  const change = (changed: AlertRoute[]) => {
    setRoutes(changed);
    preview.reset();
  };
  const isChanged = routes !== stored;
  return (
    <>
      {routes.length === 0 && <p className="mb-3">There are no routes.</p>}
      <ul className="mb-3">
        {routes.map((route, place) => (
          <li key={place} className="flex flex-wrap items-baseline justify-between gap-x-4 border-b border-line py-1">
            <span className="min-w-0">
              <Conditions route={route} isKnown={names.includes(route.destination) || !destinations.data} />
            </span>
            {mayWrite && (
              <button
                type="button"
                className="button"
                aria-label={`Remove route ${place + 1}`}
                onClick={() => change(routes.filter((_, other) => other !== place))}
              >
                Remove
              </button>
            )}
          </li>
        ))}
      </ul>
      {destinations.data && names.length === 0 && (
        <p className="text-muted">No destination takes routes: set up Slack, the webhook or a service of Apprise.</p>
      )}
      {mayWrite && names.length > 0 && <NewRoute names={names} add={(route) => change([...routes, route])} />}
      {mayWrite && (
        <p className="mt-3 flex flex-wrap gap-2">
          <button
            type="button"
            className="button"
            disabled={preview.isPending || !names.length}
            onClick={() => preview.mutate(routes)}
          >
            {preview.isPending ? "Counting…" : "Preview 7 days"}
          </button>
          <button
            type="button"
            className="button button-primary"
            disabled={!isChanged || save.isPending}
            onClick={() => save.mutate()}
          >
            {save.isPending ? "Saving…" : "Save routes"}
          </button>
          {isChanged && <span className="self-center text-muted">Not saved yet</span>}
        </p>
      )}
      <div role="status" className="mt-2">
        {[preview.error, save.error].map((error) => error && <p className="text-critical">{error.message}</p>)}
        {preview.data?.map((one) => (
          <Previewed key={one.destination} preview={one} isChanged={isChanged} />
        ))}
      </div>
    </>
  );
}

function Conditions({ route, isKnown }: { route: AlertRoute; isKnown: boolean }) {
  const about = [
    `${route.min_severity}${route.min_severity === "CRITICAL" ? "" : " and worse"}`,
    route.kinds.length ? route.kinds.join(" or ") : "",
    route.rules.length ? `rules ${route.rules.join(", ")}` : "",
  ].filter(Boolean);
  return (
    <>
      <strong>{route.destination}</strong>
      {!isKnown && <span className="text-watch"> (not configured)</span>}: {about.join(" · ")}
      {route.teams.length > 0 && (
        <>
          {" · of "}
          <UntrustedText>{route.teams.join(", ")}</UntrustedText>
        </>
      )}
    </>
  );
}

function NewRoute({ names, add }: { names: string[]; add: (route: AlertRoute) => void }) {
  const [destination, setDestination] = useState(names[0]);
  const [severity, setSeverity] = useState<(typeof SEVERITIES)[number]>("HIGH");
  const [kind, setKind] = useState<(typeof KINDS)[number]>();
  const [rules, setRules] = useState("");
  const [teams, setTeams] = useState("");
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    add({
      destination: destination ?? "",
      min_severity: severity,
      kinds: kind ? [kind] : [],
      rules: listed(rules),
      teams: listed(teams),
    });
    setRules("");
    setTeams("");
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-2">
      <Select
        label="Destination"
        value={destination}
        options={names}
        any={`To ${names[0]}`}
        onChange={(value) => setDestination(value ?? names[0])}
      />
      <Select
        label="Lowest severity"
        value={severity}
        options={SEVERITIES}
        any="HIGH and worse"
        onChange={(value) => setSeverity(value ?? "HIGH")}
      />
      <Select label="Kind" value={kind} options={KINDS} onChange={setKind} />
      <TextField label="Rules, with commas" value={rules} onChange={(event) => setRules(event.target.value)} />
      <TextField label="Teams, with commas" value={teams} onChange={(event) => setTeams(event.target.value)} />
      <button type="submit" className="button">
        Add route
      </button>
    </form>
  );
}

function Previewed({ preview, isChanged }: { preview: RoutePreview; isChanged: boolean }) {
  const { destination, alerts, alerts_as_stored, newest } = preview;
  return (
    <details className="border-b border-line py-1">
      <summary>
        {destination}: {count(alerts, "alert")} in 7 days
        {isChanged && `, ${plain(alerts_as_stored)} by what is stored`}
      </summary>
      <ul className="pl-4">
        {newest.map((alert) => (
          <li key={alert.finding_id + alert.at}>
            <Time at={alert.at} /> {alert.severity} {alert.rule_id}: <UntrustedText>{alert.agent_name}</UntrustedText>
          </li>
        ))}
        {newest.length < alerts && <li className="text-muted">and {plain(alerts - newest.length)} more</li>}
      </ul>
    </details>
  );
}

function listed(text: string): string[] {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter(Boolean);
}
