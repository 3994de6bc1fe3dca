import { useEffect } from "react";
import { TimeControl } from "./TimeControl";

/** A page: its answer in words on the top left, its actions on the right, then the evidence. */
export function Page({
  title,
  tab,
  lead,
  actions,
  isTimed = false,
  children,
}: {
  title: React.ReactNode;
  tab: string;
  lead?: React.ReactNode;
  actions?: React.ReactNode;
  /** Whether what it shows follows the choice of time. */
  isTimed?: boolean;
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
        {(actions || isTimed) && (
          <div className="flex flex-wrap items-center gap-2">
            {isTimed && <TimeControl />}
            {actions}
          </div>
        )}
      </header>
      {children}
    </>
  );
}
