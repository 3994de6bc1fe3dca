"""What tool bodies in JavaScript do."""

import pytest

from agentsentinel_cli.scan.recognize.javascript import extract_javascript


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
