import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { dataOf, server } from "../../api/client";
import type { Key } from "../../api/types";
import { Copyable } from "../../components/Copyable";
import { Dialog } from "../../components/Dialog";
import { visible } from "../../lib/format";

const OVERLAPS: [number, string][] = [
  [86_400, "for another day"],
  [3_600, "for another hour"],
  [7 * 86_400, "for another week"],
  [0, "not at all"],
];

/** A key in the place of another one, shown this once; the old one goes on working for a while. */
export function RotateKey({ apiKey, onClose }: { apiKey: Key; onClose: () => void }) {
  const client = useQueryClient();
  const [overlap, setOverlap] = useState(86_400);
  const rotate = useMutation({
    mutationFn: () =>
      dataOf(
        server.POST("/api/v1/keys/{key_id}/rotate", {
          params: { path: { key_id: apiKey.id } },
          body: { overlap_seconds: overlap },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ["keys"] }),
  });
  return (
    <Dialog open onClose={onClose} title="Replace this key?" layout={rotate.isSuccess ? "wide" : "narrow"}>
      {rotate.data ? (
        <div role="status">
          <p className="mb-1 text-watch">Copy it now: it is shown this once, and stored as a digest only.</p>
          <Copyable label="The new key" text={rotate.data.key} />
        </div>
      ) : (
        <>
          <p className="mb-3 text-muted">
            A new key takes the place of <strong className="name text-text">{visible(apiKey.name)}</strong>, with the
            same rights and as long a life.
          </p>
          <label className="mb-4 flex flex-wrap items-center gap-2">
            The old one works
            <select className="field" value={overlap} onChange={(event) => setOverlap(Number(event.target.value))}>
              {OVERLAPS.map(([seconds, words]) => (
                <option key={seconds} value={seconds}>
                  {words}
                </option>
              ))}
            </select>
          </label>
          {rotate.error && (
            <p role="alert" className="mb-3 text-critical">
              {rotate.error.message}
            </p>
          )}
        </>
      )}
      <div className="mt-4 flex justify-end gap-2">
        <button type="button" className="button" onClick={onClose}>
          {rotate.data ? "Done" : "Cancel"}
        </button>
        {!rotate.data && (
          <button
            type="button"
            className="button button-primary"
            disabled={rotate.isPending}
            onClick={() => rotate.mutate()}
          >
            Replace key
          </button>
        )}
      </div>
    </Dialog>
  );
}
