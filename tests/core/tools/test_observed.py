"""What a tool's body does decides first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.tools import Capability, ToolCategory, ToolScope, classify
from agentsentinel_core.tools.effects import EffectKind, ObservedEffect


def seen(name, kind, text, *parameters):
    return classify(name, body=[ObservedEffect(kind, text)], input_schema={"properties": dict.fromkeys(parameters)})


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (EffectKind.SUBPROCESS, "subprocess.run(command)"),
        (EffectKind.SUBPROCESS, "subprocess.run(['python', '-c', code])"),
        (EffectKind.SUBPROCESS, 'spawn("bash", ["-c", line])'),
        (EffectKind.SHELL, "os.system(command)"),
        (EffectKind.SHELL, "os.system(f'ls {folder}')"),
        (EffectKind.SHELL, "exec(`git ${line}`)"),
        (EffectKind.EVAL, "eval(expression)"),
        (EffectKind.CODE_RUNNER, "sandbox.run_code(code)"),
    ],
)
def test_a_body_that_runs_what_it_is_given_is_code_execution(kind, text):
    found = seen("helper", kind, text)
    assert Capability.CODE_EXECUTION in found.capabilities
    assert found.category is ToolCategory.CODE_EXECUTION
    assert found.is_dangerous


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (EffectKind.SUBPROCESS, 'subprocess.run(["git", "log", path])'),
        (EffectKind.SUBPROCESS, 'execFile("/usr/bin/git", args)'),
        (EffectKind.SHELL, 'os.system("clear")'),
        (EffectKind.EVAL, 'eval("1 + 1")'),
    ],
)
def test_a_fixed_program_is_none(kind, text):
    assert Capability.CODE_EXECUTION not in seen("helper", kind, text).capabilities


@pytest.mark.parametrize(
    ("kind", "text", "scope", "dangerous", "capability"),
    [
        (EffectKind.EMAIL_SEND, "smtp.send_message(mail)", "write", True, Capability.EXTERNAL_WRITE),
        (EffectKind.MESSAGE_SEND, "client.chat_postMessage()", "write", True, Capability.EXTERNAL_WRITE),
        (EffectKind.HTTP_WRITE, "requests.post(url)", "write", False, Capability.EXTERNAL_WRITE),
        (EffectKind.HTTP_WRITE, "requests.delete(url)", "write", True, Capability.EXTERNAL_WRITE),
        (EffectKind.SQL_READ, 'db.execute("SELECT 1")', "read", False, Capability.INTERNAL_READ),
        (EffectKind.SQL_WRITE, 'db.execute("UPDATE t")', "write", False, Capability.LOCAL_WRITE),
        (EffectKind.SQL_WRITE, 'db.execute("DROP TABLE t")', "write", True, Capability.LOCAL_WRITE),
        (EffectKind.FILE_READ, "open(path)", "read", False, Capability.INTERNAL_READ),
        (EffectKind.FILE_WRITE, "open(path, 'w')", "write", False, Capability.LOCAL_WRITE),
        (EffectKind.FILE_DELETE, "os.remove(path)", "write", True, Capability.LOCAL_WRITE),
        (EffectKind.CLOUD_READ, "s3.get_object()", "read", False, Capability.INTERNAL_READ),
        (EffectKind.CLOUD_WRITE, "s3.put_object()", "write", False, Capability.EXTERNAL_WRITE),
        (EffectKind.CLOUD_WRITE, "ec2.terminate_instances()", "write", True, Capability.INFRASTRUCTURE),
        (EffectKind.BROWSER, "page.goto(url)", "read", False, Capability.WEB_READ),
        (EffectKind.BROWSER, "page.click(button)", "write", False, Capability.WEB_READ),
        (EffectKind.SECRET_READ, "dict(os.environ)", "read", False, Capability.SECRETS),
        (EffectKind.PAYMENT, "stripe.Charge.create()", "write", True, Capability.LOCAL_WRITE),
    ],
)
def test_each_act_says_what_the_tool_can_do(kind, text, scope, dangerous, capability):
    found = seen("helper", kind, text)
    assert (found.scope, found.is_dangerous) == (ToolScope(scope), dangerous)
    assert capability in found.capabilities
    assert text in found.reasons[0]


def test_every_act_is_read():
    for kind in EffectKind:
        assert classify("helper", body=[ObservedEffect(kind, "call(x)")]).reasons


def test_a_search_that_posts_its_query_still_reads():
    assert seen("search_news", EffectKind.HTTP_WRITE, "requests.post(API, json=q)").scope is ToolScope.READ


def test_an_address_of_the_callers_choice_is_the_web():
    assert Capability.WEB_READ in seen("get_text", EffectKind.HTTP_READ, "requests.get(url)", "url").capabilities
    assert Capability.WEB_READ not in seen("get_text", EffectKind.HTTP_READ, "requests.get(API)", "city").capabilities


def test_fetching_what_is_said_to_be_the_web_is_the_web():
    body = [ObservedEffect(EffectKind.HTTP_READ, "requests.get(API, params=q)")]
    assert Capability.WEB_READ in classify("lookup", body=body, description="Searches the internet.").capabilities
    assert Capability.WEB_READ not in classify("lookup", body=body, description="Looks an order up.").capabilities


def test_sql_of_the_callers_choice_is_dangerous_and_reads():
    found = seen("helper", EffectKind.SQL_WRITE, "cursor.execute(query)", "query")
    assert found.is_dangerous
    assert Capability.INTERNAL_READ in found.capabilities


def test_a_body_that_only_reads_takes_a_vague_verb_back():
    found = seen("run_report", EffectKind.SQL_READ, 'db.execute("SELECT 1")')
    assert (found.scope, found.is_dangerous) == (ToolScope.READ, False)
    assert any("only reads" in reason for reason in found.reasons)


@pytest.mark.parametrize("name", ["delete_report", "send_report", "bash", "set_admin_role"])
def test_it_takes_back_nothing_else(name):
    body = [ObservedEffect(EffectKind.SQL_READ, 'db.execute("SELECT 1")')]
    assert classify(name, body=body).scope is classify(name).scope
    assert classify(name, body=body).is_dangerous == classify(name).is_dangerous


def test_a_read_only_hint_does_not_lower_what_the_body_shows():
    body = [ObservedEffect(EffectKind.FILE_DELETE, "os.remove(path)")]
    assert classify("sync", body=body, annotations={"readOnlyHint": True}).is_dangerous


@given(
    st.sampled_from(["helper", "get_x", "run_report", "delete_user", "bash"]),
    st.lists(st.builds(ObservedEffect, st.sampled_from(EffectKind), st.text(st.characters(), max_size=80)), max_size=5),
)
def test_any_body_gives_a_sound_class(name, body):
    found = classify(name, body=body)
    assert found.reasons
    assert found.category in found.categories
    assert not (found.is_dangerous and found.scope is ToolScope.READ)


@pytest.mark.parametrize("name", ["transfer_to_sales", "transfer_to_flight_cancel", "escalate"])
def test_a_body_that_only_names_the_next_agent_is_a_read_whatever_its_words(name):
    handover = [ObservedEffect(EffectKind.HANDOVER, "sales_agent")]
    found = classify(name, body=handover, description="Transfer the caller to sales.")
    assert (found.scope, found.is_dangerous) == (ToolScope.READ, False)


def test_a_body_that_hands_over_and_writes_is_a_write():
    acts = [
        ObservedEffect(EffectKind.HANDOVER, "sales_agent"),
        ObservedEffect(EffectKind.FILE_DELETE, "os.remove(path)"),
    ]
    assert classify("transfer_to_sales", body=acts).is_dangerous


def test_a_sum_is_a_read_and_an_addition_to_a_list_is_none():
    assert classify("add", body=[ObservedEffect(EffectKind.ARITHMETIC, "a + b")]).scope is ToolScope.READ
    assert classify("add").scope is ToolScope.WRITE


@pytest.mark.parametrize(
    ("name", "text", "scope"),
    [
        ("scrape_page", "requests.post(BROWSER_URL, json=payload)", "read"),
        ("translate_text", "requests.post(url, json=payload)", "read"),
        ("scrape_page", "requests.post(SLACK_WEBHOOK, json=payload)", "write"),
        ("visualizer", "requests.post('https://api.openai.com/v1/chat/completions', json=payload)", "read"),
        ("visualizer", "requests.post(url, json=payload)", "write"),
    ],
)
def test_a_post_that_only_asks_is_a_read(name, text, scope):
    assert seen(name, EffectKind.HTTP_WRITE, text).scope.value == scope


@pytest.mark.parametrize("program", ["grep", "rg", "cat", "head"])
def test_a_program_that_prints_files_reads_them(program):
    found = seen("notes", EffectKind.SUBPROCESS, f"subprocess.run([{program!r}, ...])")
    assert (found.scope, found.is_dangerous) == (ToolScope.READ, False)
    assert found.capabilities == {Capability.INTERNAL_READ}


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("requests.post(url, data=body)", ("url", "body")),
        ("fetch(url, { method: 'POST', body: payload })", ("url", "payload")),
        ("httpx.put(link, content=text)", ("link", "text")),
        ('requests.post("https://x.example/up", files={"f": f})', ("path",)),
        ('axios.post("https://x.example/up", new FormData(), opts)', ("path",)),
    ],
)
def test_content_of_the_callers_to_an_address_of_the_callers_or_a_file_is_dangerous(text, parameters):
    found = seen("helper", EffectKind.HTTP_WRITE, text, *parameters)
    assert found.is_dangerous
    assert Capability.EXTERNAL_WRITE in found.capabilities


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("requests.post(API, json=order)", ("order",)),
        ("requests.post(url, json=FIXED)", ("url",)),
        ("requests.post(url)", ("url", "text")),
    ],
)
def test_a_fixed_address_or_a_fixed_content_is_not_dangerous(text, parameters):
    assert not seen("helper", EffectKind.HTTP_WRITE, text, *parameters).is_dangerous


def test_reading_a_file_does_not_make_a_writer_one_of_files():
    for name in ("create_scene", "import_model", "update_scene"):
        assert ToolCategory.FILESYSTEM not in seen(name, EffectKind.FILE_READ, "open(path)").categories
    assert ToolCategory.FILESYSTEM in seen("show_model", EffectKind.FILE_READ, "open(path)").categories
    assert ToolCategory.FILESYSTEM in seen("make_model", EffectKind.FILE_WRITE, "open(path, 'w')").categories


@pytest.mark.parametrize("name", ["run_query", "execute_search", "run_question"])
def test_a_question_is_not_an_act(name):
    assert seen(name, EffectKind.QUESTION, "flow.run(query=query)").scope is ToolScope.READ


@pytest.mark.parametrize("kind", [EffectKind.APPROVAL, EffectKind.RATE_LIMIT])
def test_a_safeguard_says_nothing_about_what_a_tool_can_do(kind):
    for name in ("send_email", "run_report", "search_docs"):
        assert classify(name, body=[ObservedEffect(kind, "limiter.acquire()")]) == classify(name)
