"""What tool bodies do: the acts in them and in the helpers they call."""

import pytest

from agentsentinel_cli.scan.classification import class_of_fact
from agentsentinel_cli.scan.recognize.python import extract_python
from agentsentinel_core.tools.capability import Capability


def effects(body: str, before: str = "") -> list[str]:
    indented = "\n".join("    " + line for line in body.splitlines())
    source = f"from langchain_core.tools import tool\n{before}\n@tool\ndef probe(text, name):\n{indented}\n"
    facts = extract_python("probe.py", source.encode())
    assert facts.problem is None
    probe = next(tool for tool in facts.tools if tool.name == "probe")
    return list(dict.fromkeys(effect.kind for effect in probe.effects))


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ("import subprocess as sp\nsp.run(['ls'])", ["subprocess"]),
        ("import subprocess\nsubprocess.run(text, shell=True)", ["shell"]),
        ("from os import system\nsystem(text)", ["shell"]),
        ("return eval(text)", ["eval"]),
        ("import ast\nreturn ast.literal_eval(text)", []),
        ("import httpx2\nhttpx2.post('https://x.example', json={})", ["http-write"]),
        ("import requests\nrequests.request('GET', text)", ["http-read"]),
        ("import requests\nrequests.request(name, text)", ["http-write"]),
        ("import urllib.request\nurllib.request.urlopen(text)", ["http-read"]),
        ("import aiohttp\nasync def go():\n    s = aiohttp.ClientSession()\n    await s.put(text)", ["http-write"]),
        ("cur.execute('select a from b')", ["sql-read"]),
        ("cur.execute(f'delete from {name}')", ["sql-write"]),
        ("session.execute(text('UPDATE a SET b = 1'))", ["sql-write"]),
        ("open(name).read()", ["file-read"]),
        ("open(name, mode='r+')", ["file-write"]),
        ("from pathlib import Path\nPath(name).write_text(text)", ["file-write"]),
        ("import shutil\nshutil.rmtree(name)", ["file-delete"]),
        ("import smtplib\nsmtplib.SMTP('h').sendmail('a', 'b', text)", ["email-send"]),
        ("from slack_sdk import WebClient\nWebClient().chat_postMessage(text=text)", ["message-send"]),
        ("from twilio.rest import Client\nClient().messages.create(body=text)", ["message-send"]),
        ("import boto3\nboto3.client('s3').put_object(Body=text)", ["cloud-write"]),
        ("import boto3\nboto3.client('ec2').describe_instances()", ["cloud-read"]),
        ("service.events().insert(calendarId='primary', body={}).execute()", ["cloud-write"]),
        ("from playwright import sync_api\np = sync_api.sync_playwright().start()\np.chromium.launch()", ["browser"]),
        ("import docker\ndocker.from_env().containers.run('python', text)", ["code-runner"]),
        ("from e2b_code_interpreter import Sandbox\nSandbox().run_code(text)", ["code-runner"]),
        ("import os\nreturn dict(os.environ)", ["secret-read"]),
        ("import os\nreturn os.getenv('HOME')", []),
        ("import os\nreturn os.getenv(name)", ["secret-read"]),
        ("import stripe\nstripe.Charge.create(amount=1)", ["payment"]),
        ("return cache.get(name)", []),
        ("items.append(text)\nreturn ', '.join(items)", []),
        ("return connect(password=self.key.get_secret_value())", []),
        ("return client.get_secret_value(SecretId=name)", ["secret-read"]),
        ("return 'subprocess.run(x); eval(y); DELETE FROM users'", ["constant"]),
    ],
)  # fmt: skip
def test_a_call_has_its_effect(body: str, kinds: list[str]) -> None:
    assert effects(body) == kinds


def test_helpers_of_the_same_file_belong_to_the_body() -> None:
    before = "import subprocess\ndef first(x): return second(x)\ndef second(x): return subprocess.run(x)"
    assert effects("return first(text)", before) == ["subprocess"]


def test_helpers_that_call_each_other_end() -> None:
    assert effects("return ping(text)", "def ping(x): return pong(x)\ndef pong(x): return ping(open(x))") == [
        "file-read"
    ]


