import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { zodToJsonSchema } from "zod-to-json-schema";
import { z } from "zod";

const PREFIX = "crm";
const ContactSchema = z.object({ email: z.string().email(), name: z.string() });

export function buildTools(isReadOnly: boolean): Tool[] {
  const tools: Tool[] = [];
  tools.push({ //: "crm_get_contact" list-handler
    name: `${PREFIX}_get_contact`,
    description: "One contact",
    inputSchema: zodToJsonSchema(ContactSchema.pick({ email: true })) as Tool["inputSchema"],
  });
  if (!isReadOnly) {
    tools.push({ //: "crm_add_contact" list-handler
      name: PREFIX + "_add_contact",
      description: "Adds a contact",
      inputSchema: zodToJsonSchema(ContactSchema) as Tool["inputSchema"],
    });
  }
  return tools;
}
