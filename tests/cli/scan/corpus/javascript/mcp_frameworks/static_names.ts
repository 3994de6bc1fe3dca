import { ShelfToolBase } from "./base.js";
import { LABEL_TOOL_NAME } from "./names.js";

export class CountTool extends ShelfToolBase { //: "count-boxes" tool-class
  static toolName = "count-boxes";
  public description = "Counts the boxes on a shelf";
  public argsShape = {};
  protected async execute() {
    return { count: 0 };
  }
}

export class LabelTool extends ShelfToolBase { //: <./names.js:LABEL_TOOL_NAME> tool-class
  static readonly Name = LABEL_TOOL_NAME;
  constructor(private readonly shelf: unknown) {
    super(LabelTool.Name, "Label", "Labels a box", {}, true);
  }
  build(parameters: unknown) {
    return parameters;
  }
}

export class PassingTool extends ShelfToolBase {
  constructor(name: string) {
    super(name, "Passes on", "A base of others", {}, false);
  }
}
