"""The server of the environment: what is missing or wrong says what to do."""

import pytest

from agentsentinel_cli.server import CannotAsk, server_of_environment
from agentsentinel_sdk.testing import FakeSentinel


def test_a_missing_key_a_wrong_url_and_a_server_that_is_away_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AGENTSENTINEL_API_KEY", raising=False)
    with pytest.raises(CannotAsk, match="set AGENTSENTINEL_API_KEY"), server_of_environment():
        pass
    monkeypatch.setenv("AGENTSENTINEL_API_KEY", FakeSentinel().api_key)
    monkeypatch.setenv("SENTINEL_URL", "not a url")
    with pytest.raises(CannotAsk), server_of_environment():
        pass
    with FakeSentinel(api_key="as_adm_" + "1" * 64).serve() as url:
        monkeypatch.setenv("SENTINEL_URL", url)
        with pytest.raises(CannotAsk, match="the server at http"), server_of_environment() as client:
            client.whoami()
