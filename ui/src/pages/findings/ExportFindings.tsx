import { useMutation } from "@tanstack/react-query";
import { dataOf, server } from "../../api/client";
import { download } from "../../lib/export";
import type { FindingFilters } from "../../lib/findings";

const FORMATS = {
  csv: ["CSV", "findings.csv"],
  json: ["JSON", "findings.json"],
  ocsf: ["OCSF", "findings.ocsf.jsonl"],
} as const;

/** All findings that pass the filters, as a file that the server writes. */
export function ExportFindings({ filters }: { filters: FindingFilters }) {
  const write = useMutation({
    mutationFn: async (format: keyof typeof FORMATS) => {
      const query = { ...filters, format };
      const text = await dataOf(server.GET("/api/v1/findings/export", { params: { query }, parseAs: "text" }));
      download(FORMATS[format][1], "text/plain", String(text));
    },
  });
  return (
    <select
      aria-label="Export what is filtered"
      className="field max-w-32"
      value=""
      disabled={write.isPending}
      title={write.error?.message}
      onChange={(event) => write.mutate(event.target.value as keyof typeof FORMATS)}
    >
      <option value="">{write.error ? "Export failed" : "Export…"}</option>
      {Object.entries(FORMATS).map(([format, [label]]) => (
        <option key={format} value={format}>
          {label}
        </option>
      ))}
    </select>
  );
}