def test_a_helper_that_is_not_called_says_nothing() -> None:
    assert effects("return text", "import os\ndef never(x): os.remove(x)") == ["constant"]


def test_a_helper_does_what_its_callers_pass() -> None:
    before = (
        "import requests\ndef call(verb, path): return requests.request(verb, path)\n"
        "def ask(sql): return cursor.execute(sql)"
    )
    assert effects("return call('GET', text)", before) == ["http-read"]
    assert effects("return call('DELETE', text)", before) == ["http-write"]
    assert effects("return ask('SELECT a FROM b')", before) == ["sql-read"]
    assert effects("return ask(build(text))", before) == []


def test_each_branch_of_a_dispatcher_belongs_to_its_tool() -> None:
    source = """
from mcp.server import Server
from mcp.types import Tool
server = Server("rows")

@server.list_tools()
async def list_tools():
    rows = Tool(name="rows", description="Rows", inputSchema={})
    return [rows, Tool(name="clear", description="Clear", inputSchema={})]

def run(sql): return cursor.execute(sql)

@server.call_tool()
async def call_tool(name, arguments):
    if name == "rows":
        return run("SELECT a FROM b")
    if name == "clear":
        return run("DELETE FROM b")
"""
    tools = extract_python("rows.py", source.encode()).tools
    assert {str(tool.name): [effect.kind for effect in tool.effects] for tool in tools} == {
        "rows": ["sql-read"],
        "clear": ["sql-write"],
    }


def test_a_statement_that_the_model_writes_may_write() -> None:
    assert effects("return cursor.execute(text)") == ["sql-write"]
    assert effects("if not text.lower().startswith('select'): raise ValueError\nreturn cursor.execute(text)") == [
        "sql-read"
    ]


def test_a_client_kept_on_the_object_is_followed() -> None:
    source = """
import httpx
from crewai.tools import BaseTool
class Post(BaseTool):
    name: str = "post"
    def __init__(self):
        self.web = httpx.Client()
    def _run(self, text):
        return self.web.post("https://x.example", content=text)
"""
    (tool,) = extract_python("post.py", source.encode()).tools
    assert [(effect.kind, effect.place.line, effect.text) for effect in tool.effects] == [
        ("http-write", 9, 'self.web.post("https://x.example", content=text)')
    ]


HELPERS = """
import subprocess
def run(cmd, timeout=5): return subprocess.run(cmd, timeout=timeout)
def shell(line): return subprocess.run(line, shell=True)
def told(label, cmd): return subprocess.run(cmd)
"""


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('return run(["git", "log"])', [("subprocess", 'run(["git", "log"])')]),
        ("return run([text])", [("subprocess", "run([text])")]),
        ('run(["ls"])\nreturn run(text)', [("subprocess", 'run(["ls"])'), ("subprocess", "run(text)")]),
        ('return shell("uptime")', [("shell", 'shell("uptime")')]),
        ('return shell(f"ls {text}")', [("shell", 'shell(f"ls {text}")')]),
        ("return subprocess.run(text)", [("subprocess", "subprocess.run(text)")]),
        ('return told("log", text)', [("subprocess", "subprocess.run(cmd)")]),
    ],
)
def test_a_helper_starts_what_each_of_its_callers_says(body: str, shown: list[tuple[str, str]]) -> None:
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    source = f"from langchain_core.tools import tool\n{HELPERS}\n@tool\ndef probe(text):\n{indented}"
    (probe,) = extract_python("probe.py", source.encode()).tools
    assert [(effect.kind, effect.text) for effect in probe.effects] == shown


def test_a_table_made_into_text_writes_no_file() -> None:
    assert effects("return frame.to_csv(index=False)") == []
    assert effects("frame.to_csv(text)") == ["file-write"]


def texts(body: str, before: str = "") -> list[str]:
    indented = "\n".join("    " + line for line in body.splitlines())
    source = (
        f"import subprocess\nfrom langchain_core.tools import tool\n{before}\n@tool\ndef probe(text):\n{indented}\n"
    )
    (probe,) = extract_python("probe.py", source.encode()).tools
    return [effect.text for effect in probe.effects]


