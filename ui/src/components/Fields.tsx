import { useId } from "react";
import { visible } from "../lib/format";
import type { SearchText } from "../lib/useSearchText";
import { Icon } from "./Icon";

/** The page's search; "/" leads here. Escape leaves it and keeps what is in it, so that the rows stay those in sight. */
export function SearchField({ label, search: { typed, type, settle } }: { label: string; search: SearchText }) {
  const onKeyDown = (event: React.KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter") settle();
    if (event.key !== "Escape") return;
    // The browser's own Escape empties a search field.
    event.preventDefault();
    event.currentTarget.blur();
  };
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
        onChange={(event) => type(event.target.value)}
        onBlur={settle}
        onKeyDown={onKeyDown}
      />
    </label>
  );
}

/** A filter by a whole name that is typed or pasted; it holds from Enter on, or when the field is left. */
export function ExactField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}) {
  const settle = (field: HTMLInputElement) => {
    const typed = field.value.trim() || undefined;
    if (typed !== value) onChange(typed);
  };
  return (
    <input
      key={value}
      type="search"
      aria-label={label}
      className={`field w-36 ${value ? "border-link" : ""}`}
      placeholder={`${label}: any`}
      maxLength={255}
      defaultValue={value}
      onBlur={(event) => settle(event.currentTarget)}
      onKeyDown={(event) => event.key === "Enter" && settle(event.currentTarget)}
    />
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
      value={visible(value ?? "")}
      onChange={(event) => onChange(options.find((option) => visible(option) === event.target.value))}
    >
      <option value="">{any}</option>
      {options.map((option) => (
        <option key={option} value={visible(option)}>
          {visible(words(option))}
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
