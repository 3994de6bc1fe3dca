import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { distinctById } from "../../api/client";
import { capabilitiesQuery } from "../../api/queries";
import { type CapabilityFilters, pathsOf } from "../../lib/capabilities";

/** Agents that one page of a list holds. */
export const MOST_AT_ONCE = 50;

/** The agents that pass filters, as far as they are read, and the ways through each. */
export function useCapabilities(filters: CapabilityFilters, isEnabled = true) {
  const pages = useInfiniteQuery({
    ...capabilitiesQuery(filters, MOST_AT_ONCE),
    enabled: isEnabled,
    placeholderData: keepPreviousData,
  });
  const parts = pages.data?.pages.map((page) => page.body) ?? [];
  return {
    agents: distinctById(parts.flatMap((part) => part.agents)),
    paths: pathsOf(parts.flatMap((part) => part.paths)),
    pages,
  };
}
