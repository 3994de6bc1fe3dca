"""Keys in environments and command lines, by the format of their values."""

import pytest

from agentsentinel_cli.discover.environment import exposed_keys, is_monitored, mask
from cli.discover.support import made_up_key

SHAPES = [
    ("ANTHROPIC_API_KEY", made_up_key("sk-ant-api03-", 80), "Anthropic"),
    ("OPENAI_API_KEY", made_up_key("sk-proj-"), "OpenAI"),
    ("GOOGLE_API_KEY", made_up_key("AIza", 35), "Google"),
    ("GEMINI_API_KEY", made_up_key("AIza", 35), "Google"),
    ("GROQ_API_KEY", made_up_key("gsk_", 52), "Groq"),
    ("HUGGINGFACE_TOKEN", made_up_key("hf_", 34), "Hugging Face"),
    ("HF_TOKEN", made_up_key("hf_", 34), "Hugging Face"),
    ("REPLICATE_API_TOKEN", made_up_key("r8_", 37), "Replicate"),
    ("PERPLEXITY_API_KEY", made_up_key("pplx-"), "Perplexity"),
    ("XAI_API_KEY", made_up_key("xai-", 80), "xAI"),
    ("MISTRAL_API_KEY", made_up_key("", 32), "Mistral"),
    ("COHERE_API_KEY", made_up_key("", 40), "Cohere"),
    ("AZURE_OPENAI_API_KEY", "3f9c1d7e5a8b42069ed0c4f7182b6a5d", "Azure OpenAI"),
    ("TOGETHER_API_KEY", "9b41f7c05d2ea8634c1fb9d7e06a3852f41c7b9de8305a6c2d14f7b8e90a5c63", "Together"),
    ("BEDROCK_API_KEY", made_up_key("", 44), "Bedrock"),
]


@pytest.mark.parametrize(("variable", "value", "provider"), SHAPES)
def test_keys_of_all_documented_variables_are_found_and_masked(variable: str, value: str, provider: str) -> None:
    (key,) = exposed_keys({variable: value, "PATH": "/bin"})
    assert (key.variable, key.provider) == (variable, provider)
    assert key.shown == f"{variable}={value[:8]}...{value[-4:]}"
    assert value not in key.shown


@pytest.mark.parametrize("variable", ["LLM_KEY", "app_config", "X"])
def test_the_format_of_a_value_is_enough_whatever_the_variable(variable: str) -> None:
    (key,) = exposed_keys({variable: made_up_key("sk-proj-")})
    assert (key.variable, key.provider) == (variable, "OpenAI")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "changeme",
        "your-key",
        "not-a-key",
        "sk-...",
        "sk-proj-xxxxxxxxxxxxxxxxxxxxxxxx",
        "${OPENAI_API_KEY}",
        "sk-your-openai-api-key-goes-here-please",
        "fake-key-for-testing-purposes-only",
        "dummydummydummydummydummydummy",
    ],
)
def test_placeholders_are_not_keys(value: str) -> None:
    assert exposed_keys({"OPENAI_API_KEY": value}) == ()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GITHUB_TOKEN", made_up_key("ghp_", 36)),
        ("AWS_ACCESS_KEY_ID", "AKIAQ7XN3MPL5RTW2ZVB"),
        ("SESSION_ID", made_up_key("", 32)),
        ("AGENTSENTINEL_API_KEY", made_up_key("as_agt_", 40)),
    ],
)
def test_secrets_that_open_no_llm_api_are_not_reported(variable: str, value: str) -> None:
    assert exposed_keys({variable: value}) == ()


@pytest.mark.parametrize(
    ("arguments", "variable"),
    [
        (["agent.py", "--api-key", made_up_key("sk-proj-")], "--api-key"),
        (["agent.py", f"--api-key={made_up_key('sk-proj-')}"], "--api-key"),
        (["docker", "run", "-e", f"OPENAI_API_KEY={made_up_key('sk-proj-')}", "mcp/x"], "-e OPENAI_API_KEY"),
    ],
)
def test_keys_on_the_command_line_are_exposed_too(arguments: list[str], variable: str) -> None:
    (key,) = exposed_keys({}, arguments)
    assert key.variable == variable
    assert made_up_key("sk-proj-") not in key.shown


def test_a_key_is_named_once_for_each_place() -> None:
    key = made_up_key("sk-proj-")
    assert len(exposed_keys({"A": key, "B": key}, ["x", "--k", key])) == 3


@pytest.mark.parametrize("length", range(20))
def test_short_values_are_masked_wholly(length: int) -> None:
    assert mask("abcdefghijklmnopqrstuvwxyz"[:length]) == "***"


def test_a_megabyte_of_environment_is_no_obstacle() -> None:
    variables = {f"V{number}": "x" * 1000 for number in range(1000)} | {"BYTES": "\udcff\udcfe", "LONG": "sk-" * 50_000}
    assert len(exposed_keys(variables | {"K": made_up_key("sk-proj-")})) == 1


def test_a_key_of_the_platform_shows_that_an_agent_is_monitored() -> None:
    assert is_monitored({"AGENTSENTINEL_API_KEY": "as_agt_x"})
    assert not is_monitored({"AGENTSENTINEL_API_KEY": ""})
