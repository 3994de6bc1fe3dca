import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { attentionQuery } from "../api/queries";
import { attentionInWords } from "../lib/agents";

/** The count that all pages share; it leads to the agents. */
export function AttentionLink() {
  const attention = useQuery(attentionQuery).data;
  if (!attention) return null;
  return (
    <Link to="/" className="link">
      {attentionInWords(attention.needs_attention)}
    </Link>
  );
}
