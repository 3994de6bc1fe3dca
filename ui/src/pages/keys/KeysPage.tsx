import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { server } from "../../api/client";
import { keysQuery, sessionQuery } from "../../api/queries";
import type { Key } from "../../api/types";
import { Chip } from "../../components/Badges";
import { Confirm } from "../../components/Dialog";
import { Page } from "../../components/Page";
import { Failure, Skeleton, StaleNotice } from "../../components/QueryStates";
import { Time } from "../../components/Time";
import { UntrustedText } from "../../components/UntrustedText";
import { count, visible } from "../../lib/format";
import { MakeKey } from "./MakeKey";
import { RotateKey } from "./RotateKey";
import { SignIns } from "./SignIns";

/** Who may call the API, and who is signed in. */
export function KeysPage() {
  const keys = useQuery(keysQuery);
  const session = useQuery(sessionQuery).data;
  const client = useQueryClient();
  const [asking, ask] = useState<Key | null>(null);
  const [replacing, replace] = useState<Key | null>(null);
  const [areRevokedShown, setRevokedShown] = useState(false);
  const revoke = useMutation({
    mutationFn: (key: Key) => server.DELETE("/api/v1/keys/{key_id}", { params: { path: { key_id: key.id } } }),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["keys"] }),
        client.invalidateQueries({ queryKey: ["sign-ins"] }),
      ]),
    onSettled: () => ask(null),
  });
  if (!keys.data) {
    return (
      <Page title="Keys" tab="Keys">
        {keys.error ? <Failure error={keys.error} retry={() => void keys.refetch()} /> : <Skeleton />}
      </Page>
    );
  }
  const live = keys.data.filter((key) => key.is_active);
  const shown = areRevokedShown ? keys.data : live;
  return (
    <Page title={`${count(live.length, "live key")}`} tab="Keys">
      <StaleNotice error={keys.error} />
      <MakeKey />
      {revoke.error && (
        <p role="alert" className="mb-2 text-critical">
          {revoke.error.message}
        </p>
      )}
      <label className="mb-2 flex w-fit items-center gap-2 text-muted">
        <input type="checkbox" checked={areRevokedShown} onChange={(event) => setRevokedShown(event.target.checked)} />
        Show revoked and expired keys ({keys.data.length - live.length})
      </label>
      <ul className="card divide-y divide-line">
        {shown.map((key) => (
          <KeyRow
            key={key.id}
            apiKey={key}
            isOwn={key.id === session?.key_id}
            onReplace={() => replace(key)}
            onRevoke={() => ask(key)}
          />
        ))}
      </ul>
      <SignIns />
      {replacing && <RotateKey apiKey={replacing} onClose={() => replace(null)} />}
      <Confirm
        open={asking !== null}
        onClose={() => ask(null)}
        onConfirm={() => asking && revoke.mutate(asking)}
        busy={revoke.isPending}
        title="Revoke this key?"
        action="Revoke key"
      >
        Requests with <strong className="name text-text">{visible(asking?.name ?? "")}</strong> are refused at once, and
        any user signed in with it is signed out.{" "}
        {asking?.scope === "agent" && "Events from its agent will be refused. "}This cannot be undone.
      </Confirm>
    </Page>
  );
}

function KeyRow({
  apiKey,
  isOwn,
  onReplace,
  onRevoke,
}: {
  apiKey: Key;
  isOwn: boolean;
  onReplace: () => void;
  onRevoke: () => void;
}) {
  const name = visible(apiKey.name);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 py-2">
      <div className="min-w-0 flex-1 basis-52">
        <UntrustedText className="font-medium">{apiKey.name}</UntrustedText> {isOwn && <Chip>yours</Chip>}
        <div className="font-mono text-xs text-muted">{apiKey.key_prefix}…</div>
      </div>
      <Chip>{apiKey.scope}</Chip>
      <span className="text-xs text-muted">
        made <Time at={apiKey.created_at} />
        {apiKey.is_active && apiKey.expires_at && (
          <>
            ,{" "}
            <span className="text-watch">
              ends <Time at={apiKey.expires_at} />
            </span>
          </>
        )}
      </span>
      <span className="w-32 text-xs text-muted">
        {apiKey.last_used_at ? (
          <>
            used <Time at={apiKey.last_used_at} />
          </>
        ) : (
          "never used"
        )}
      </span>
      {apiKey.is_active ? (
        <span className="flex gap-2">
          <button
            type="button"
            className="button button-small"
            disabled={apiKey.replaced_by !== null}
            title={apiKey.replaced_by ? "It was replaced already" : undefined}
            onClick={onReplace}
            aria-label={`Replace key ${name}`}
          >
            Replace
          </button>
          <button
            type="button"
            className="button button-small"
            disabled={isOwn}
            title={isOwn ? "You are signed in with it" : undefined}
            onClick={onRevoke}
            aria-label={`Revoke key ${name}`}
          >
            Revoke
          </button>
        </span>
      ) : (
        <span className="text-xs text-muted">
          {apiKey.revoked_at ? "revoked" : "expired"} <Time at={apiKey.revoked_at ?? apiKey.expires_at} />
        </span>
      )}
    </li>
  );
}
