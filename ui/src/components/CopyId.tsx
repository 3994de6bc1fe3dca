import { useState } from "react";
import { visible } from "../lib/format";

/** An id, with a button that copies it. */
export function CopyId({ id, label = "id" }: { id: string; label?: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    if (!navigator.clipboard) return;
    await navigator.clipboard.writeText(id);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <span className="block text-xs">
      <code className="font-mono break-all select-all">{visible(id)}</code>{" "}
      <button type="button" className="link" aria-label={`Copy the ${label}`} onClick={() => void copy()}>
        <span aria-live="polite">{isCopied ? "copied" : "copy"}</span>
      </button>
    </span>
  );
}
