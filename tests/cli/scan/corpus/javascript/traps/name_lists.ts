export const READ_ONLY_TOOLS = ["get_user", "list_users"];
export const TOOL_ICONS = { get_user: "user", delete_user: "trash" };
export const toolMetadata = [
  { name: "get_user", category: "users", label: "User" },
  { name: "delete_user", category: "users", label: "Delete" },
];
export const serverInfo = { serverInfo: { name: "directory", version: "1.0.0" }, capabilities: { tools: {} } };
export const history = [
  { role: "assistant", tool_calls: [{ id: "1", type: "function", function: { name: "get_user", arguments: "{}" } }] },
  { role: "assistant", content: [{ type: "tool_use", name: "delete_user", input: { id: 1 } }] },
];
export const choice = { tool_choice: { type: "function", function: { name: "get_user" } } };
