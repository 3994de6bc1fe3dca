import { useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { toolClassQuery } from "../api/queries";
import { Chip } from "./Badges";

/** How a tool would be classified, by its name as it is typed. */
export function ToolClass({ name }: { name: string }) {
  const tool = useQuery({ ...toolClassQuery(useDeferredValue(name)), placeholderData: (previous) => previous });
  if (!name.trim() || !tool.data) return null;
  return (
    <span className="flex flex-wrap items-center gap-1" aria-live="polite" title={tool.data.reasons.join("\n")}>
      <Chip>{tool.data.scope}</Chip>
      {tool.data.is_dangerous && <span className="chip border-critical text-critical">dangerous</span>}
      {tool.data.capabilities.map((capability) => (
        <Chip key={capability}>{capability}</Chip>
      ))}
    </span>
  );
}
