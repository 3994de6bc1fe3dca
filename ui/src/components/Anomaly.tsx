import { NONE } from "../lib/format";
import { anomalyColor } from "../lib/status";

/** How unusual a call is, 0 to 1, as a bar and a number. */
export function Anomaly({ value }: { value: number | null }) {
  if (value === null) return <span className="w-14 text-right text-muted">{NONE}</span>;
  return (
    <span
      className={`inline-flex w-14 items-center justify-end gap-1.5 text-xs font-medium ${anomalyColor(value)}`}
      title={`Anomaly ${value.toFixed(2)} of 1`}
    >
      <span className="h-1.5 w-5 overflow-hidden rounded bg-raised" aria-hidden="true">
        <span className="block h-full bg-current" style={{ width: `${value * 100}%` }} />
      </span>
      {value.toFixed(2)}
    </span>
  );
}
