"""The file of capabilities: a page after the other, each agent once."""

import pytest

from agentsentinel.capabilities import export
from server.support import Server


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_file_without_agents_is_whole(server: Server, form: str) -> None:
    answer = server.api.get("capabilities/export", params={"format": form, "q": "no agent is called this"})
    assert answer.headers["content-disposition"] == f'attachment; filename="capabilities.{form}"'
    assert answer.text == ("[]" if form == "json" else ",".join(export.COLUMNS) + "\r\n")
