import { GoogleGenAI, Type } from "@google/genai";

const ai = new GoogleGenAI({});
const setLights = { //: "set_lights" schema
  name: "set_lights",
  description: "Sets the lights of a room",
  parameters: { type: Type.OBJECT, properties: { brightness: { type: Type.NUMBER } } },
};

export async function run() {
  return ai.models.generateContent({
    model: "gemini-2.5-flash",
    contents: "make it cosy",
    config: { tools: [{ functionDeclarations: [setLights] }, { codeExecution: {} }] },
  });
}
