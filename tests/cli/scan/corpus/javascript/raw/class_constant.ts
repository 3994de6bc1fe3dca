const TOOL_NAME = "translate";

export class Translator {
  static readonly definition = {
    type: "function" as const,
    function: { //: "translate" schema
      name: TOOL_NAME,
      description: "Translates a text",
      parameters: { type: "object", properties: { text: { type: "string" } } },
    },
  };

  tools() {
    return [Translator.definition];
  }
}
