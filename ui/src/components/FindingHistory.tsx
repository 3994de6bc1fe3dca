import { useQuery } from "@tanstack/react-query";
import { stepsQuery } from "../api/queries";
import type { Finding, FindingStep } from "../api/types";
import { visible } from "../lib/format";
import { Failure, Skeleton } from "./QueryStates";
import { Time } from "./Time";

/** Who did what, when, newest first. */
export function FindingHistory({ finding }: { finding: Finding }) {
  const steps = useQuery(stepsQuery(finding.id));
  return (
    <div>
      <h3 className="heading mb-1">History</h3>
      {!steps.data &&
        (steps.error ? (
          <Failure error={steps.error} retry={() => void steps.refetch()} />
        ) : (
          <Skeleton rows={2} height={28} />
        ))}
      <ol>
        {steps.data?.map((step) => (
          <li key={step.id} className="flex gap-2 py-0.5 text-xs">
            <span className="w-20 shrink-0 text-muted">
              <Time at={step.at} />
            </span>
            <span className="name min-w-0">
              {words(step)}
              {step.note && <q className="ml-1 text-muted">{visible(step.note)}</q>}
            </span>
          </li>
        ))}
        {steps.data?.length === 0 && (
          <li className="text-xs text-muted">
            First seen <Time at={finding.created_at} />
          </li>
        )}
      </ol>
    </div>
  );
}

function words(step: FindingStep): React.ReactNode {
  const who = step.key_name ? `by ${visible(step.key_name)}` : "by the rules";
  if (step.is_assignment) return `${assignment(step)} ${who}`;
  if (step.snoozed_until) {
    return (
      <>
        snoozed {who}, back <Time at={step.snoozed_until} />
      </>
    );
  }
  return `${{ OPEN: "opened", ACKNOWLEDGED: "acknowledged", RESOLVED: "resolved" }[step.status]} ${who}`;
}

function assignment({ assignee, due_on }: FindingStep): string {
  const due = due_on ? `, due ${due_on},` : "";
  return assignee ? `assigned to ${visible(assignee)}${due}` : `unassigned${due}`;
}
