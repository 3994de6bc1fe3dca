import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { manifestQuery } from "../../api/queries";
import type { Manifest } from "../../api/types";
import { Icon, type IconName } from "../../components/Icon";
import { Failure, Skeleton } from "../../components/QueryStates";
import { Time } from "../../components/Time";
import { UntrustedText } from "../../components/UntrustedText";
import { count, visible } from "../../lib/format";
import { countsInWords, principalInWords } from "../../lib/manifests";
import { useMayWrite } from "../../lib/useRights";
import { ManifestChanges } from "./ManifestChanges";
import { ManifestDecisions } from "./ManifestDecisions";
import { ManifestItems } from "./ManifestItems";

const STATES: Record<Manifest["state"], { icon: IconName; color: string }> = {
  approved: { icon: "check", color: "text-trusted" },
  changed: { icon: "changed", color: "text-watch" },
  rejected: { icon: "close", color: "text-critical" },
};

/** What a server offers, once for each principal. */
export function Manifests({ manifests, names = false }: { manifests: Manifest[]; names?: boolean }) {
  return (
    <ul className="flex flex-col gap-2">
      {manifests.map((manifest) => (
        <li key={manifest.id}>
          <ManifestCard manifest={manifest} name={names ? manifest.server_name : null} />
        </li>
      ))}
    </ul>
  );
}

/** One line; opened, the changes with their text, the decision, and what is pinned. */
function ManifestCard({ manifest, name }: { manifest: Manifest; name: string | null }) {
  const [isShown, setShown] = useState(manifest.state === "changed");
  return (
    <details
      open={isShown}
      onToggle={(event) => setShown(event.currentTarget.open)}
      className="rounded-md border border-line bg-bg open:border-edge"
    >
      <summary className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
        <StateMark manifest={manifest} />
        {name !== null && <UntrustedText className="font-medium">{name}</UntrustedText>}
        <span className="min-w-0 flex-1 basis-40">{countsInWords(manifest.counts)}</span>
        <span className="text-xs text-muted">
          {principalInWords(manifest.principal)} · seen <Time at={manifest.last_seen_at} />
        </span>
      </summary>
      {isShown && <Body manifest={manifest} />}
    </details>
  );
}

function StateMark({ manifest }: { manifest: Manifest }) {
  const { icon, color } = STATES[manifest.state];
  const changes = manifest.changes_count > 0 ? `, ${count(manifest.changes_count, "change")}` : "";
  return (
    <span className={`inline-flex items-center gap-1.5 text-xs font-semibold ${color}`}>
      <Icon name={icon} size={13} />
      {manifest.state}
      {changes}
    </span>
  );
}

function Body({ manifest }: { manifest: Manifest }) {
  // The one before stays until the next is there, and with it a question that is open.
  const whole = useQuery({ ...manifestQuery(manifest), placeholderData: keepPreviousData });
  const mayWrite = useMayWrite();
  return (
    <div className="flex flex-col gap-4 border-t border-line px-3 py-3">
      <Past manifest={manifest} />
      {whole.data ? (
        <>
          {whole.data.changes_count > 0 && <ManifestChanges manifest={whole.data} />}
          {mayWrite && <ManifestDecisions manifest={whole.data} />}
          <ManifestItems items={whole.data.pinned} />
        </>
      ) : whole.error ? (
        <Failure error={whole.error} retry={() => void whole.refetch()} />
      ) : (
        <Skeleton rows={3} />
      )}
    </div>
  );
}

/** Since when it is pinned and differs, and what was decided last. */
function Past({ manifest }: { manifest: Manifest }) {
  return (
    <p className="text-xs text-muted">
      {manifest.decided_at === null ? "Pinned at first sight, " : "Pinned "}
      <Time at={manifest.pinned_at} />
      {manifest.decided_at === null && ", and not reviewed"}
      {manifest.changes_count > 0 && manifest.changed_at !== null && (
        <>
          ; differs since <Time at={manifest.changed_at} />
        </>
      )}
      {manifest.decided_at !== null && (
        <>
          ; last decided <Time at={manifest.decided_at} /> by{" "}
          <UntrustedText>{manifest.decided_by ?? "a key"}</UntrustedText>
        </>
      )}
      {manifest.note !== null && (
        <>
          : <bdi className="name">{visible(manifest.note)}</bdi>
        </>
      )}
      {manifest.server_version !== "" && (
        <>
          ; version <UntrustedText mono>{manifest.server_version}</UntrustedText>
        </>
      )}
    </p>
  );
}
