"""Credentials in source. The values are made here, at random: real shapes, nobody's keys."""

import base64
import json
import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsentinel_cli.scan.content.credential_prefilter import may_hold_secret
from agentsentinel_cli.scan.content.credentials import find_secrets
from agentsentinel_core.key_format import complete

CHANCE = random.Random(20)
BASE62 = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


def of(alphabet: str, length: int) -> str:
    """Random text without what the placeholder filter knows."""
    while True:
        text = "".join(CHANCE.choice(alphabet) for _ in range(length))
        if not find_words(text):
            return text


def find_words(text: str) -> bool:
    return any(word in text.lower() for word in ("test", "demo", "todo", "your", "fake", "mock", "abcdef", "123456"))


def jwt(**claims: str) -> str:
    def part(value: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'HS256'})}.{part(claims)}.{of(BASE62, 43)}"


SHAPES = {
    "agentsentinel": complete(f"as_adm_{of(BASE62, 43)}"),
    "agentsentinel of the first release": f"as_agt_{of(HEX, 64)}",
    "anthropic": f"sk-ant-api03-{of(BASE62 + '_-', 93)}AA",
    "openai": f"sk-proj-{of(BASE62 + '_-', 74)}",
    "openai legacy": f"sk-{of(BASE62, 48)}",
    "github": f"ghp_{of(BASE62, 36)}",
    "github fine-grained": f"github_pat_{of(BASE62, 22)}_{of(BASE62, 59)}",
    "gitlab": f"glpat-{of(BASE62, 20)}",
    "slack": f"xoxb-{of('123456789', 11)}-{of('123456789', 12)}-{of(BASE62, 24)}",
    "slack webhook": f"https://hooks.slack.com/services/T{of('ABCDE012', 8)}/B{of('ABCDE012', 10)}/{of(BASE62, 24)}",
    "google": f"AIza{of(BASE62, 35)}",
    "google oauth": f"ya29.{of(BASE62 + '_-', 80)}",
    "aws": f"AKIA{of('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)}",
    "azure": f"AccountKey={of(BASE62 + '+/', 86)}==",
    "stripe": f"sk_live_{of(BASE62, 40)}",
    "sendgrid": f"SG.{of(BASE62, 22)}.{of(BASE62, 43)}",
    "huggingface": f"hf_{of(string.ascii_letters, 34)}",
    "groq": f"gsk_{of(BASE62, 52)}",
    "langsmith": f"lsv2_pt_{of(HEX, 32)}_{of(HEX, 10)}",
    "npm": f"npm_{of(BASE62, 36)}",
    "pypi": f"pypi-AgEIcHlwaS5vcmc{of(BASE62 + '_-', 100)}",
    "telegram": f"{of('123456789', 10)}:AA{of(BASE62 + '_-', 33)}",
    "jwt": jwt(sub="user-7", role="service_role"),
    "database": f"postgresql://app:{of(BASE62, 18)}@db.internal.acme.io:5432/crm",
}
CONTEXTS = {
    "a variable": 'api_key = "{}"\n',
    "a dict": 'settings = {{"key": "{}", "other": 1}}\n',
    "a header": "headers.set('X-Auth', '{}')\n",
    "a keyword": 'client = Client(\n    url,\n    key="{}",\n)\n',
    "a comment": "# the old one was {}\n",
    "written-out config": 'TEMPLATE = """\n[default]\nvalue = {}\n"""\n',
    "a notebook": '{{"cells": [{{"source": ["key = \\"{}\\"\\n"]}}]}}\n',
    "a template literal": "const url = `${{base}}?key={}`;\n",
}


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_providers_credential_is_found_wherever_it_stands(shape: str, context: str) -> None:
    value = SHAPES[shape]
    text = "import os\n" + CONTEXTS[context].format(value)
    facts = find_secrets("agent.py", text.encode())
    assert [fact.provider for fact in facts] == [shape.split(maxsplit=1)[0]], text
    (fact,) = facts
    assert fact.is_certain
    assert fact.place.line == text[: text.index(value)].count("\n") + 1
    assert may_hold_secret(text.encode())


@pytest.mark.parametrize("shape", SHAPES)
def test_no_more_than_eight_characters_of_a_value_are_kept(shape: str) -> None:
    value = SHAPES[shape]
    (fact,) = find_secrets("agent.py", f'x = "{value}"'.encode())
    assert len(fact.masked) <= 9
    assert fact.masked.endswith("…")
    assert value not in repr(fact)


