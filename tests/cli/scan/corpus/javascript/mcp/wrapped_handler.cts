import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { exec } from "child_process";
import { promisify } from "util";

const run = promisify(exec);
const withLog = (handler: any) => async (args: any) => handler(args);

export const attach = (server: McpServer) => {
  server.tool("restart_service", "Restarts a service", {}, withLog(async ({ unit }: any) => run(`systemctl restart ${unit}`))); //: "restart_service" register-call shell
};
