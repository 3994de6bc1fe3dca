import { useEffect, useId, useRef, useState } from "react";
import { Icon } from "./Icon";

const PAUSE_MS = 150;

/** The page's search; "/" leads here. What is typed goes into the address a moment later. */
export function SearchField({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  const timer = useRef(0);
  const sent = useRef<string[]>([]);
  useEffect(() => {
    // What was typed comes back by way of the address, perhaps when more has been typed: that must not be undone.
    const place = sent.current.indexOf(value);
    sent.current = sent.current.slice(place + 1);
    if (place < 0) setTyped(value);
  }, [value]);
  return (
    <label className="relative flex items-center max-sm:w-full">
      <span className="sr-only">{label}</span>
      <span className="pointer-events-none absolute left-2 text-muted">
        <Icon name="search" size={14} />
      </span>
      <input
        type="search"
        data-search
        className="field w-full pl-7 sm:w-60"
        placeholder={`${label}  ( / )`}
        value={typed}
        onChange={(event) => {
          const text = event.target.value;
          setTyped(text);
          window.clearTimeout(timer.current);
          timer.current = window.setTimeout(() => {
            if (text !== value) sent.current.push(text);
            onChange(text);
          }, PAUSE_MS);
        }}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
      />
    </label>
  );
}

/** A choice of one, or of any. */
export function Select<T extends string>({
  label,
  value,
  options,
  onChange,
  any = `${label}: any`,
  words = (option) => option,
}: {
  label: string;
  value: T | undefined;
  options: readonly T[];
  onChange: (value: T | undefined) => void;
  any?: string;
  words?: (option: T) => string;
}) {
  return (
    <select
      aria-label={label}
      className={`field max-w-44 pr-6 ${value ? "border-link" : ""}`}
      value={value ?? ""}
      onChange={(event) => onChange((event.target.value || undefined) as T | undefined)}
    >
      <option value="">{any}</option>
      {options.map((option) => (
        <option key={option} value={option}>
          {words(option)}
        </option>
      ))}
    </select>
  );
}

/** A labelled text field of a form. */
export function TextField({
  label,
  help,
  ...field
}: { label: string; help?: string } & React.InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <input id={id} className="field w-full" aria-describedby={help ? `${id}-help` : undefined} {...field} />
      {help && (
        <p id={`${id}-help`} className="mt-1 text-xs text-muted">
          {help}
        </p>
      )}
    </div>
  );
}
