export const TOOL_NAMES = { LIST: "list_products", SEARCH: "search_products" } as const;
