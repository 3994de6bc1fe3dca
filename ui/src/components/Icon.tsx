/** The few icons there are, drawn on a grid of 16. */
const PATHS = {
  agents: "M8 2.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM3 13.5c0-2.8 2.2-4.5 5-4.5s5 1.7 5 4.5",
  overview: "M2 13.5h12M3.5 11V8M6.5 11V4.5M9.5 11V6.5M12.5 11V3",
  findings: "M8 2 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.2",
  events: "M1.5 8h3l2-5 3 10 2-5h3",
  capabilities: "M3.5 4.5h.01M3.5 11.5h.01M12.5 8h.01M5 5l6 2.6M5 11l6-2.6",
  keys: "M10.8 2.2a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM8.6 7.3 2.5 13.4M4.4 11.6l1.7 1.7M6.3 9.6l1.2 1.2",
  audit: "M4 2h8v12H4zM6.5 5.5h3M6.5 8h3M6.5 10.5h3",
  settings: "M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 3v3M5.5 10v3",
  system: "M2 3h12v8H2zM5.5 13.5h5",
  dark: "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z",
  light:
    "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6zM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8 13 13M13 3l-1.2 1.2M4.2 11.8 3 13",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.3 10.3 14 14",
  silent: "M1.5 8h4M10.5 8h4M6.5 6l3 4M9.5 6l-3 4",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  check: "M3 8.5l3.5 3.5 6.5-7.5",
  changed: "M2.5 5.5h10L10 3M13.5 10.5h-10L6 13",
  up: "M8 13V3M4 7l4-4 4 4",
  down: "M8 3v10M4 9l4 4 4-4",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  const isDots = name === "capabilities";
  return (
    <svg
      viewBox="0 0 16 16"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className="shrink-0"
    >
      <path d={PATHS[name]} />
      {isDots &&
        [3.5, 3.5, 12.5].map((x, place) => (
          <circle key={place} cx={x} cy={[4.5, 11.5, 8][place]} r="1.7" fill="currentColor" />
        ))}
    </svg>
  );
}
