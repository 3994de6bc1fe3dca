import { Link, useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { axisLabels, type Parts, partAt, partInWords, timeOfParts } from "../lib/chart";

/** One row of bars of a chart. */
export interface Bars {
  name: string;
  /** One number for each part of the time. */
  values: number[];
  /** A class of the theme for its colour. */
  color: string;
  height: number;
  to: "/events" | "/findings";
  /** What the address of a bar says beside its time. */
  search: Record<string, string | number | undefined>;
}

/** Pixels below which a drag is a click. */
const LEAST_DRAG = 6;

interface Drag {
  from: number;
  x: number;
  bars: Bars | undefined;
}

/**
 * Counts over time as rows of bars over one axis. A click on a bar leads to what it counts, dragging chooses the time;
 * both are links of the table below it, for the keyboard and for readers who do not see the bars.
 */
export function TimeChart({ label, parts, rows }: { label: string; parts: Parts; rows: Bars[] }) {
  const navigate = useNavigate();
  const frame = useRef<HTMLDivElement>(null);
  const drag = useRef<Drag | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const [dragged, setDragged] = useState<[number, number] | null>(null);
  const partOf = (event: React.PointerEvent) => {
    const { left, width } = frame.current!.getBoundingClientRect();
    return partAt((event.clientX - left) / width, parts);
  };
  const open = (bars: Bars, part: number) =>
    void navigate({ to: bars.to, search: { ...bars.search, time: timeOfParts(part, part, parts) } as never });
  const onPointerDown = (event: React.PointerEvent) => {
    if (event.button !== 0) return;
    const name = (event.target as Element).closest<HTMLElement>("[data-row]")?.dataset.row;
    drag.current = { from: partOf(event), x: event.clientX, bars: rows.find((row) => row.name === name) };
    frame.current!.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: React.PointerEvent) => {
    setPointed(partOf(event));
    const start = drag.current;
    if (start && Math.abs(event.clientX - start.x) >= LEAST_DRAG) setDragged([start.from, partOf(event)]);
  };
  const onPointerUp = (event: React.PointerEvent) => {
    const start = drag.current;
    stop();
    if (!start) return;
    if (Math.abs(event.clientX - start.x) < LEAST_DRAG) {
      if (start.bars) open(start.bars, start.from);
      return;
    }
    const time = timeOfParts(start.from, partOf(event), parts);
    void navigate({ to: ".", search: (old: object) => ({ ...old, time }) as never, resetScroll: false });
  };
  const stop = () => {
    drag.current = null;
    setDragged(null);
  };
  const marked = dragged && [Math.min(...dragged), Math.max(...dragged) + 1].map((part) => (part / parts.number) * 100);
  return (
    <figure aria-label={label}>
      <div
        ref={frame}
        role="img"
        aria-label={`${label}: ${inWords(rows)}`}
        className="relative flex touch-pan-y cursor-pointer flex-col gap-2 select-none"
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={stop}
        onPointerLeave={() => setPointed(null)}
      >
        {rows.map((row) => (
          <Row key={row.name} row={row} pointed={pointed} />
        ))}
        {marked && (
          <div
            className="absolute inset-y-0 border-x border-link bg-link/20"
            style={{ left: `${marked[0]}%`, width: `${marked[1]! - marked[0]!}%` }}
          />
        )}
      </div>
      <p className="mt-1 flex justify-between gap-2 text-xs text-muted" aria-hidden="true">
        {axisLabels(parts).map((text, place) => (
          <span key={place}>{text}</span>
        ))}
      </p>
      <figcaption className="flex flex-wrap items-start justify-between gap-x-4 text-xs text-muted">
        <span>{pointed === null ? "click a bar to open it, drag to choose a time" : hint(pointed, parts, rows)}</span>
        <Table label={label} parts={parts} rows={rows} />
      </figcaption>
    </figure>
  );
}

function Row({ row: { name, values, color, height }, pointed }: { row: Bars; pointed: number | null }) {
  const most = Math.max(0, ...values);
  return (
    <div data-row={name}>
      <p className="flex justify-between text-xs text-muted" aria-hidden="true">
        <span className="flex items-center gap-1.5">
          <span className={`size-2 rounded-sm ${color}`} /> {name} {number(sum(values))}
        </span>
        <span>peak {number(most)}</span>
      </p>
      <div className="flex items-end gap-px border-b border-line" style={{ height }} aria-hidden="true">
        {values.map((value, part) => (
          <div key={part} className={`flex h-full min-w-0 flex-1 items-end ${part === pointed ? "bg-raised" : ""}`}>
            <span
              className={`w-full rounded-t-sm ${color}`}
              style={{ height: value === 0 ? 0 : `max(2px, ${(value / most) * 100}%)` }}
            />
          </div>
        ))}
      </div>
    </div>
  );
}

function Table({ label, parts, rows }: { label: string; parts: Parts; rows: Bars[] }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="max-sm:basis-full" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="text-right max-sm:text-left">as a table</summary>
      {isOpen && (
        <div className="mt-2 max-h-60 overflow-auto" tabIndex={0} role="region" aria-label={`${label}, as a table`}>
          <table className="text-right">
            <thead>
              <tr>
                <th className="pr-4 text-left font-medium">Time</th>
                {rows.map((row) => (
                  <th key={row.name} className="pl-4 font-medium">
                    {row.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {Array.from({ length: parts.number }, (_, part) => (
                <tr key={part}>
                  <th className="pr-4 text-left font-normal">{partInWords(part, parts)}</th>
                  {rows.map((row) => (
                    <td key={row.name} className="pl-4">
                      <Link
                        to={row.to}
                        search={{ ...row.search, time: timeOfParts(part, part, parts) } as never}
                        className="link inline-block min-w-6 px-1 py-1"
                      >
                        {number(row.values[part] ?? 0)}
                      </Link>
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

function hint(part: number, parts: Parts, rows: Bars[]): string {
  return `${partInWords(part, parts)}: ${rows.map(({ name, values }) => `${number(values[part] ?? 0)} ${name}`).join(", ")}`;
}

function inWords(rows: Bars[]): string {
  return rows
    .map(({ name, values }) => `${number(sum(values))} ${name}, peak ${number(Math.max(0, ...values))}`)
    .join("; ");
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function number(value: number): string {
  return value.toLocaleString("en");
}
