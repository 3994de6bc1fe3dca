import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { dataOf, server } from "../../api/client";
import type { ManifestDetail } from "../../api/types";
import { Confirm } from "../../components/Dialog";
import { count, visible } from "../../lib/format";

type Decision = "approve" | "reject" | "forget";

const LABELS: Record<Decision, { button: string; title: string; action: string }> = {
  approve: { button: "Approve…", title: "Approve what the server offers?", action: "Approve" },
  reject: { button: "Reject…", title: "Reject what the server offers?", action: "Reject" },
  forget: { button: "Forget…", title: "Forget what is pinned?", action: "Forget" },
};

/** What an admin may decide about a manifest, each after a question that says what it does. */
export function ManifestDecisions({ manifest }: { manifest: ManifestDetail }) {
  // With the manifest as it was read: what comes while the question is open was not.
  const [asked, setAsked] = useState<{ decision: Decision; manifest: ManifestDetail } | null>(null);
  return (
    <div className="flex flex-wrap gap-2">
      {decisionsAbout(manifest).map((decision) => (
        <button
          key={decision}
          type="button"
          className="button button-small"
          onClick={() => setAsked({ decision, manifest })}
        >
          {LABELS[decision].button}
        </button>
      ))}
      {asked !== null && <Question {...asked} onClose={() => setAsked(null)} />}
    </div>
  );
}

function decisionsAbout({ state, decided_at }: ManifestDetail): Decision[] {
  if (state === "changed") return ["approve", "reject", "forget"];
  return state === "rejected" || decided_at === null ? ["approve", "forget"] : ["forget"];
}

function Question({
  decision,
  manifest,
  onClose,
}: {
  decision: Decision;
  manifest: ManifestDetail;
  onClose: () => void;
}) {
  const id = useId();
  const client = useQueryClient();
  const [note, setNote] = useState("");
  const decide = useMutation({
    mutationFn: async () => {
      const params = { path: { agent_id: manifest.agent_id, manifest_id: manifest.id } };
      const body = { digest: manifest.digest, note: note.trim() || null };
      const path = "/api/v1/agents/{agent_id}/manifests/{manifest_id}";
      if (decision === "forget") await server.DELETE(path, { params });
      else await dataOf(server.POST(`${path}/${decision}` as const, { params, body }));
    },
    onSettled: () =>
      Promise.all(
        [["agent", manifest.agent_id], ["manifest", manifest.id], ["findings"], ["overview"], ["audit"]].map(
          (queryKey) => client.invalidateQueries({ queryKey }),
        ),
      ),
    onSuccess: onClose,
  });
  const { title, action } = LABELS[decision];
  return (
    <Confirm
      open
      onClose={onClose}
      onConfirm={() => decide.mutate()}
      busy={decide.isPending}
      title={title}
      action={action}
    >
      <p>
        <Consequence decision={decision} manifest={manifest} />
      </p>
      {decision !== "forget" && (
        <>
          <label htmlFor={id} className="heading mt-3 mb-1 block">
            Note
          </label>
          <input
            id={id}
            className="field w-full"
            maxLength={1000}
            value={note}
            onChange={(event) => setNote(event.target.value)}
            placeholder="Why, for the next reader"
          />
        </>
      )}
      {decide.error && (
        <p role="alert" className="mt-2 text-critical">
          {decide.error.message}
        </p>
      )}
    </Confirm>
  );
}

function Consequence({ decision, manifest }: { decision: Decision; manifest: ManifestDetail }) {
  const name = <strong className="name text-text">{visible(manifest.server_name)}</strong>;
  const changes = count(manifest.changes_count, "change");
  if (decision === "forget") return <>What {name} offers next is trusted as it is then, without a question.</>;
  if (decision === "reject") {
    return (
      <>
        What was pinned of {name} stays pinned, and the finding stays with its {changes}. The same content is not asked
        about again.
      </>
    );
  }
  if (manifest.changes_count === 0) return <>What is pinned of {name} is marked as reviewed. Nothing else changes.</>;
  return (
    <>
      What {name} offers now is pinned, with its {changes}. They no longer count as a finding, and shims learn of it
      within seconds.
    </>
  );
}
