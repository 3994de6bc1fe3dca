import { useEffect } from "react";

/** A page: its answer in words on the top left, its actions on the right, then the evidence. */
export function Page({
  title,
  tab,
  lead,
  actions,
  children,
}: {
  title: React.ReactNode;
  tab: string;
  lead?: React.ReactNode;
  actions?: React.ReactNode;
  children: React.ReactNode;
}) {
  useEffect(() => {
    document.title = `${tab} · AgentSentinel`;
  }, [tab]);
  return (
    <>
      <header className="mb-4 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <h1 className="text-lg leading-7 font-semibold">{title}</h1>
          {lead && <p className="text-muted">{lead}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </>
  );
}
