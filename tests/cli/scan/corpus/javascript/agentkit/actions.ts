import { ActionProvider, CreateAction } from "@coinbase/agentkit";
import { z } from "zod";
import axios from "axios";

export class PoolActions extends ActionProvider {
  @CreateAction({ name: "quote_swap", description: "Asks for a price", schema: z.object({ pair: z.string() }) }) //: "quote_swap" decorator http-read
  async quote(wallet: unknown, args: { pair: string }) {
    return axios.get(`https://pool.example/quote/${args.pair}`);
  }
}
