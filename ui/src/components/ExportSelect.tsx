import { useMutation } from "@tanstack/react-query";
import { download } from "../lib/export";

/** A choice of forms; choosing one downloads a file that the server writes. */
export function ExportSelect<Format extends string>({
  name,
  formats,
  write,
}: {
  /** The file's name, without its suffix. */
  name: string;
  /** What each form is called, and the suffix of its file. */
  formats: Record<Format, readonly [label: string, suffix: string]>;
  write: (format: Format) => Promise<unknown>;
}) {
  const file = useMutation({
    mutationFn: async (format: Format) =>
      download(`${name}.${formats[format][1]}`, "text/plain", String(await write(format))),
  });
  return (
    <select
      aria-label="Export what is filtered"
      className="field max-w-32"
      value=""
      disabled={file.isPending}
      title={file.error?.message}
      onChange={(event) => file.mutate(event.target.value as Format)}
    >
      <option value="">{file.error ? "Export failed" : "Export…"}</option>
      {Object.entries<readonly [string, string]>(formats).map(([format, [label]]) => (
        <option key={format} value={format}>
          {label}
        </option>
      ))}
    </select>
  );
}

/** The forms of most exports. */
export const TABLES = { csv: ["CSV", "csv"], json: ["JSON", "json"] } as const;
