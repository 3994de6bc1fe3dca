import { breakable, visible } from "../lib/format";

/** A name from outside, in full: it may break at _, -, . and humps, and cannot turn its neighbours round. */
export function UntrustedText({
  children,
  mono = false,
  className = "",
}: {
  children: string;
  mono?: boolean;
  className?: string;
}) {
  return (
    <bdi dir="ltr" className={`name ${mono ? "font-mono text-[13px]" : ""} ${className}`}>
      {breakable(visible(children)).map((part, place) => (
        <span key={place}>
          {place > 0 && <wbr />}
          {part}
        </span>
      ))}
    </bdi>
  );
}

/** Untrusted text on one line, cut short; in full on hover. */
export function ShortenedText({
  children,
  mono = false,
  className = "",
}: {
  children: string;
  mono?: boolean;
  className?: string;
}) {
  const shown = visible(children);
  return (
    <bdi dir="ltr" title={shown} className={`name block truncate ${mono ? "font-mono text-[13px]" : ""} ${className}`}>
      {shown}
    </bdi>
  );
}
