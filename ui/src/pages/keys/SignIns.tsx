import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { server } from "../../api/client";
import { signInsQuery } from "../../api/queries";
import { Chip } from "../../components/Badges";
import { Failure, Skeleton } from "../../components/QueryStates";
import { Time } from "../../components/Time";
import { ShortenedText } from "../../components/UntrustedText";

/** Who is signed in to this dashboard, and a way to end it. */
export function SignIns() {
  const signIns = useQuery(signInsQuery);
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: (id: string) =>
      server.DELETE("/api/v1/sessions/{session_id}", { params: { path: { session_id: id } } }),
    onSettled: () => client.invalidateQueries({ queryKey: ["sign-ins"] }),
  });
  return (
    <section aria-labelledby="sign-ins" className="mt-8">
      <h2 id="sign-ins" className="heading mb-2">
        Signed in now
      </h2>
      {!signIns.data &&
        (signIns.error ? (
          <Failure error={signIns.error} retry={() => void signIns.refetch()} />
        ) : (
          <Skeleton rows={3} />
        ))}
      <ul className="card divide-y divide-line">
        {signIns.data?.map((session) => (
          <li key={session.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 py-2">
            <span className="min-w-0 flex-1 basis-52">
              <ShortenedText className="font-medium">{session.key_name}</ShortenedText>
              <ShortenedText className="text-xs text-muted">{session.client || "unnamed client"}</ShortenedText>
            </span>
            <Chip>{session.scope}</Chip>
            <span className="text-xs text-muted">
              since <Time at={session.created_at} />, ends <Time at={session.expires_at} />
            </span>
            {session.is_own ? (
              <Chip>this browser</Chip>
            ) : (
              <button
                type="button"
                className="button button-small"
                disabled={end.isPending}
                onClick={() => end.mutate(session.id)}
              >
                Sign out
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
