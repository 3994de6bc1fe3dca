import { Dialog } from "./Dialog";

const KEYS = [
  ["Ctrl K", "Go to an agent, page or action"],
  ["/", "Search"],
  ["t", "Choose the time"],
  ["j  k", "Next, previous row"],
  ["Enter", "Open the row"],
  ["x", "Select the row"],
  ["a", "Assign the finding to me"],
  ["g a", "Agents"],
  ["g o", "Overview"],
  ["g f", "Findings"],
  ["g e", "Events"],
  ["g c", "Capabilities"],
  ["g k", "Keys"],
  ["g l", "Audit log"],
  ["g s", "Settings"],
  ["?", "This sheet"],
];

export function ShortcutSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard">
      <dl className="grid grid-cols-[90px_1fr] gap-y-1.5">
        {KEYS.map(([key, what]) => (
          <div key={key} className="contents">
            <dt>
              <kbd className="chip font-mono">{key}</kbd>
            </dt>
            <dd className="text-muted">{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
