import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type AuditFilters, auditQuery } from "../../api/queries";
import type { AuditEntry, Mention } from "../../api/types";
import { MorePages } from "../../components/MorePages";
import { Empty, Failure, Skeleton, StaleNotice } from "../../components/QueryStates";
import { Time } from "../../components/Time";
import { ShortenedText, UntrustedText } from "../../components/UntrustedText";
import { DONE, isAboutAgent, isRefusal, splitAtMentions } from "../../lib/audit";
import { clickableRow } from "../../lib/clickableRow";
import { visible } from "../../lib/format";
import { timeInWords, useTime } from "../../lib/timeRange";

/** Who did what, newest first: all that passes the filters. */
export function AuditEntries({ filters }: { filters: AuditFilters }) {
  const time = useTime();
  const pages = useInfiniteQuery(auditQuery(filters));
  if (!pages.data)
    return pages.error ? (
      <Failure error={pages.error} retry={() => void pages.refetch()} />
    ) : (
      <Skeleton rows={8} height={44} />
    );
  const entries = pages.data.pages.flatMap((page) => page.body);
  if (entries.length === 0)
    return (
      <Empty title="Nothing is written down">
        {time ? `Nothing of this kind: ${timeInWords(time)}.` : "No action of this kind is on record."}
      </Empty>
    );
  return (
    <>
      <StaleNotice error={pages.error} />
      <ol className="card divide-y divide-line" aria-label="Audit log">
        {entries.map((entry) => (
          <Entry key={entry.id} entry={entry} linksAgent={filters.subject_id === undefined} />
        ))}
      </ol>
      <MorePages pages={pages} label="Older entries" />
    </>
  );
}

function Entry({ entry, linksAgent }: { entry: AuditEntry; linksAgent: boolean }) {
  return (
    <li {...clickableRow} className="flex flex-wrap gap-x-4 gap-y-0.5 px-3 py-2 has-[[data-leads]]:hover:bg-raised">
      <span className="w-20 shrink-0 text-xs leading-5 text-muted">
        <Time at={entry.at} />
      </span>
      <span className="w-36 shrink-0 text-xs leading-5 text-muted md:order-last">
        {entry.address && <ShortenedText>{entry.address}</ShortenedText>}
      </span>
      <div className="min-w-0 flex-1 basis-64">
        <p className={isRefusal(entry) ? "text-watch" : ""}>
          <UntrustedText className="font-medium">{entry.actor_name}</UntrustedText> {DONE[entry.action]}{" "}
          <Subject entry={entry} linksAgent={linksAgent} />
          {entry.count > 1 && ` ${entry.count} times within a minute`}
        </p>
        {entry.detail && (
          <p className="name text-xs text-muted">
            <Detail entry={entry} />
          </p>
        )}
      </div>
    </li>
  );
}

/** The detail with names, and links where these lead somewhere, in the place of ids. */
function Detail({ entry }: { entry: AuditEntry }) {
  return splitAtMentions(entry.detail, entry.mentions).map((part, place) =>
    typeof part === "string" ? visible(part) : <Mentioned key={place} mention={part} />,
  );
}

function Mentioned({ mention: { id, kind, name, is_there } }: { mention: Mention }) {
  const text = <UntrustedText>{name}</UntrustedText>;
  if (kind === "session")
    return (
      <Link to="/sessions/$sessionId" params={{ sessionId: id }} data-leads className="link" title={id}>
        {text}
      </Link>
    );
  if (kind === "agent" && is_there)
    return (
      <Link to="/agents/$agentId" params={{ agentId: id }} data-leads className="link" title={id}>
        {text}
      </Link>
    );
  return <span title={id}>{text}</span>;
}

function Subject({ entry, linksAgent }: { entry: AuditEntry; linksAgent: boolean }) {
  if (isRefusal(entry)) {
    return (
      <>
        {entry.key_prefix && <code className="font-mono text-xs">{visible(entry.key_prefix)}…</code>}
        {entry.subject_name && (
          <>
            {" "}
            that was <UntrustedText>{entry.subject_name}</UntrustedText>
          </>
        )}
      </>
    );
  }
  if (!entry.subject_name) return null;
  if (linksAgent && entry.subject_id && isAboutAgent(entry)) {
    return (
      <Link
        to="/agents/$agentId"
        params={{ agentId: entry.subject_id }}
        search={{ tab: "audit" }}
        data-leads
        className="link"
      >
        <UntrustedText>{entry.subject_name}</UntrustedText>
      </Link>
    );
  }
  return <UntrustedText>{entry.subject_name}</UntrustedText>;
}
