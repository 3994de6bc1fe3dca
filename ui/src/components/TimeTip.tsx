import { useEffect, useState } from "react";

const SHOWN_MS = 4_000;

/** Shows the exact time with its zone where a time is tapped: a touch screen has no hover. */
export function TimeTip() {
  const [text, setText] = useState("");
  useEffect(() => {
    let timer = 0;
    const onTap = (event: PointerEvent) => {
      const time = (event.target as Element).closest<HTMLElement>("time[title]");
      if (event.pointerType === "mouse" || !time) return;
      setText(time.title);
      window.clearTimeout(timer);
      timer = window.setTimeout(() => setText(""), SHOWN_MS);
    };
    window.addEventListener("pointerup", onTap);
    return () => {
      window.removeEventListener("pointerup", onTap);
      window.clearTimeout(timer);
    };
  }, []);
  return (
    <p
      aria-live="polite"
      className={
        text
          ? "fixed bottom-4 left-1/2 z-50 -translate-x-1/2 rounded-md border border-edge bg-raised px-3 py-1.5 text-sm whitespace-nowrap"
          : "sr-only"
      }
    >
      {text}
    </p>
  );
}