def test_a_key_of_ours_is_told_from_a_look_alike_by_its_checksum_and_by_nothing_else() -> None:
    named_by_chance = complete("as_agt_" + "fakeTEST" + of(BASE62, 35))
    key = SHAPES["agentsentinel"]
    look_alike = key[:-1] + ("A" if key[-1] != "A" else "B")
    (fact,) = find_secrets("a.py", f'a = "{named_by_chance}"; b = "{look_alike}"'.encode())
    assert (fact.provider, fact.is_certain, fact.place.column) == ("agentsentinel", True, 6)


def test_a_private_key_is_found_in_one_line_and_in_many() -> None:
    body = of(BASE62 + "+/", 64)
    many = f'KEY = """-----BEGIN RSA PRIVATE KEY-----\n{body}\n{body}\n-----END RSA PRIVATE KEY-----"""'
    one = f'{{"private_key": "-----BEGIN PRIVATE KEY-----\\n{body}\\n{body}\\n-----END PRIVATE KEY-----"}}'
    for text in (many, one):
        assert [fact.provider for fact in find_secrets("a.py", text.encode())] == ["private key"]
    assert find_secrets("a.py", b'MARK = "-----BEGIN PRIVATE KEY-----"') == ()


GENERIC = [
    'DB_PASSWORD = "{}"',
    'client_secret: str = "{}"',
    '"x-api-key": "{}",',
    "apiToken: '{}',",
    'connect(host, password="{}")',
    'os.getenv("CRM_TOKEN", "{}")',
    "const key = process.env.CRM_API_KEY || '{}';",
    'headers = {{"Authorization": "Bearer {}"}}',
    'set_password("{}")',
    'settings["api_key"] = "{}"',
    'AUTH_TOKEN: Final[str] = "{}"',
]


@pytest.mark.parametrize("line", GENERIC)
def test_a_random_value_under_a_telling_name_is_found(line: str) -> None:
    for alphabet, length in ((BASE62, 32), (BASE62, 22), (HEX, 40)):
        text = line.format(of(alphabet, length - 1) + "7")
        (fact,) = find_secrets("agent.py", text.encode())
        assert (fact.provider, fact.is_certain) == ("generic", False), text
        assert len(fact.masked) <= length // 4 + 1


STATED = [
    ("Password: {}", "Kq7-vault-Z3cr!"),
    ("  Admin Password: {}", "tr33house_gate_941"),
    ("API Key: {}", "ak_live_8w3KHGe9tLmN0oQaYrSu6xZy"),
    ("- Secret: {}", "cs_live_dPr7V4xT0uMnO1pSbZyKiJh5"),
    ("CRM_API_TOKEN={}", "q8w2n5z7r1t6y3u9i4"),
    ("Database passphrase: {}", "h0rse.battery;7".replace(";", "!")),
]
"""Lines of a text, and values that are made up."""


@pytest.mark.parametrize(("line", "value"), STATED)
@pytest.mark.parametrize(
    "around", ['x = """\nHost: a\n{}\n"""', "const x = `\nHost: a\n{}\n`;", 'print("{}")', 'x = "a\\n{}\\n"']
)
def test_a_credential_that_a_line_of_a_text_states_is_found(line: str, value: str, around: str) -> None:
    text = around.format(line.format(value))
    (fact,) = find_secrets("a.py", text.encode())
    assert (fact.provider, fact.is_certain) == ("generic", False)
    assert value not in fact.masked
    assert may_hold_secret(text.encode())


@pytest.mark.parametrize("line", [line for line, _ in STATED])
@pytest.mark.parametrize(
    "value",
    [
        "string;",
        "{password}",
        "${DB_PASSWORD}",
        "<your-password-1>",
        "llama-3.3-70b-versatile",
        "changeme123",
        "os.environ.KEY2",
    ],
)
def test_a_line_that_states_a_placeholder_is_left_alone(line: str, value: str) -> None:
    assert find_secrets("a.py", f'x = """\n{line.replace("{}", value)}\n"""'.encode()) == ()


