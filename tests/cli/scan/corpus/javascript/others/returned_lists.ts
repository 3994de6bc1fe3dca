import { nameFor } from "./names.js";

export function getShelfTools(shelf: string) {
  const search = { //: dynamic tool-object
    name: nameFor(shelf),
    description: "Searches the shelf",
    paramsSchema: { query: "string" },
    cb: async ({ query }) => fetchShelf(shelf, query),
  };
  return [
    search,
    { //: "open_box" tool-object http-read
      name: "open_box",
      description: "Opens a box",
      paramsSchema: { url: "string" },
      cb: async ({ url }) => fetch(url),
    },
  ];
}
const fetchShelf = (shelf: string, query: string) => `${shelf}/${query}`;
