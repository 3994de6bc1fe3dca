import { useState } from "react";
import type { ManifestItem } from "../../api/types";
import { UntrustedText } from "../../components/UntrustedText";
import { visible } from "../../lib/format";
import { itemsByKind, linesOf } from "../../lib/manifests";

/** What is pinned, by kind; each item opens to its definition. */
export function ManifestItems({ items }: { items: ManifestItem[] }) {
  const [isShown, setShown] = useState(false);
  return (
    <details open={isShown} onToggle={(event) => setShown(event.currentTarget.open)}>
      <summary className="heading">What is pinned</summary>
      {isShown && (
        <div className="mt-2 flex flex-col gap-3">
          {items.length === 0 && <p className="text-muted">The server offered nothing.</p>}
          {itemsByKind(items).map((group) => (
            <section key={group.title} aria-label={group.title}>
              <h3 className="mb-1 text-xs font-semibold text-muted">{group.title}</h3>
              <ul className="flex max-h-96 flex-col overflow-y-auto">
                {group.items.map((item, place) => (
                  <li key={place}>
                    <Item item={item} />
                  </li>
                ))}
              </ul>
            </section>
          ))}
        </div>
      )}
    </details>
  );
}

function Item({ item }: { item: ManifestItem }) {
  const [isShown, setShown] = useState(false);
  const name = item.name || (item.kind === "instructions" ? "the text" : "(without a name)");
  return (
    <details open={isShown} onToggle={(event) => setShown(event.currentTarget.open)} className="py-0.5">
      <summary className="flex flex-wrap items-baseline gap-x-3">
        <UntrustedText mono>{name}</UntrustedText>
        <code className="font-mono text-xs text-muted" title={item.digest}>
          {item.digest.slice(0, 12)}
        </code>
      </summary>
      {isShown && (
        <pre
          tabIndex={0}
          role="group"
          aria-label={`Definition of ${visible(name)}`}
          className="name my-1 max-h-72 overflow-auto rounded-md border border-line bg-surface p-2 font-mono text-[13px] leading-5 whitespace-pre-wrap"
        >
          {linesOf(item.definition).join("\n")}
        </pre>
      )}
    </details>
  );
}
