import { useMutation, useQueryClient } from "@tanstack/react-query";
import { dataOf, server } from "../api/client";
import type { FindingPatch } from "../api/types";

/** Everything that a decision about a finding may change. */
const CHANGED = [["findings"], ["finding"], ["agent"], ["overview"]];

/** Reads again what a decision about findings may have changed. */
export function useRefreshFindings(): () => Promise<unknown> {
  const client = useQueryClient();
  return () => Promise.all(CHANGED.map((queryKey) => client.invalidateQueries({ queryKey })));
}

/** Decides or assigns one finding. */
export function useDecision() {
  const refresh = useRefreshFindings();
  return useMutation({
    mutationFn: ({ id, ...body }: FindingPatch & { id: string }) =>
      dataOf(server.PATCH("/api/v1/findings/{finding_id}", { params: { path: { finding_id: id } }, body })),
    onSuccess: refresh,
  });
}
