"""What tool bodies in JavaScript do."""

import pytest

from agentsentinel_cli.scan.classification import class_of_fact
from agentsentinel_cli.scan.recognize.javascript import extract_javascript
from agentsentinel_core.tools.capability import Capability
from agentsentinel_core.tools.classify import ToolClass


def effects(body: str) -> list[str]:
    source = f"""
        import {{ tool }} from "ai";
        export const probe = tool({{
          description: "Probe", inputSchema: schema, execute: async ({{ text }}) => {{ {body} }},
        }});
    """
    (probe,) = extract_javascript("probe.ts", source.encode()).tools
    return [effect.kind for effect in probe.effects]


@pytest.mark.parametrize(
    "call",
    [
        "runCode(text)", "runCodeMode({ js: text })", "kernel.executePython(text)", "pyodide.runPythonAsync(text)",
        "this.runJavaScriptInSandbox(text)",
    ],
)  # fmt: skip
def test_what_is_named_after_running_code_runs_it(call: str) -> None:
    assert effects(f"return {call};") == ["code-runner"]


@pytest.mark.parametrize(
    "call", ["runCodeReview(text)", "lastRunCode(text)", "runCode('1 + 1')", "runPythonicCheck(text)"]
)
def test_a_word_that_only_begins_alike_and_the_authors_own_code_are_no_runner(call: str) -> None:
    assert effects(f"return {call};") == []


@pytest.mark.parametrize("verb", ["insert", "update", "delete", "upsert"])
@pytest.mark.parametrize("client", ["sb", "this.store", "createClient(a, b)"])
def test_a_table_of_a_query_builder_is_written_whatever_its_client_is_called(client: str, verb: str) -> None:
    assert "sql-write" in effects(f"await {client}.from('users').{verb}({{ text }}).eq('id', 1);")


def look(head: str, body: str) -> ToolClass:
    source = f"""
        import {{ tool }} from "ai";
        {head}
        export const look = tool({{
          description: "Look up", inputSchema: schema, execute: async ({{ c }}) => {{ {body} }},
        }});
    """
    (fact,) = extract_javascript("look.ts", source.encode()).tools
    return class_of_fact("look", fact)


SHELLS = [
    ('import { $ } from "bun";', "return await $`sh -c ${c}`.text();"),
    ("", "return await Bun.$`bash -c ${c}`.text();"),
    ("", 'return new Deno.Command("sh", { args: ["-c", c] }).output();'),
    ('import { $ } from "execa";', "return await $({ shell: true })`${c}`;"),
    ('import { execa } from "execa";', "return await execa(c, { shell: true });"),
    ('import { x } from "tinyexec";', 'return await x("sh", ["-c", c]);'),
    ('import { exec } from "node:child_process"; import { promisify } from "node:util";', "return promisify(exec)(c);"),
    ("", 'return require("child_process").execSync(c);'),
    ("", 'const cp = await import("node:child_process"); return cp.execSync(c);'),
    ('import Docker from "dockerode";', 'return box.exec({ Cmd: ["sh", "-c", c] });'),
    ('import { spawn } from "node-pty";', 'return spawn("bash", ["-c", c]);'),
]


@pytest.mark.parametrize(("head", "body"), SHELLS)
def test_a_shell_of_any_library_is_code_execution(head: str, body: str) -> None:
    assert Capability.CODE_EXECUTION in look(head, body).capabilities


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('import { $ } from "bun";', "return await $`git log ${c}`.text();"),
        ("", 'return new Deno.Command("git", { args: ["log", c] }).output();'),
        ('import { x } from "tinyexec";', 'return await x("git", ["log", c]);'),
        ("", 'return require("child_process").execSync("git status");'),
        ('import { $ } from "jquery";', "return $`${c}`;"),
        ("", "return pattern.exec({ index: c });"),
    ],
)
def test_a_fixed_program_of_any_library_is_not(head: str, body: str) -> None:
    assert Capability.CODE_EXECUTION not in look(head, body).capabilities


@pytest.mark.parametrize(
    ("guard", "runs_code"),
    [
        ("const clean = text.replace(/[^0-9+*/().^sqrt -]/g, '');", False),
        ("if (!/^[0-9+*/() -]+$/.test(text)) return '';\nconst clean = text;", False),
        ("const clean = text.replace(/[^a-z()_]/g, '');", True),
        ("const clean = text.replace(/[^0-9+]/g, other);", True),
        ("const clean = text.trim();", True),
    ],
)
def test_a_formula_of_digits_and_operators_is_no_code(guard: str, runs_code: bool) -> None:
    (tool,) = extract_javascript(
        "probe.ts",
        f"""import {{ tool }} from "ai";
        export const probe = tool({{ description: "Calculates", inputSchema: z.object({{ text: z.string() }}),
          execute: async ({{ text }}) => {{ {guard} return Function("return " + clean)(); }} }});""".encode(),
    ).tools
    assert ("eval" in {effect.kind for effect in tool.effects}) == runs_code


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ("exec(`rg -- ${quote(text)}`);", "subprocess"),
        ("const a = ['-C', String(3)]; a.push(quote(text)); exec(`rg ${a.join(' ')}`);", "subprocess"),
        ("const line = `cat ${shellEscape(text)} > out`; exec(line);", "subprocess"),
        ("exec(`rg -- ${text}`);", "shell"),
        ("const args = [text]; exec(`rg ${args.join(' ')}`);", "shell"),
        ("exec(`${quote(text)} --help`);", "shell"),
        ("exec(`bash -c ${quote(text)}`);", "shell"),
        ("exec(`echo ${quote(text)} | python3`);", "shell"),
    ],
)
def test_a_command_line_whose_parts_are_quoted_runs_its_one_program(lines: str, kind: str) -> None:
    (tool,) = extract_javascript(
        "probe.ts",
        f"""import {{ tool }} from "ai";
        import {{ exec }} from "child_process";
        export const probe = tool({{ description: "Looks", inputSchema: z.object({{ text: z.string() }}),
          execute: async ({{ text }}) => {{ {lines} }} }});""".encode(),
    ).tools
    assert {effect.kind for effect in tool.effects} == {kind}
