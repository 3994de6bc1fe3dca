import { Tabs } from "@base-ui/react/tabs";
import { BASE } from "../lib/base";
import { SNIPPETS } from "../lib/snippets";
import { Copyable } from "./Copyable";

/** How to report from an agent, in each way that there is, with the key and the id filled in. */
export function Snippets({ first = "python", apiKey, agentId }: { first?: string; apiKey: string; agentId: string }) {
  return (
    <Tabs.Root defaultValue={first}>
      <Tabs.List aria-label="Ways to report" className="mb-3 flex gap-1 overflow-x-auto border-b border-line">
        {SNIPPETS.map((snippet) => (
          <Tabs.Tab
            key={snippet.id}
            value={snippet.id}
            className="border-b-2 border-transparent px-3 py-1.5 whitespace-nowrap text-muted data-[active]:border-link data-[active]:text-text"
          >
            {snippet.label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {SNIPPETS.map((snippet) => (
        <Tabs.Panel key={snippet.id} value={snippet.id}>
          <p className="mb-2 text-muted">{snippet.about}</p>
          <Copyable label={snippet.label} text={snippet.text(window.location.origin + BASE, apiKey, agentId)} />
        </Tabs.Panel>
      ))}
    </Tabs.Root>
  );
}
