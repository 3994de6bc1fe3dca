import type { FindingPatch } from "../api/types";

const SNOOZES: [string, number][] = [
  ["1 hour", 3_600_000],
  ["1 day", 86_400_000],
  ["1 week", 7 * 86_400_000],
  ["30 days", 30 * 86_400_000],
];

/** Acknowledges for a while. */
export function SnoozeSelect({
  label,
  disabled,
  decide,
}: {
  label: string;
  disabled: boolean;
  decide: (patch: FindingPatch) => void;
}) {
  return (
    <select
      aria-label={label}
      className="field h-7 text-xs"
      value=""
      disabled={disabled}
      onChange={(event) =>
        decide({
          status: "ACKNOWLEDGED",
          snoozed_until: new Date(Date.now() + Number(event.target.value)).toISOString(),
        })
      }
    >
      <option value="">Snooze for…</option>
      {SNOOZES.map(([name, milliseconds]) => (
        <option key={name} value={milliseconds}>
          {name}
        </option>
      ))}
    </select>
  );
}
