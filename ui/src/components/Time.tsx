import { absolute, NONE, relative } from "../lib/format";
import { useNow } from "../lib/useNow";

/** How long ago; the moment itself, with its zone, on hover. */
export function Time({ at }: { at: string | null | undefined }) {
  const now = useNow();
  if (!at) return <span className="text-muted">{NONE}</span>;
  return (
    <time dateTime={at} title={absolute(at)} className="whitespace-nowrap">
      {relative(at, now)}
    </time>
  );
}
