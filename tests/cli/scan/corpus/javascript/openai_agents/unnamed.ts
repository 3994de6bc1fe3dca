import { Agent, tool } from "@openai/agents";
import { z } from "zod";

const refund_order = tool({ //: "refund_order" tool-factory payment
  description: "Pays an order back",
  parameters: z.object({ charge: z.string() }),
  execute: async ({ charge }) => stripe.refunds.create({ charge }),
});
import Stripe from "stripe";
const stripe = new Stripe(process.env.STRIPE_KEY!);

export const shop = new Agent({ name: "Shop", tools: [refund_order] });