@pytest.mark.parametrize(
    "code",
    [
        "class Login(BaseModel):\n    password: SecretStr2\n    api_key: Key4You2Have\n",
        "interface Login {\n  password: Passw0rdField\n  token: AccessTokenV2Type\n}\n",
        "def f(token: JsonWebToken256):\n    password = hashed2words\n",
    ],
)
def test_code_outside_of_texts_states_none(code: str) -> None:
    assert find_secrets("a.py", code.encode()) == ()


HARMLESS = [
    'if google_api_key:\n        lines.append("GOOGLE_GENAI_USE_VERTEXAI=0")',
    'elif client_secret: print("Us1ngTh3Cl13ntW1thS3cr3t9")',
    'while not token:\n    wait_for("Q7lm2xv9rt4wz8kp1bn6yc3h")',
    'GUIDE = "with an API key: `core:GetWorkloadAccessToken`,\\n `GetResourceOauth2Token` or `GetResourceApiKey`"',
    'token: "RefreshAccessTokenV2Request"',
    'api_key_class = "AzureOpenAIApi2Credential"',
    'token: "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",',
    'fromTokenAddress: "7Uuzh9JwqF8z3u6MWpQuQJbpD1u46xPDY6PGjwfwTh4o",',
    'const token = "0xe20B9a38E0c96F61d1bA6b42a61512D56Fea1Eb3"',
    "credentialReferenceId: 'l3e51vzt5atfwymmu4ur5',",
    'ENSO_API_KEY = "1e02632d-6feb-4a75-a157-documentation"',
    '("GROQ_API_KEY", "groq/llama-3.3-70b-versatile"),',
    'model = ("CEREBRAS_API_KEY", "qwen-3-235b-a22b-instruct-2507")',
    'api_token = "sk-prod-token-abc-456"',
    "project_api_key='phc_skZpl3eFLQJ4iYjsERNMbCO6jfeSJi2vyZlPahKgxZ7'",
    'algolia: { appId: "8FEAOD28DI", apiKey: "4b07cca33ff2d2919bc95ff98f148e9e", indexName: "docs" }',
    'url = "postgresql://postgres.xxx:[your-pass]@xxx.pooler.example.net:6543/postgres"',
    'api_key = os.getenv("OPENAI_API_KEY")',
    'api_key = os.environ["ANTHROPIC_API_KEY_FOR_PRODUCTION"]',
    'api_key="sk-dummy-key-for-local-models-only"',
    'api_key = "sk-XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"',
    'token = "ghp_XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"',
    'token = "ghp_1234567890abcdef1234567890abcdef1234"',
    'aws_access_key_id = "AKIAIOSFODNN7EXAMPLE"',
    'aws_secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"',
    'client_secret = "my-client-secret"',
    'api_key = "your-api-key-goes-here-please"',
    'api_key = "<your anthropic api key>"',
    "api_key: '${OPENAI_API_KEY}'",
    'api_key = "{{ secrets.OPENAI_API_KEY }}"',
    'posthog_api_key = "phc_' + of(BASE62, 43) + '"',
    'PUBLIC_ANALYTICS_KEY = "' + of(BASE62, 32) + '"',
    'stripePublishableKey: "pk_live_' + of(BASE62, 24) + '"',
    'NEXT_PUBLIC_API_KEY = "' + of(BASE62, 32) + '"',
    'token_url = "https://login.acme.io/oauth2/v2.0/token"',
    'TOKENIZER = "sentence-transformers/all-MiniLM-L6-v2"',
    'secret_name = "prod/team-sales/crm-api-token-v2-2024"',
    'secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:crm"',
    'session_token = "0194a2b0-7c1e-7d2a-9f3b-2a1b3c4d5e6f"',
    'max_tokens_setting = "gpt-4o-mini-2024-07-18-preview"',
    'password_hash = "' + of(HEX, 64) + '"',
    'api_key_header = "X-Internal-Service-Api-Key-Header"',
    'credential_class = "AwsSecretManagerCredentialProvider2"',
    'DATABASE_URL = "postgresql://postgres:postgres@localhost:5432/app"',
    'DATABASE_URL = f"postgresql://{user}:{password}@{host}/app"',
    'url = "postgresql://user:password@db.acme.io/app"',
    'url = "redis://:changeme@cache.acme.io:6379/0"',
    'risk = "risk-assessment-and-mitigation-plan-for-agents"',
    'task = "task-0123456789-abcdefghijklmnopqrstuvwxyz"',
    'token = "' + jwt(sub="1234567890", name="John") + '"',
    'supabase_key = "' + jwt(role="anon", ref="x") + '"',
    'firebase = {apiKey: "AIza' + of(BASE62, 35) + '", authDomain: "app.firebaseapp.com"}',
    'MODEL_KEY = "anthropic.claude-sonnet-4-6-20260101-v1:0"',
    'digest = "' + of(HEX, 64) + '"',
    'commit = "' + of(HEX, 40) + '"',
]


