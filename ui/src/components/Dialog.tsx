import { Dialog as Base } from "@base-ui/react/dialog";
import { Icon } from "./Icon";

const CENTRED = "top-[12vh] left-1/2 max-h-[80vh] w-[calc(100vw-24px)] -translate-x-1/2 rounded-lg border";
const LAYOUTS = {
  narrow: `${CENTRED} max-w-md`,
  wide: `${CENTRED} max-w-3xl`,
  side: "inset-y-0 right-0 w-full max-w-xl border-l",
} as const;

/** A question, a form or the details of a row over the page. Escape closes it, the focus stays inside and comes back. */
export function Dialog({
  open,
  onClose,
  title,
  children,
  layout = "narrow",
}: {
  open: boolean;
  onClose: () => void;
  title: React.ReactNode;
  children: React.ReactNode;
  layout?: keyof typeof LAYOUTS;
}) {
  return (
    <Base.Root open={open} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-[rgb(0_0_0/0.55)]" />
        <Base.Popup className={`fixed z-50 overflow-auto border-line bg-surface p-5 ${LAYOUTS[layout]}`}>
          <div className="mb-3 flex items-start justify-between gap-3">
            <Base.Title className="min-w-0 text-base font-semibold">{title}</Base.Title>
            {layout === "side" && (
              <Base.Close className="button button-small" aria-label="Close" title="Close (Escape)">
                <Icon name="close" size={14} />
              </Base.Close>
            )}
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** A question before something that cannot be taken back. It says what will be lost. */
export function Confirm({
  open,
  onClose,
  onConfirm,
  title,
  action,
  children,
  busy = false,
}: {
  open: boolean;
  onClose: () => void;
  onConfirm: () => void;
  title: string;
  action: string;
  children: React.ReactNode;
  busy?: boolean;
}) {
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <div className="mb-5 text-muted">{children}</div>
      <div className="flex justify-end gap-2">
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" className="button button-danger" disabled={busy} onClick={onConfirm}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
