import type { ManifestDetail, ManifestDiff } from "../../api/types";
import { SeverityBadge } from "../../components/Badges";
import { UntrustedText } from "../../components/UntrustedText";
import { count, visible } from "../../lib/format";

/** How what a server offers differs from what is pinned, the worst first. */
export function ManifestChanges({ manifest }: { manifest: ManifestDetail }) {
  const hidden = manifest.changes_count - manifest.diffs.length;
  return (
    <section aria-label="Changes" className="flex flex-col gap-3">
      {manifest.diffs.map((diff, place) => (
        <div key={place}>
          <h3 className="mb-1 flex flex-wrap items-center gap-x-3 gap-y-0.5">
            <SeverityBadge severity={diff.severity} />
            <UntrustedText mono className="font-medium">
              {diff.item}
            </UntrustedText>
            <UntrustedText className="text-muted">{diff.what}</UntrustedText>
          </h3>
          <Diff diff={diff} />
        </div>
      ))}
      {hidden > 0 && <p className="text-muted">And {count(hidden, "more change")}, none of them worse.</p>}
    </section>
  );
}

/** Lines of a unified diff: the sign is part of the text, so that colour only repeats it. */
function Diff({ diff }: { diff: ManifestDiff }) {
  return (
    <div
      tabIndex={0}
      role="group"
      aria-label={`Difference of ${visible(diff.item)}`}
      className="max-h-72 overflow-auto rounded-md border border-line bg-surface p-2 font-mono text-[13px] leading-5"
    >
      {diff.lines.map((line, place) => (
        <Line key={place} line={line} />
      ))}
    </div>
  );
}

function Line({ line }: { line: string }) {
  const text = visible(line);
  const look = "name block whitespace-pre-wrap no-underline pl-4 -indent-4";
  if (line.startsWith("+")) return <ins className={`${look} text-trusted`}>{text}</ins>;
  if (line.startsWith("-")) return <del className={`${look} text-critical`}>{text}</del>;
  return <span className={`${look} text-muted`}>{text}</span>;
}
