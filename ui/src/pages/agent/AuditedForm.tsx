import { TextField } from "../../components/Fields";

/** A form whose change goes into the audit log, with the reason that is given for it. */
export function AuditedForm({
  reason,
  setReason,
  save,
  isUnchanged = false,
  close,
  children,
}: {
  reason: string;
  setReason: (reason: string) => void;
  save: { mutate: () => void; isPending: boolean; error: Error | null };
  isUnchanged?: boolean;
  close: () => void;
  children: React.ReactNode;
}) {
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      {children}
      <TextField
        label="Reason"
        maxLength={255}
        placeholder="Why, for the audit log"
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      {save.error && (
        <p role="alert" className="text-critical">
          {save.error.message}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <button type="button" className="button" onClick={close}>
          Cancel
        </button>
        <button type="submit" className="button button-primary" disabled={save.isPending || isUnchanged}>
          Save
        </button>
      </div>
    </form>
  );
}
