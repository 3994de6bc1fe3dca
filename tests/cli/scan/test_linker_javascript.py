"""Tools of JavaScript projects are found where they are defined and judged by what they do, over all files."""

from pathlib import Path
from typing import Any

from cli.scan.support import sentinel, write_tree

SERVER = 'import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";\n'


def scan(folder: Path, files: dict[str, str]) -> list[dict[str, Any]]:
    return sentinel(write_tree(folder / "w", dict(files)), "scan", ".", "--format", "json").entries


def tools_of(entry: dict[str, Any]) -> dict[str, str]:
    return {tool["name"]: tool["scope"] for tool in entry["tools"]}


def test_a_server_offers_the_tools_that_it_imports(tmp_path: Path) -> None:
    (server,) = scan(
        tmp_path,
        {
            "src/index.ts": SERVER
            + 'import { remove } from "./tools/index.js";\nimport { NAMES } from "./names.js";\n'
            + 'const server = new McpServer({ name: "shop", version: "1" });\n'
            + "server.registerTool(remove.name, { description: remove.description }, remove.handler);\n"
            + 'server.tool(NAMES.list, "Lists", {}, async () => ({ content: [] }));\n',
            "src/names.ts": 'export const NAMES = { list: "list_parts" } as const;\n',
            "src/tools/index.ts": 'export { removeTool as remove } from "./remove";\n',
            "src/tools/remove.ts": 'import { unlink } from "node:fs/promises";\n'
            'export const removeTool = {\n  name: "tidy_part",\n  description: "Tidies",\n  parameters: {},\n'
            "  handler: async ({ path }) => unlink(path),\n};\n",
        },
    )
    assert server["agent"] == "shop"
    assert tools_of(server) == {"list_parts": "read", "tidy_part": "write"}


def test_an_agent_is_granted_the_table_of_another_file(tmp_path: Path) -> None:
    (agent,) = scan(
        tmp_path,
        {
            "app/agent.ts": 'import { Agent } from "@mastra/core/agent";\nimport { tools } from "@/lib/tools";\n'
            'export const helper = new Agent({ name: "helper", instructions: "Help.", tools });\n',
            "src/lib/tools.ts": 'import { createTool } from "@mastra/core/tools";\n'
            'const note = createTool({ id: "add_note", description: "Adds", execute: async () => ({}) });\n'
            "export const tools = { note };\n",
        },
    )
    assert (agent["agent"], list(tools_of(agent))) == ("helper", ["add_note"])


def test_a_tool_does_what_the_functions_of_other_files_do_that_it_calls(tmp_path: Path) -> None:
    (server,) = scan(
        tmp_path,
        {
            "index.js": SERVER
            + 'import { checked } from "./lib.js";\nimport * as git from "./git.js";\n'
            + 'const server = new McpServer({ name: "repo", version: "1" });\n'
            + 'server.tool("sync", "Brings up to date", {}, async ({ at }) => {\n'
            + "  const path = checked(at);\n  return git.pull(path);\n});\n",
            "lib.js": "export const checked = (path) => path.trim();\n",
            "git.js": 'import { exec } from "node:child_process";\n'
            "export const pull = (path) => exec(`git -C ${path} pull`);\n",
        },
    )
    (tool,) = server["tools"]
    assert (tool["name"], tool["is_dangerous"]) == ("sync", True)
    assert "CODE_EXECUTION_GRANT" in [finding["rule_id"] for finding in server["findings"]]


def test_a_loop_over_the_list_of_another_file_registers_its_tools(tmp_path: Path) -> None:
    (server,) = scan(
        tmp_path,
        {
            "src/server.ts": SERVER
            + 'import { queueTools } from "./queue";\n'
            + 'const server = new McpServer({ name: "queue", version: "1" });\n'
            + "for (const tool of queueTools) server.tool(tool.name, tool.description, tool.schema, tool.handler);\n",
            "src/queue.ts": "export const queueTools = [\n"
            '  { name: "peek", description: "Looks", schema: {}, handler: async () => fetch("https://q.example") },\n'
            '  { name: "flush", description: "Empties", schema: {}, handler: clear },\n];\n'
            'const clear = () => fetch("https://q.example", { method: "DELETE" });\n',
        },
    )
    assert (server["agent"], tools_of(server)) == ("queue", {"peek": "read", "flush": "write"})


def test_a_list_handler_answers_with_tools_of_other_files(tmp_path: Path) -> None:
    (server,) = scan(
        tmp_path,
        {
            "index.ts": 'import { Server } from "@modelcontextprotocol/sdk/server/index.js";\n'
            'import { noteTool } from "./notes.js";\nimport { mail } from "./mail.js";\n'
            'const server = new Server({ name: "desk", version: "1" }, {});\n'
            "server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [noteTool, ...mail] }));\n",
            "notes.ts": 'export const noteTool = { name: "add_note", description: "Adds", inputSchema: {} };\n',
            "mail.ts": 'export const mail = [{ name: "send_mail", description: "Sends", inputSchema: {} }];\n',
        },
    )
    assert (server["agent"], sorted(tools_of(server))) == ("desk", ["add_note", "send_mail"])


def test_a_function_that_gives_tools_is_no_tool(tmp_path: Path) -> None:
    (agent,) = scan(
        tmp_path,
        {
            "client.ts": "let kept;\nexport async function getTools() {\n  kept = await (await connect()).tools();\n"
            "  return kept;\n}\n",
            "route.ts": 'import { streamText } from "ai";\nimport { getTools } from "./client";\n'
            'export const answer = async () => streamText({ model: "m", tools: await getTools() });\n',
        },
    )
    assert agent["tools"] == []
    assert [(grant["name"], grant["kind"]) for grant in agent["grants"]] == [("getTools", "imported")]


def test_a_function_that_gives_a_list_of_tools_grants_what_is_in_it(tmp_path: Path) -> None:
    (agent,) = scan(
        tmp_path,
        {
            "kit.ts": 'import { tool } from "ai";\nconst find = tool({ description: "Finds", inputSchema: shape, '
            "execute: async () => 1 });\nexport function getTools() {\n  return { find };\n}\n",
            "route.ts": 'import { streamText } from "ai";\nimport { getTools } from "./kit";\n'
            'export const answer = async () => streamText({ model: "m", tools: getTools() });\n',
        },
    )
    assert tools_of(agent) == {"find": "read"}


def test_a_prompt_of_another_file_is_the_agents_purpose(tmp_path: Path) -> None:
    (agent,) = scan(
        tmp_path,
        {
            "agent.ts": 'import { Agent, tool } from "@openai/agents";\nimport { PROMPT } from "./prompts";\n'
            'const send = tool({ name: "send", description: "Sends", parameters: shape, execute: async () => 1 });\n'
            'export const writer = new Agent({ name: "w", tools: [send], instructions: PROMPT });\n',
            "prompts.ts": 'export const PROMPT = "Writes mails.";\n',
        },
    )
    assert agent["description"] == "Writes mails."
