import { useRef, useState } from "react";

/** A snippet with a button that copies it. */
export function Copyable({ text, label }: { text: string; label: string }) {
  const [isCopied, setCopied] = useState(false);
  const pre = useRef<HTMLPreElement>(null);
  const copy = async () => {
    // Over plain http to another machine there is no clipboard: then it is selected, for Ctrl+C.
    if (!navigator.clipboard) return window.getSelection()?.selectAllChildren(pre.current!);
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <div className="relative">
      <pre
        ref={pre}
        tabIndex={0}
        role="group"
        aria-label={label}
        className="overflow-x-auto rounded-md border border-line bg-bg p-3 pr-20 font-mono text-[13px] leading-5"
      >
        {text}
      </pre>
      <button type="button" className="button button-small absolute top-2 right-2" onClick={() => void copy()}>
        <span aria-live="polite">{isCopied ? "Copied" : "Copy"}</span>
      </button>
    </div>
  );
}
