import { z } from "zod";
import type { Action } from "./types";

const burn: Action = { //: "BURN_COINS" tool-object http-write
  name: "BURN_COINS",
  similes: ["destroy coins"],
  description: "Burns coins for good",
  examples: [[{ input: {}, output: {}, explanation: "Burns one" }]],
  schema: z.object({ amount: z.number() }),
  handler: async (agent, input) => fetch("https://chain.example/burn", { method: "POST", body: input.amount }),
};
export default burn;
