import { useState } from "react";

/** The agent's id, with a button that copies it. */
export function CopyId({ id }: { id: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    if (!navigator.clipboard) return;
    await navigator.clipboard.writeText(id);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <span className="block text-xs">
      <code className="font-mono select-all">{id}</code>{" "}
      <button type="button" className="link" aria-label="Copy the id" onClick={() => void copy()}>
        <span aria-live="polite">{isCopied ? "copied" : "copy"}</span>
      </button>
    </span>
  );
}
