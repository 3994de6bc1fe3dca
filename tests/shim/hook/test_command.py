"""The verbs of `sentinel hook`."""

import pytest

from agentsentinel_shim.hook.clients import BY_NAME
from agentsentinel_shim.hook.command import run


def test_help_lists_verbs_and_clients(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(["--help"])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("install", "status", "remove", *BY_NAME))


@pytest.mark.parametrize(
    "words",
    [[], ["install"], ["instal", "--client", "cursor"], ["status", "--client", "zed"], ["remove", "--cli", "cursor"]],
)
def test_wrong_usage_is_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(words)
    assert left.value.code == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("url", ["ftp://x", "localhost:9000", "https://ada:hunter2@x.example"])
def test_an_address_that_cannot_be_written_down_is_2(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["install", "--client", "cursor", "--sentinel-url", url, "--dry-run"]) == 2
    assert "hunter2" not in capsys.readouterr().err