@pytest.mark.parametrize(
    "body",
    [
        'cmd = ["grep", "-rn"]\ncmd.extend(["-C", text])\nsubprocess.run(cmd)',
        'cmd = ["grep", "-rn"]\ncmd += [text]\nsubprocess.check_output(cmd)',
        'cmd = ["grep"] + [text]\nsubprocess.run(args=cmd)',
        'PROGRAM = "grep"\ncmd = [PROGRAM, text]\nif text:\n    cmd.append("x")\nsubprocess.Popen(cmd)',
    ],
)
def test_a_list_of_arguments_that_begins_with_a_program_starts_it(body: str) -> None:
    assert [text.partition("(")[2] for text in texts(body)] == ["['grep', ...])"]


@pytest.mark.parametrize(
    "body",
    [
        'cmd = ["grep"]\ncmd.insert(0, text)\nsubprocess.run(cmd)',
        'cmd = ["grep"] if text else [text]\nsubprocess.run(cmd)',
        'cmd = ["grep"]\nif text:\n    cmd = [text]\nsubprocess.run(cmd)',
        "cmd = text.split()\nsubprocess.run(cmd)",
    ],
)
def test_a_list_of_arguments_whose_program_may_be_another_does_not(body: str) -> None:
    assert not any("'grep', ..." in text for text in texts(body))


@pytest.mark.parametrize(
    "call",
    [
        "flow.run(query=text)",
        "query_engine.query(text)",
        "index.as_query_engine().query(text)",
        "self.retriever.invoke(text)",
    ],
)
def test_asking_an_index_or_a_workflow_is_a_question(call: str) -> None:
    assert effects(f"return {call}") == ["question"]


@pytest.mark.parametrize(("call", "kinds"), [("ActionResult(text)", []), ("Browser(text)", ["browser"])])
def test_data_of_a_browsers_package_drives_nothing(call: str, kinds: list[str]) -> None:
    assert effects(f"return {call}", "from browser_use import ActionResult, Browser") == kinds


@pytest.mark.parametrize(
    ("before", "body"),
    [
        ("import sqlite3", "k = sqlite3.connect('x')\nreturn k.execute(text)"),
        ("import sqlite3", "with sqlite3.connect('x') as k:\n    k.executescript(text)"),
        ("import duckdb", "return duckdb.sql(text).fetchall()"),
        ("import asyncpg", "k = asyncpg.connect('x')\nreturn k.fetch(text)"),
        ("from sqlalchemy import create_engine\ne = create_engine('x')", "with e.begin() as k:\n    k.execute(text)"),
        ("import psycopg", "with psycopg.connect('x') as k:\n    return k.execute(text).fetchall()"),
    ],
)
def test_sql_from_outside_is_a_write_by_any_driver_whatever_its_object_is_called(before: str, body: str) -> None:
    assert effects(body, before) == ["sql-write"]


@pytest.mark.parametrize(
    ("before", "body"),
    [
        ("import sqlite3", "k = sqlite3.connect('x')\nreturn k.execute('SELECT a FROM b WHERE c = ?', (text,))"),
        ("import duckdb", "return duckdb.sql('select a from b')"),
    ],
)
def test_a_fixed_statement_is_what_it_says(before: str, body: str) -> None:
    assert effects(body, before) == ["sql-read"]


@pytest.mark.parametrize(
    ("before", "call", "is_code"),
    [
        ("import sh", 'sh.bash("-c", text)', True),
        ("import sh", "sh.python(text)", True),
        ("from plumbum import local", 'local["bash"]("-c", text)', True),
        ("import subprocess", 'subprocess.check_output(["osascript", "-e", text])', True),
        ("import subprocess", 'subprocess.run(["psql", "-c", text])', True),
        ("import subprocess", 'subprocess.run(["psql", "-c", "SELECT 1"])', False),
        ("import subprocess", 'subprocess.run(["bash", "-c", "make all"])', False),
        ("import sh", "sh.git(text)", False),
        ("from plumbum import local", 'local["git"](text)', False),
    ],
)
def test_a_shell_or_an_interpreter_of_any_library_is_code_execution(before: str, call: str, is_code: bool) -> None:
    source = f"{before}\nfrom langchain_core.tools import tool\n@tool\ndef look(text): return {call}\n"
    (fact,) = extract_python("a.py", source.encode()).tools
    assert (Capability.CODE_EXECUTION in class_of_fact("look", fact).capabilities) == is_code


