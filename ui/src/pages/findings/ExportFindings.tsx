import { dataOf, server } from "../../api/client";
import { ExportSelect, TABLES } from "../../components/ExportSelect";
import type { FindingFilters } from "../../lib/findings";

const FORMATS = { ...TABLES, ocsf: ["OCSF", "ocsf.jsonl"] } as const;

/** All findings that pass the filters, as a file that the server writes. */
export function ExportFindings({ filters }: { filters: FindingFilters }) {
  return (
    <ExportSelect
      name="findings"
      formats={FORMATS}
      write={(format) =>
        dataOf(server.GET("/api/v1/findings/export", { params: { query: { ...filters, format } }, parseAs: "text" }))
      }
    />
  );
}
