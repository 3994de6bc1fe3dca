"""Words go in front of commands and away again; what stands around them keeps its bytes, however it is written."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_shim.desk.clients import BY_NAME
from agentsentinel_shim.desk.documents import Broken
from agentsentinel_shim.desk.edit import entries, restored, wrapped
from agentsentinel_shim.desk.install import PARSERS

PREFIX = ["/opt/my tools/sentinel", "shim", "--stdio", "--agent-name", 'desk "é"\\', "--"]


def installed(client: str, text: str) -> str:
    row = BY_NAME[client]
    parse = PARSERS[row.format]
    found = entries(parse(text), row.places)
    return wrapped(parse, text, {entry.path: PREFIX for entry in found}, row.places)


def removed(client: str, text: str, backup: str | None) -> str:
    row = BY_NAME[client]
    parse = PARSERS[row.format]
    paths = [entry.path for entry in entries(parse(text), row.places)]
    return restored(parse, text, backup, paths, row.places)


def words_of(client: str, text: str) -> dict[str, list[Any] | None]:
    row = BY_NAME[client]
    return {entry.server: entry.words for entry in entries(PARSERS[row.format](text), row.places)}


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp"]), max_size=8)
SERVERS = st.lists(st.tuples(WORDS, st.one_of(st.none(), st.lists(WORDS, max_size=3))), min_size=1, max_size=4)
"""Commands, and their arguments: none, or a list that may be empty."""
JSON_BLANK = st.sampled_from(["", " ", "\n", "\r\n\t", " // why not?\n", '/* { " */'])


def json_pieces(servers: list[tuple[str, list[str] | None]], blank: str, comma: str) -> list[str]:
    """Return a configuration in pieces: at even places what surrounds the servers, at odd ones each of them."""
    pieces = [f'{{"a" : [1e3, "\\u00e9"],{blank}"mcpServers"  :{{']
    for number, (command, arguments) in enumerate(servers):
        members = [f'"command":{blank}{json.dumps(command)}']
        if arguments is not None:
            items = f",{blank}".join(json.dumps(word) for word in arguments)
            members.insert(number % 2, f'"args"{blank}:{blank}[{blank}{items}{blank}]')
        pieces[-1] += f'"s{number}"{blank}:'
        pieces += [f"{{{blank}{f',{blank}'.join(members)}{blank}{comma}}}", f"{blank},{blank}"]
    pieces[-1] += f'"remote": {{"url": "https://x"}}{comma}}}{comma}{blank}}}{blank}\n\n'
    return pieces


def yaml_pieces(servers: list[tuple[str, list[str] | None]], blank: str, comma: str) -> list[str]:
    pieces = [f"a: [1e3, é]{blank}  # why not?\n\nmcpServers:\n"]
    for number, (command, arguments) in enumerate(servers):
        entry = f"command: {json.dumps(command, ensure_ascii=False)}  # it\n"
        if arguments is not None:
            items = [json.dumps(word, ensure_ascii=False) for word in arguments]
            is_block = bool(items) and bool(comma)
            block = "".join(f"    - {item}\n" for item in items)
            entry += f"    args:\n{block}" if is_block else f"    args: [ {', '.join(items)}]\n"
        pieces[-1] += f"  - name: s{number}\n    "
        pieces += [entry, f"    env: {{A: b}}{blank}\n"]
    pieces[-1] += "  - {name: remote, url: 'https://x'}\nz: |\n  text\n"
    return pieces


def toml_pieces(servers: list[tuple[str, list[str] | None]], blank: str, comma: str) -> list[str]:
    pieces = [f"# why not?\na = [1e3, 'é']{blank}\n"]
    for number, (command, arguments) in enumerate(servers):
        entry = f"command = {json.dumps(command, ensure_ascii=False)}{blank}# it\n"
        if arguments is not None:
            items = f",{comma and chr(10)}".join(json.dumps(word, ensure_ascii=False) for word in arguments)
            entry += f"args =  [{comma and '# them' + chr(10)}{items}{comma if items else ''} ]\n"
        pieces[-1] += f"[mcp_servers.s{number}]{blank}\n"
        pieces += [entry, f"env = {{ A = 'b' }}{blank}\n\n"]
    pieces[-1] += "[mcp_servers.remote]\nurl = 'https://x'\n[z]\n"
    return pieces


Pieces = Callable[[list[tuple[str, list[str] | None]], str, str], list[str]]
FORMATS = [
    pytest.param("cursor", json_pieces, JSON_BLANK, id="json"),
    pytest.param("continue", yaml_pieces, st.sampled_from(["", " ", "   "]), id="yaml"),
    pytest.param("codex", toml_pieces, st.sampled_from(["", " ", "\t"]), id="toml"),
]


@pytest.mark.parametrize(("client", "pieces_of", "blanks"), FORMATS)
@given(data=st.data(), servers=SERVERS, comma=st.sampled_from(["", ","]))
def test_any_configuration_comes_back_and_what_surrounds_the_commands_never_changes(
    client: str,
    pieces_of: Pieces,
    blanks: st.SearchStrategy[str],
    data: st.DataObject,
    servers: list[tuple[str, list[str] | None]],
    comma: str,
) -> None:
    pieces = pieces_of(servers, data.draw(blanks), comma)
    before = "".join(pieces)
    after = installed(client, before)
    for number, (command, arguments) in enumerate(servers):
        assert words_of(client, after)[f"s{number}"] == [*PREFIX, command, *(arguments or [])]
    assert re.fullmatch(".*".join(map(re.escape, pieces[::2])), after, re.DOTALL)
    assert installed(client, after) == after
    assert removed(client, after, backup=before) == before
    without_backup = removed(client, after, backup=None)
    assert re.fullmatch(".*".join(map(re.escape, pieces[::2])), without_backup, re.DOTALL)
    assert words_of(client, without_backup) == words_of(client, before)


@pytest.mark.parametrize(
    ("client", "before", "after"),
    [
        ("cursor", '{"mcpServers":{"a":{"command":"x"}}}', '{"command":"S", "args": [W"x"]}'),
        ("cursor", '{"mcpServers":{"a":{"command":"x","args":[]}}}', '{"command":"S","args":[W"x"]}'),
        ("cursor", '{"mcpServers":{"a":{"args":["y"],"command":"x"}}}', '{"args":[W"x","y"],"command":"S"}'),
        ("opencode", '{"mcp":{"a":{"command":["x","y"]}}}', '{"command":["S", "shim", "--stdio", "--","x","y"]}'),
        ("zed", '{"context_servers":{"a":{"command":{"path":"x"}}}}', '{"path":"S", "args": [W"x"]}'),
        ("codex", "[mcp_servers]\na={command='x'}", 'a={command="S", args = [W"x"]}'),
        ("codex", "mcp_servers.a.command = 'x'", 'mcp_servers.a.command = "S"\nmcp_servers.a.args = [W"x"]'),
        ("codex", "[mcp_servers.a]\r\n\"command\"='x' # y", '"command"="S"\r\n"args"=[W"x"] # y'),
        ("continue", "mcpServers:\n- command: x\n  name: a", '- command: "S"\n  args: [W"x"]\n  name: a'),
        ("continue", "mcpServers:\n- {name: a, command: x}", '{name: a, command: "S", args: [W"x"]}'),
        ("goose", "extensions:\n  a:\n    cmd: x\n", '    cmd: "S"\n    args: [W"x"]\n'),
    ],
)
def test_a_list_of_arguments_is_written_as_its_surroundings_are(client: str, before: str, after: str) -> None:
    prefix = ["S/sentinel", "shim", "--stdio", "--"]
    row = BY_NAME[client]
    parse = PARSERS[row.format]
    paths = {entry.path: prefix for entry in entries(parse(before), row.places)}
    expected = after.replace("W", '"shim", "--stdio", "--", ').replace('"S"', '"S/sentinel"')
    assert expected in wrapped(parse, before, paths, row.places)


@pytest.mark.parametrize(
    ("client", "text"),
    [
        ("continue", "mcpServers:\n- name: a\n  command:\n    x\n  env: {}\n"),
        ("goose", "extensions:\n  1:\n    cmd: x\n"),
        ("goose", "extensions:\n  a:\n    ? cmd\n    : x\n"),
    ],
)
def test_what_cannot_be_edited_safely_is_refused(client: str, text: str) -> None:
    with pytest.raises(Broken, match="by hand"):
        installed(client, text)


def test_an_entry_that_somebody_wrote_by_hand_is_taken_back_too() -> None:
    text = '{"mcpServers":{"a":{"command":"sentinel","args":["shim","--stdio","--agent-name","n","--","x","--","y"]}}}'
    assert installed("cursor", text) == text
    assert words_of("cursor", removed("cursor", text, backup=text)) == {"a": ["x", "--", "y"]}


@pytest.mark.parametrize(
    "value",
    [None, [], {"mcpServers": []}, {"mcpServers": {"a": None, "b": {}, "c": {"command": 5}, "d": {"args": ["x"]}}}],
)
def test_what_is_no_server_is_left_out(value: object) -> None:
    assert words_of("cursor", json.dumps(value)) == {}
