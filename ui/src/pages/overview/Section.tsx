import { useId } from "react";

/** A part of the page with its heading. */
export function Section({
  title,
  isWide = false,
  children,
}: {
  title: string;
  isWide?: boolean;
  children: React.ReactNode;
}) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={`card min-w-0 p-4 ${isWide ? "lg:col-span-2" : ""}`}>
      <h2 id={id} className="heading mb-2">
        {title}
      </h2>
      {children}
    </section>
  );
}
