import { useQuery } from "@tanstack/react-query";
import { sessionQuery } from "../api/queries";

/** Whether whoever is signed in may change anything. Readonly keys see no write buttons. */
export function useMayWrite(): boolean {
  return useQuery(sessionQuery).data?.scope === "admin";
}
