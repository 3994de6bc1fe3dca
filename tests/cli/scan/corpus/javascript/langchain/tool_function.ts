import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { createReactAgent } from "@langchain/langgraph/prebuilt";
import { z } from "zod";

const search = tool( //: "search" tool-factory http-read
  async ({ query }) => {
    const answer = await fetch(`https://search.example/?q=${query}`);
    return answer.text();
  },
  { name: "search", description: "Searches the web", schema: z.object({ query: z.string() }) },
);

const deploy = tool(async ({ branch }) => runDeploy(branch), { //: "deploy_branch" tool-factory subprocess
  name: "deploy_branch",
  description: "Deploys a branch",
  schema: z.object({ branch: z.string() }),
});

import { spawn } from "node:child_process";
function runDeploy(branch: string) {
  spawn("./deploy.sh", [branch]);
  return "started";
}

export const agent = createReactAgent({ llm: new ChatOpenAI({ model: "gpt-4o-mini" }), tools: [search, deploy] });
