import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { auditQuery } from "../../api/queries";
import type { AuditAction, AuditEntry } from "../../api/types";
import { MorePages } from "../../components/MorePages";
import { Empty, Failure, Skeleton, StaleNotice } from "../../components/QueryStates";
import { Time } from "../../components/Time";
import { ShortenedText, UntrustedText } from "../../components/UntrustedText";
import { DONE, isAboutAgent, isRefusal } from "../../lib/audit";
import { visible } from "../../lib/format";
import { spanOf, timeInWords, useTime } from "../../lib/timeRange";

/** Who did what, newest first: all of it, one kind, or what was done to one agent. */
export function AuditEntries({ action, subject }: { action?: AuditAction | undefined; subject?: string | undefined }) {
  const time = useTime();
  const pages = useInfiniteQuery(auditQuery({ action, subject_id: subject, ...spanOf(time) }));
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
          <Entry key={entry.id} entry={entry} linksAgent={subject === undefined} />
        ))}
      </ol>
      <MorePages pages={pages} label="Older entries" />
    </>
  );
}

function Entry({ entry, linksAgent }: { entry: AuditEntry; linksAgent: boolean }) {
  return (
    <li className="flex flex-wrap gap-x-4 gap-y-0.5 px-3 py-2">
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
        {entry.detail && <p className="name text-xs text-muted">{visible(entry.detail)}</p>}
      </div>
    </li>
  );
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
      <Link to="/agents/$agentId" params={{ agentId: entry.subject_id }} search={{ tab: "audit" }} className="link">
        <UntrustedText>{entry.subject_name}</UntrustedText>
      </Link>
    );
  }
  return <UntrustedText>{entry.subject_name}</UntrustedText>;
}
