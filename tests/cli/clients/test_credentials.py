"""A value is a credential by its form, or by the name it has wherever it stands."""

from typing import Any

import pytest

from agentsentinel_cli.clients.credentials import secrets_in

RANDOM = "q7Xk2mV9pL4tR8sW3zB6nH1c"
GITHUB = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"env": {"GITHUB_TOKEN": GITHUB}}, "env.GITHUB_TOKEN"),
        ({"env": {"ANYTHING": GITHUB}}, "env.ANYTHING"),
        ({"env": {"ACME_API_KEY": RANDOM}}, "env.ACME_API_KEY"),
        ({"headers": {"Authorization": f"Bearer {RANDOM}"}}, "headers.Authorization"),
        ({"args": ["--api-key", RANDOM]}, "args[1]"),
        ({"args": [f"--api-key={RANDOM}"]}, "args[0]"),
        ({"args": ["-e", f"ACME_TOKEN={RANDOM}"]}, "args[1]"),
        ({"args": ["--header", f"X-Api-Key: {RANDOM}"]}, "args[1]"),
        ({"args": ["--header", f"Authorization:{RANDOM}"]}, "args[1]"),
        ({"url": f"https://x.example/mcp?a=b&api_key={RANDOM}"}, "url"),
        ({"url": f"postgres://app:{RANDOM}@db.example/x"}, "url"),
        ({"models": [{"apiKey": RANDOM}]}, "models[0].apiKey"),
    ],
)
def test_a_credential_is_found_by_its_name(data: Any, place: str) -> None:
    (secret,) = secrets_in(data, "mcp.json")
    assert secret.where == f"mcp.json: {place}"
    assert RANDOM[6:] not in repr(secret)
    assert GITHUB[8:] not in repr(secret)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "${env:ACME_API_KEY}",
            "${ACME_API_KEY}",
            "$ACME_API_KEY",
            "${input:key}",
            "{env:KEY}",
            "{file:~/key}",
            "%KEY%",
        ),
        *("op://Private/acme/credential", "keyring:acme/api-key", "your-api-key", "<YOUR_API_KEY>", "changeme"),
        *("sk-ant-your-key-here", "", "true", "xxxxxxxx", "sk-proj-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
    ],
)
def test_a_reference_and_a_placeholder_are_none(value: str) -> None:
    data = {
        "env": {"ACME_API_KEY": value},
        "args": ["--api-key", value],
        "headers": {"Authorization": f"Bearer {value}"},
    }
    assert secrets_in(data, "mcp.json") == ()


@pytest.mark.parametrize(
    "data", [{"commit": "9f8e7d6c5b4a39281706f5e4d3c2b1a0"}, {"id": RANDOM}, {"args": [RANDOM]}, None, []]
)
def test_a_random_value_without_a_telling_name_is_none(data: Any) -> None:
    assert secrets_in(data, "mcp.json") == ()
