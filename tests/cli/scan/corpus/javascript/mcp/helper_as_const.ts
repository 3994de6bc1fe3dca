/** Definitions of what the calendar can do, shared by both transports. */
export const calendarTools = [
  { //: "create_event" list-handler
    name: "create_event",
    description: "Puts an event into the calendar",
    inputSchema: {
      type: "object",
      properties: { title: { type: "string" }, start: { type: "string", format: "date-time" } },
      required: ["title", "start"],
    },
  },
  { //: "find free slots" list-handler
    name: "find free slots",
    description: "Hours in which nobody is busy",
    inputSchema: { type: "object", properties: {} },
  },
] as const;
