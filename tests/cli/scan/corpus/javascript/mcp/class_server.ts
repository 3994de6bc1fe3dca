import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema, McpError } from "@modelcontextprotocol/sdk/types.js";
import nodemailer from "nodemailer";

class MailServer {
  private server: Server;
  private transport = nodemailer.createTransport({ host: "localhost" });

  constructor() {
    this.server = new Server({ name: "mail", version: "0.2.0" }, { capabilities: { tools: {} } });
    this.setUp();
  }

  private setUp() {
    this.server.setRequestHandler(ListToolsRequestSchema, async () => ({
      tools: [
        { name: "send_mail", description: "Sends a mail", inputSchema: { type: "object" } }, //: "send_mail" list-handler email-send
        { name: "list_drafts", description: "Drafts", inputSchema: { type: "object" } }, //: "list_drafts" list-handler
      ],
    }));
    this.server.setRequestHandler(CallToolRequestSchema, async (request) => {
      switch (request.params.name) {
        case "send_mail":
          return this.send(request.params.arguments);
        case "list_drafts":
          return { content: [] };
        default:
          throw new McpError(-32601, "no such tool");
      }
    });
  }

  private async send(args: any) {
    await this.transport.sendMail({ to: args.to, subject: args.subject, text: args.text });
    return { content: [] };
  }
}

new MailServer();
