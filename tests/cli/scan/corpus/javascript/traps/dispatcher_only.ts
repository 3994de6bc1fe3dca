import { CallToolRequestSchema } from "@modelcontextprotocol/sdk/types.js";

export function install(server: any, api: any) {
  server.setRequestHandler(CallToolRequestSchema, async (request: any) => {
    switch (request.params.name) {
      case "create_user":
        return api.create(request.params.arguments);
      case "remove_user":
        return api.remove(request.params.arguments);
    }
  });
}
