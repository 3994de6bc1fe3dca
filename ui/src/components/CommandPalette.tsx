import { Autocomplete } from "@base-ui/react/autocomplete";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { overviewQuery, viewsQuery } from "../api/queries";
import { type Command, commandsFor, type Place } from "../lib/commands";
import { count } from "../lib/format";
import { readTime } from "../lib/timeRange";
import { useZone } from "../lib/zone";
import { Dialog } from "./Dialog";
import { UntrustedText } from "./UntrustedText";

/** Goes to an agent, a page, a saved view or an action by a few letters of its name. */
export function CommandPalette({
  places,
  isAdmin,
  onClose,
}: {
  places: Place[];
  isAdmin: boolean;
  onClose: () => void;
}) {
  const [text, setText] = useState("");
  const agents = useQuery(overviewQuery);
  const views = useQuery(viewsQuery).data ?? [];
  const navigate = useNavigate();
  const zone = useZone();
  const { commands, more } = commandsFor(text, places, agents.data ?? [], isAdmin, views, (typed) =>
    readTime(typed, new Date(), zone),
  );
  const run = ({ to, search }: Command) => {
    onClose();
    void navigate({ to, search: search as never }); // checked by the page, as any address
  };
  return (
    <Dialog open onClose={onClose} title="Go to">
      <Autocomplete.Root
        inline
        open
        mode="none"
        items={commands}
        value={text}
        onValueChange={setText}
        itemToStringValue={(command: Command) => command.label}
        autoHighlight="always"
        keepHighlight
      >
        <Autocomplete.Input
          aria-label="An agent, a page or an action"
          placeholder="An agent, a page or an action; a time after it: yesterday 14-15"
          className="field mb-2 w-full"
        />
        <Autocomplete.List aria-label="Commands">
          {(command: Command) => (
            <Autocomplete.Item
              key={command.id}
              value={command}
              onClick={() => run(command)}
              className="flex cursor-pointer items-baseline justify-between gap-3 rounded-md px-2.5 py-1.5 data-[highlighted]:bg-raised"
            >
              <span className="min-w-0">
                <UntrustedText>{command.label}</UntrustedText>
                {command.detail && (
                  <span className="ml-2 text-xs text-muted">
                    <UntrustedText>{command.detail}</UntrustedText>
                  </span>
                )}
              </span>
              <span className="text-xs text-muted">{command.kind}</span>
            </Autocomplete.Item>
          )}
        </Autocomplete.List>
      </Autocomplete.Root>
      {more > 0 && <p className="mt-2 px-2.5 text-xs text-muted">and {count(more, "more agent")}</p>}
    </Dialog>
  );
}
