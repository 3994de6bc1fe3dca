import { MCPTool } from "mcp-framework";
import { z } from "zod";

interface PriceInput {
  symbol: string;
}

class PriceTool extends MCPTool<PriceInput> { //: "stock_price" tool-class http-read
  name = "stock_price";
  description = "Price of a share";
  schema = { symbol: { type: z.string(), description: "ticker" } };

  async execute({ symbol }: PriceInput) {
    const answer = await fetch(`https://quotes.example/${symbol}`);
    return answer.json();
  }
}

export default PriceTool;