@pytest.mark.parametrize(
    "body",
    [
        "if not all(c in set('0123456789+-*/(). ') for c in text):\n    return 'no'\nreturn eval(text)",
        "if any(c not in '0123456789+-' for c in text):\n    raise ValueError\nreturn eval(text)",
        "clean = ''.join(c for c in text if c in ALLOWED)\nreturn eval(clean)",
        "import re\nclean = re.sub(r'[^0-9+*/().-]', '', text)\nreturn eval(clean)",
        "import re\nif not re.fullmatch(r'[\\d\\s+*/()-]+', text):\n    return ''\nreturn eval(text)",
        "import string\nif set(text) <= set(string.digits + '+-'):\n    return eval(text)\nreturn ''",
    ],
)
def test_a_formula_of_digits_and_operators_is_no_code(body: str) -> None:
    assert "eval" not in effects(body, "ALLOWED = set('0123456789+-*/()')")


@pytest.mark.parametrize(
    "body",
    [
        "if not all(c in name for c in text):\n    return ''\nreturn eval(text)",
        "if not all(c in set('0_abcdefghijklmnopqrstuvwxyz()') for c in text):\n    return ''\nreturn eval(text)",
        "if not all(c in '0123456789' for c in name):\n    return ''\nreturn eval(text)",
        "import re\nclean = re.sub(r'[^\\w()]', '', text)\nreturn eval(clean)",
        "import re\nif re.match(r'[0-9+]+', text):\n    return eval(text)\nreturn ''",
        "return eval(text, {'__builtins__': {}})",
    ],
)
def test_a_filter_that_lets_names_through_or_checks_another_text_is_none(body: str) -> None:
    assert "eval" in effects(body)


@pytest.mark.parametrize(
    "body",
    [
        "import os, subprocess\nenv = os.environ.copy()\nenv['A'] = text\nsubprocess.run(['git'], env=env)",
        "import os, subprocess\nsubprocess.run(['git'], env=dict(os.environ))",
        "import os, subprocess\nenv = None\nif text:\n    env = os.environ.copy()\nsubprocess.run(['git'], env=env)",
    ],
)
def test_an_environment_that_a_started_program_inherits_is_not_read(body: str) -> None:
    assert "secret-read" not in effects(body)


@pytest.mark.parametrize(
    "body", ["import os\nreturn str(os.environ.copy())", "import os\nenv = os.environ.copy()\nreturn env"]
)
def test_an_environment_that_is_returned_is_read(body: str) -> None:
    assert "secret-read" in effects(body)


@pytest.mark.parametrize(
    "body",
    [
        "if input('Delete? ') != 'y':\n    return ''\ndb.drop(text)",
        "import click\nclick.confirm('Delete?', abort=True)\ndb.drop(text)",
        "from rich.prompt import Confirm\nif Confirm.ask('Delete?'):\n    db.drop(text)",
    ],
)
def test_a_body_that_asks_at_the_terminal_waits_for_a_person(body: str) -> None:
    assert "approval" in effects(body)


@pytest.mark.parametrize("body", ["booking.confirm(text)", "input = len\ninput(text)", "model.ask(text)"])
def test_other_functions_of_such_names_ask_nobody_at_the_terminal(body: str) -> None:
    assert "approval" not in effects(body)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("try:\n    return text + name\nexcept TypeError as error:\n    return f'{error}'", "arithmetic"),
        ("if name == 0:\n    raise ValueError('no')\nreturn text / name", "arithmetic"),
        ("try:\n    return 'done'\nexcept Exception:\n    return ''", "constant"),
    ],
)
def test_a_formula_with_checks_around_it_still_only_calculates(body: str, kind: str) -> None:
    assert effects(body) == [kind]
