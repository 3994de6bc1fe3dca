"""Quoted text and command lines are shown without the credentials in them."""

import pytest

from agentsentinel_core.masking import masked, masked_code, masked_command, masked_line, masked_text

OPENAI = "sk-proj-" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5z"
"""Not a key of anybody."""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f'post(url, key="{OPENAI[:30]}…', 'post(url, key="sk-proj-……'),
        ("connect('postgres://app:hunter2222@db/x')", "connect('postgres://app:…@db/x')"),
        ("x = '9f8e7d6c5b4a39281706f5e4d3c2b1a0'", "x = '9f8e7d6c…'"),
        ("client.send_message_v2(text)", "client.send_message_v2(text)"),
        ("get_customer_by_number_2", "get_customer_by_number_2"),
        ("Sends an e-mail.", "Sends an e-mail."),
    ],
)
def test_quoted_source_is_masked_even_where_it_was_cut(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["npx", "-y", "server-files", "/tmp/a b"], "npx -y server-files '/tmp/a b'"),
        (["server", "--api-key", "hunter2", "--port", "80"], "server --api-key … --port 80"),
        (["server", "--token=hunter2", "-v"], "server --token=… -v"),
        (["env", "DB_PASSWORD=hunter2", "server"], "env DB_PASSWORD=… server"),
        (["docker", "run", "-e", "GITHUB_TOKEN", "image"], "docker run -e GITHUB_TOKEN image"),
        (["server", "--auth", "--verbose"], "server --auth --verbose"),
        (["server", f"https://u:hunter2@host/{OPENAI}"], "server https://u:…@host/sk-proj-…"),
        (["mcp-remote", "--header", "Authorization: Bearer hunter2"], "mcp-remote --header 'Authorization: Bearer …'"),
        (["mcp-remote", "--header", "X-Api-Key:hunter2"], "mcp-remote --header X-Api-Key:…"),
        (["mcp-remote", "https://h/mcp?a=b&token=hunter2"], "mcp-remote 'https://h/mcp?a=b&token=…'"),
        (["mcp-remote", "--header", "Authorization:${AUTH}"], "mcp-remote --header 'Authorization:${AUTH}'"),
        (["mcp-remote", "https://auth.example:8443/mcp"], "mcp-remote https://auth.example:8443/mcp"),
        ([], ""),
    ],
)
def test_a_command_line_is_shown_without_its_secrets(arguments: list[str], shown: str) -> None:
    assert masked_command(arguments) == shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("server --api-key 'hunter 2' --port 80", "server --api-key … --port 80"),
        ("server 'it", "server ''\"'\"'it'"),
        ("server --api-key hunter2 'it", "server --api-key … ''\"'\"'it'"),
    ],
)
def test_a_command_line_that_is_one_text_is_masked_too(line: str, shown: str) -> None:
    assert masked_line(line) == shown
    assert masked_line(masked_line(line)) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bash(npm test:*)", "Bash(npm test:*)"),
        ("Bash(deploy --token hunter2)", "Bash(deploy --token …)"),
        ("Bash(curl -H 'X-Api-Key: hunter2' https://x)", "Bash(curl -H 'X-Api-Key: …' https://x)"),
        ("Bash(env TOKEN=hunter2 run)", "Bash(env TOKEN=… run)"),
        ("Bash(deploy --token $TOKEN)", "Bash(deploy --token $TOKEN)"),
        (f"WebFetch({OPENAI})", "WebFetch(sk-proj-…)"),
    ],
)
def test_a_rule_that_allows_a_command_is_shown_without_its_secrets(text: str, shown: str) -> None:
    assert masked_text(text) == shown


def test_a_long_command_line_is_cut() -> None:
    assert len(masked_command(["server", "x" * 5_000])) == 1_000


@pytest.mark.parametrize("unit", ["key", "-", "a.", "key=", "--key ", "'", "https://", "ab1"])
def test_text_that_is_made_to_be_slow_is_looked_at_in_part(unit: str) -> None:
    text = unit * 1_000_000
    assert len(masked_command([text])) <= 1_000
    assert len(masked_command([unit] * 1_000_000)) <= 1_000
    assert len(masked_line(text)) <= 1_000
    assert len(masked_text(text)) <= 2_200


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('def run(c: str, password="hunter2"): ...', 'def run(c: str, password="…"): ...'),
        ("passwd=b'ZwsjEJri9f'", "passwd=b'…'"),
        ('{"db_password": "abcd1234"}', '{"db_password": "…"}'),
        ('os.system("curl -u bob:hunter2 http://h")', 'os.system("curl -u bob:… http://h")'),
        ('"PGPASSWORD=hunter2 psql"', '"PGPASSWORD=… psql"'),
    ],
)
def test_a_line_of_code_is_shown_without_the_values_of_secrets(line: str, shown: str) -> None:
    assert masked_code(line) == shown


@pytest.mark.parametrize(
    "line",
    [
        "def f(token: str, password: str = None):",
        "token = get_token(user)",
        'api_key=os.environ["KEY"]',
        'if password == "":',
        'password="$PASSWORD"',
    ],
)
def test_code_that_names_a_secret_and_holds_none_is_shown_as_it_is(line: str) -> None:
    assert masked_code(line) == line
