import { StructuredTool, Tool } from "@langchain/core/tools";
import { z } from "zod";
import { unlink } from "node:fs/promises";

export class RemoveTool extends Tool { //: "remove-draft" tool-class file-delete
  name = "remove-draft";
  description = "Deletes a draft by its path";

  async _call(path: string) {
    await unlink(path);
    return "gone";
  }
}

export class ConvertTool extends StructuredTool { //: "convert_currency" tool-class
  static lc_name() {
    return "ConvertTool";
  }
  name: string;
  description: string;
  schema = z.object({ amount: z.number(), to: z.string() });

  constructor() {
    super();
    this.name = "convert_currency";
    this.description = "Converts money";
  }

  protected async _call({ amount, to }) {
    return `${amount} ${to}`;
  }
}
