"""What a JavaScript file answers when another one asks for its names."""

from agentsentinel_cli.scan.model import FileFacts, Symbol
from agentsentinel_cli.scan.recognize.javascript import extract_javascript


def asked(source: str, *names: str) -> FileFacts:
    return extract_javascript("asked.ts", source.encode(), frozenset(names))


def test_a_function_is_answered_with_what_it_does() -> None:
    facts = asked(
        'export async function drop(id: string, { hard }) { await fs.unlink(id); }\nimport fs from "fs";', "drop"
    )
    function = facts.functions["drop"]
    assert (function.name, function.parameters) == ("drop", ("id", "hard"))
    assert [effect.kind for effect in function.effects] == ["file-delete"]


def test_constants_enums_and_members_are_answered_with_their_text() -> None:
    facts = asked(
        'export const NAME = "a";\nexport enum Names { Search = "b" }\nexport const NAMES = { list: "c" } as const;',
        "NAME",
        "Names.Search",
        "NAMES.list",
    )
    assert facts.constants == {"NAME": "a", "Names.Search": "b", "NAMES.list": "c"}


def test_re_exports_are_forwarded_under_the_name_they_have_there() -> None:
    facts = asked(
        'export { run as start } from "./run.js";\nexport * from "./all.js";\n'
        'import * as mail from "./mail.js";\nexport { mail };',
        "start",
        "other",
        "mail.send",
    )
    assert facts.forwards == {
        "start": Symbol("./run.js", "run"),
        "other": Symbol("./all.js", "other"),
        "mail.send": Symbol("./mail.js", "send"),
    }


def test_a_table_of_tools_is_answered_as_a_list() -> None:
    facts = asked(
        'import { tool } from "ai";\nconst now = tool({ description: "Time", inputSchema: {}, execute: () => 1 });\n'
        "export const clock = { now };",
        "clock",
    )
    assert [grant.target for grant in facts.lists["clock"]] == ["now"]
    assert [tool.name for tool in facts.tools] == ["now"]


def test_a_function_that_returns_tools_is_answered_as_a_list() -> None:
    facts = asked(
        'import { tool } from "@langchain/core/tools";\n'
        'const add = tool(() => 1, { name: "add", description: "Adds" });\n'
        "export function getTools() { return [add]; }",
        "getTools",
    )
    assert [grant.target for grant in facts.lists["getTools"]] == ["add"]


def test_a_plain_object_that_a_registration_takes_apart_is_answered_as_a_tool() -> None:
    facts = asked(
        'export default { name: "move", description: "Moves", schema: { to: z.string() }, handler: go };\n'
        'import { exec } from "child_process";\nfunction go({ to }) { exec(`mv . ${to}`); }',
        "default",
    )
    tool = facts.functions["default"]
    assert (tool.name, tool.description, tool.parameters) == ("move", "Moves", ("to",))
    assert [effect.kind for effect in tool.effects] == ["shell"]


def test_what_commonjs_exports_is_answered() -> None:
    facts = asked('const PREFIX = "x";\nmodule.exports = { PREFIX, run: async () => fetch("u") };', "PREFIX", "run")
    assert facts.constants == {"PREFIX": "x"}
    assert [effect.kind for effect in facts.functions["run"].effects] == ["http-read"]


def test_unknown_names_are_not_answered() -> None:
    facts = asked("export const a = 1;", "b", "a.b.c", "default", "*")
    assert (facts.functions, facts.lists, facts.constants, facts.forwards) == ({}, {}, {}, {})
