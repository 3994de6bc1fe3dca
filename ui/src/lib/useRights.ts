import { useQuery } from "@tanstack/react-query";
import { sessionQuery } from "../api/queries";

/** Whether the signed-in user may change anything. Readonly keys see no write buttons. */
export function useMayWrite(): boolean {
  return useQuery(sessionQuery).data?.scope === "admin";
}
