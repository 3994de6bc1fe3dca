import { useEffect, useRef, useState } from "react";

const SOON = "600px";

/** Whether an element has come near enough to be seen soon, once and for all: what it shows is then worth reading. */
export function useIsSeen<T extends Element>(): [React.RefObject<T | null>, boolean] {
  const element = useRef<T>(null);
  const [isSeen, see] = useState(false);
  useEffect(() => {
    if (!element.current) return;
    const watch = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && see(true), {
      rootMargin: SOON,
    });
    watch.observe(element.current);
    return () => watch.disconnect();
  }, []);
  return [element, isSeen];
}
