import { tool, z } from "@quill/server-kit";
import { defineTool } from "@quill/runtime";

export const readPage = tool("read_page", { //: "read_page" tool-factory
  description: "Reads a page of the notebook",
  input: z.object({ name: z.string() }),
  async handler(input, context) {
    return context.pages.read(input.name);
  },
});
export const stats = defineTool({ //: "page_stats" tool-factory
  name: "page_stats",
  description: "Counts the words of a page",
  input: z.object({}),
  run: async () => ({ words: 0 }),
});
export default defineTool({ //: dynamic tool-factory
  description: "Named after the file it stands in",
  inputSchema: z.object({}),
  async execute() {
    return [];
  },
});
