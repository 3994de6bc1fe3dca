import { useNavigate } from "@tanstack/react-router";
import { useEffect, useId, useRef, useState } from "react";
import { endsOf, PRESETS, readTime, timeBetween, timeInFull, timeInWords, useTime } from "../lib/timeRange";
import { setZone, useZone, type Zone } from "../lib/zone";

/** The one choice of time, which all pages that follow it share; it stands in the address. */
export function TimeControl() {
  const time = useTime();
  const [isOpen, setOpen] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useId();
  useEffect(() => {
    if (!isOpen) return;
    const onPointer = (event: PointerEvent) => !frame.current?.contains(event.target as Node) && setOpen(false);
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      setOpen(false);
      button.current?.focus();
    };
    window.addEventListener("pointerdown", onPointer);
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("pointerdown", onPointer);
      window.removeEventListener("keydown", onKey);
    };
  }, [isOpen]);
  return (
    <div ref={frame} className="relative">
      <button
        ref={button}
        type="button"
        data-time
        className={`button ${time ? "border-link" : ""}`}
        aria-expanded={isOpen}
        aria-controls={panel}
        title={time ? timeInFull(time) : "Time (t)"}
        onClick={() => setOpen(!isOpen)}
      >
        <span className="sr-only">Time: </span>
        {timeInWords(time)}
        <span aria-hidden="true">▾</span>
      </button>
      {isOpen && (
        <div
          id={panel}
          className="absolute right-0 z-30 mt-1 w-72 rounded-lg border border-edge bg-surface p-3 shadow-lg max-md:right-auto max-md:left-0"
        >
          <Choices close={() => setOpen(false)} />
        </div>
      )}
    </div>
  );
}

function Choices({ close }: { close: () => void }) {
  const time = useTime();
  const zone = useZone();
  const navigate = useNavigate();
  const choose = (chosen: string | undefined) => {
    void navigate({ to: ".", search: (old: object) => ({ ...old, time: chosen }) as never, resetScroll: false });
    close();
  };
  return (
    <div className="flex flex-col gap-3">
      <div className="grid grid-cols-2 gap-1.5">
        <Choice isChosen={time === undefined} choose={() => choose(undefined)}>
          {timeInWords(undefined)}
        </Choice>
        {PRESETS.map((preset) => (
          <Choice key={preset} isChosen={time === preset} choose={() => choose(preset)}>
            {timeInWords(preset)}
          </Choice>
        ))}
      </div>
      <InWords zone={zone} choose={choose} />
      <Between key={zone} time={time} zone={zone} choose={choose} />
      <ZoneChoice zone={zone} />
    </div>
  );
}

function Choice({ isChosen, choose, children }: { isChosen: boolean; choose: () => void; children: React.ReactNode }) {
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      className={`button button-small justify-center ${isChosen ? "border-link" : ""}`}
      onClick={choose}
    >
      {children}
    </button>
  );
}

function InWords({ zone, choose }: { zone: Zone; choose: (time: string) => void }) {
  const [typed, setTyped] = useState("");
  const id = useId();
  const read = readTime(typed, new Date(), zone);
  const isWrong = typed.trim() !== "" && !read;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (read) choose(read);
      }}
    >
      <label htmlFor={id} className="mb-1 block text-xs text-muted">
        In words
      </label>
      <input
        id={id}
        // biome-ignore lint/a11y/noAutofocus: it opens on request, and typing is the shortest way
        autoFocus
        className="field w-full"
        placeholder="yesterday 14:00-15:00"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        aria-describedby={`${id}-read`}
      />
      <p id={`${id}-read`} className="mt-1 text-xs text-muted" aria-live="polite">
        {read ? timeInFull(read) : isWrong ? "Such as: today 9-12, 2026-11-28, 90m" : "90m, today 9-12, 2026-11-28"}
      </p>
    </form>
  );
}

/** The value of a field for a local time. */
function fieldValue(at: number, zone: Zone): string {
  const shift = zone === "utc" ? 0 : new Date(at).getTimezoneOffset() * 60_000;
  return new Date(at - shift).toISOString().slice(0, 16);
}

function Between({ time, zone, choose }: { time: string | undefined; zone: Zone; choose: (time: string) => void }) {
  const [first, last] = endsOf(time ?? "24h", Date.now());
  const [from, setFrom] = useState(fieldValue(first, zone));
  const [to, setTo] = useState(fieldValue(last, zone));
  const parse = (value: string) => Date.parse(zone === "utc" ? `${value}Z` : value);
  const isSpan = parse(from) < parse(to);
  return (
    <form
      className="flex flex-col gap-1.5"
      onSubmit={(event) => {
        event.preventDefault();
        if (isSpan) choose(timeBetween(parse(from), parse(to)));
      }}
    >
      <DateField label="From" value={from} onChange={setFrom} />
      <DateField label="To" value={to} onChange={setTo} />
      <button type="submit" className="button button-small justify-center" disabled={!isSpan}>
        Show this time
      </button>
    </form>
  );
}

function DateField({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <label className="grid grid-cols-[40px_1fr] items-center text-xs text-muted">
      {label}
      <input
        type="datetime-local"
        className="field w-full min-w-0"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

function ZoneChoice({ zone }: { zone: Zone }) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <div className="flex items-center gap-1.5 border-t border-line pt-3 text-xs text-muted">
      <span className="mr-auto">Times in</span>
      <Choice isChosen={zone === "utc"} choose={() => setZone("utc")}>
        UTC
      </Choice>
      <Choice isChosen={zone === "local"} choose={() => setZone("local")}>
        <span title={own}>Local</span>
      </Choice>
    </div>
  );
}
