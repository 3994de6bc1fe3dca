import { z, type ZodSchema } from "zod";

const define = (schema: ZodSchema, name: string, description: string) => ({
  name,
  description,
  inputSchema: z.toJSONSchema(schema),
});

export const incidentTools = [
  define(z.object({ id: z.string() }), "get_incident", "One incident"), //: "get_incident" list-handler
  define(z.object({}), "list_incidents", "All incidents"), //: "list_incidents" list-handler
];
