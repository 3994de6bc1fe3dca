import { Dialog as Base } from "@base-ui/react/dialog";

/** A question or a form over the page. Escape closes it, the focus stays inside and comes back. */
export function Dialog({
  open,
  onClose,
  title,
  children,
  wide = false,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  children: React.ReactNode;
  wide?: boolean;
}) {
  return (
    <Base.Root open={open} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-[rgb(0_0_0/0.55)]" />
        <Base.Popup
          className={`fixed top-[12vh] left-1/2 z-50 max-h-[80vh] w-[calc(100vw-24px)] -translate-x-1/2 overflow-auto rounded-lg border border-line bg-surface p-5 ${wide ? "max-w-3xl" : "max-w-md"}`}
        >
          <Base.Title className="mb-3 text-base font-semibold">{title}</Base.Title>
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