def test_the_key_that_may_change_an_index_is_no_key_of_a_search_box() -> None:
    text = 'appId: "8FEAOD28DI", adminApiKey: "4b07cca33ff2d2919bc95ff98f148e9e", indexName: "docs"'
    assert [found.provider for found in find_secrets("search.ts", text.encode())] == ["generic"]


@pytest.mark.parametrize("line", HARMLESS)
def test_what_only_looks_like_a_credential_is_left_alone(line: str) -> None:
    assert find_secrets("agent.py", line.encode()) == ()


def test_places_count_characters_and_lines_of_every_kind() -> None:
    text = "# é\r\n\rname = 'ü'; key = '" + SHAPES["github"] + "'\n"
    (fact,) = find_secrets("a.py", text.encode())
    assert (fact.place.line, fact.place.column) == (3, len("name = 'ü'; key = '") + 1)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_survived(data: bytes) -> None:
    may_hold_secret(data)
    find_secrets("a.py", data)


@pytest.mark.parametrize(
    "bait",
    [
        b"=" * 2_000_000,
        b"='" + b"A" * 2_000_000,
        b"sk-" * 700_000,
        b"eyJ." * 500_000,
        b"://:" * 500_000,
        b'="Bearer ' * 200_000,
    ],
    ids=["equals", "open quote", "prefixes", "tokens", "urls", "bearers"],
)
def test_no_text_is_a_lure_into_a_square(bait: bytes) -> None:
    """Steps of a regular expression cannot be counted: a quadratic one does not come to the end of these in hours."""
    may_hold_secret(bait)
    find_secrets("a.py", bait)


PASSWORDS = ["Xk29!fQpzL72mm", "kW9$vTq82LmZ", "Zp83kd!2Qm", "hG7-pq!zR"]


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize(
    "line",
    [
        'DB_PASSWORD = "{}"',
        "SMTP_PASSWORD: str = '{}'",
        'connect(host="db.internal", password="{}")',
        '{{"user": "app", "password": "{}"}}',
        'os.environ["PGPASSWORD"] = "{}"',
        "const dbPassword = '{}';",
        "new Pool({{ password: `{}` }})",
        'let keystorePassphrase: string = "{}";',
        'admin_passwd = b"{}"',
    ],
)
def test_a_password_that_a_person_made_is_found_by_its_name(line: str, password: str) -> None:
    source = line.format(password).encode()
    assert may_hold_secret(source)
    (found,) = find_secrets("agent.py", source)
    assert (found.provider, found.is_certain) == ("generic", False)
    assert password not in found.masked
    assert source.decode()[found.place.column - 1 :].startswith(password)


@pytest.mark.parametrize(
    "line",
    [
        'DB_PASSWORD = "changeme"',
        'password = "Your-Passw0rd-Here"',
        'PASSWORD = "env:DB_PASSWORD_1"',
        'password: "vault:secret/data/App1"',
        'DB_PASSWORD = "$DB_PASSWORD_1"',
        'password = "op://Vault1/item/field"',
        'password = os.environ["Db-Pass-1"]',
        'if password == "Xk29!fQpzL72mm": return',
        'password_hint = "Use 8-64 Chars"',
        'PASSWORD_REGEX = "^(?=.*[A-Z])[A-z0-9]+"',
        'hash_password = "Sha256-Rounds-10"',
        'password = settings.get("App.Password1")',
        'label_password = "Passwordfeld"',
        'password = "#FF00aa12"',
        'password: "Contraseña"',
        'const passwordField = "Field-Pass-1";',
    ],
)
def test_what_only_speaks_of_a_password_is_left_alone(line: str) -> None:
    assert find_secrets("agent.py", line.encode()) == ()
