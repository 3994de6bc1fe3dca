import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { dataOf, server } from "../../api/client";
import type { Run } from "../../api/types";
import { Confirm } from "../../components/Dialog";
import { useMayWrite } from "../../lib/useRights";

type Judged = Pick<Run, "id" | "is_alarm" | "verdict" | "muted_until">;
type Word = "fine" | "attack" | "mute" | "undo";

const DAY = 86_400_000;
const LABELS: Record<Word, { button: string; title: string; action: string; consequence: string }> = {
  fine: {
    button: "Fine…",
    title: "Is this session fine?",
    action: "It is fine",
    consequence: "It stops being an alarm, and its calls teach what is normal for this agent.",
  },
  attack: {
    button: "Attack…",
    title: "Is this session an attack?",
    action: "It is an attack",
    consequence: "It stays an alarm until this is changed, and it never teaches what is normal.",
  },
  mute: {
    button: "Mute…",
    title: "Mute this session for a day?",
    action: "Mute",
    consequence: "It does not count as an alarm for 24 hours. It teaches nothing meanwhile.",
  },
  undo: {
    button: "Take back…",
    title: "Take back what was said of this session?",
    action: "Take back",
    consequence: "It is judged by its risk alone again. What a fine session has taught stays.",
  },
};

/** What an admin may say about a session that is an alarm or was judged by a person before. */
export function SessionVerdict({ agentId, run }: { agentId: string; run: Judged }) {
  const mayWrite = useMayWrite();
  const [asked, setAsked] = useState<Word | null>(null);
  const isSaid = Boolean(run.verdict || run.muted_until);
  if (!mayWrite || !run.id || !(run.is_alarm || isSaid)) return null;
  const words = (["fine", "attack", "mute", "undo"] as const).filter(
    (word) => word !== run.verdict && (word !== "undo" || isSaid) && (word !== "mute" || run.is_alarm),
  );
  return (
    <div className="mt-1 flex flex-wrap gap-2">
      {words.map((word) => (
        <button key={word} type="button" className="button button-small" onClick={() => setAsked(word)}>
          {LABELS[word].button}
        </button>
      ))}
      {asked !== null && <Question agentId={agentId} id={run.id} word={asked} onClose={() => setAsked(null)} />}
    </div>
  );
}

function feedback(word: Word): { verdict?: "fine" | "attack" | null; muted_until?: string | null } {
  if (word === "mute") return { muted_until: new Date(Date.now() + DAY).toISOString() };
  if (word === "undo") return { verdict: null, muted_until: null };
  return { verdict: word };
}

function Question({ agentId, id, word, onClose }: { agentId: string; id: string; word: Word; onClose: () => void }) {
  const field = useId();
  const client = useQueryClient();
  const [note, setNote] = useState("");
  const say = useMutation({
    mutationFn: () => {
      const about = feedback(word);
      const path = "/api/v1/sessions/{session_id}/feedback";
      return dataOf(
        server.POST(path, { params: { path: { session_id: id } }, body: { ...about, note: note.trim() || null } }),
      );
    },
    onSettled: () =>
      Promise.all(
        [["agent", agentId], ["judged-session"], ["findings"], ["overview"], ["audit"]].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      ),
    onSuccess: onClose,
  });
  const { title, action, consequence } = LABELS[word];
  return (
    <Confirm open onClose={onClose} onConfirm={() => say.mutate()} busy={say.isPending} title={title} action={action}>
      <p>{consequence}</p>
      <label htmlFor={field} className="heading mt-3 mb-1 block">
        Note
      </label>
      <input
        id={field}
        className="field w-full"
        maxLength={1000}
        value={note}
        onChange={(event) => setNote(event.target.value)}
        placeholder="Why, for the next reader"
      />
      {say.error && (
        <p role="alert" className="mt-2 text-critical">
          {say.error.message}
        </p>
      )}
    </Confirm>
  );
}
