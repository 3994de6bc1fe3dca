"""Agents in the source code of a folder."""

from pathlib import Path

import pytest

from agentsentinel_cli.discover.model import DiscoveredAgent
from agentsentinel_cli.discover.run import Plan, Run
from cli.discover.support import made_up_key
from cli.scan.support import READER, SALES_AGENT, write_tree

KEYED = f'{READER}\nopenai_api_key = "{made_up_key("sk-proj-")}"\n'


def found(folder: Path) -> tuple[list[DiscoveredAgent], list[str]]:
    plan = Plan(has_processes=False, has_network=False, path=str(folder))
    discovery = Run(plan).execute()
    return discovery.agents, discovery.notices


@pytest.mark.parametrize(
    ("source", "risk"), [(SALES_AGENT, "MEDIUM"), (READER, "LOW"), (KEYED, "CRITICAL")], ids=["write", "read", "key"]
)
def test_the_risk_of_a_file_follows_its_tools_and_credentials(tmp_path: Path, source: str, risk: str) -> None:
    ((agent,), _) = found(write_tree(tmp_path / "w", {"sales_agent.py": source, "plain.py": "import json\n"}))
    assert (agent.source, agent.name, agent.location) == ("file", "sales-agent", "sales_agent.py")
    assert (agent.risk.value, agent.frameworks) == (risk, ("LangChain",))
    assert agent.next_step == f"sentinel scan {tmp_path / 'w' / 'sales_agent.py'}"
    assert made_up_key("sk-proj-") not in repr(agent)


def test_a_file_with_a_credential_and_no_agent_is_not_one(tmp_path: Path) -> None:
    text = f'openai_api_key = "{made_up_key("sk-proj-")}"\n'
    assert found(write_tree(tmp_path / "w", {"settings.py": text}))[0] == []


def test_files_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "w", {"agent.py": READER})
    (folder / "bad.py").write_bytes(b"from langchain_core.tools import tool\n@tool\ndef a(:\n\0")
    agents, notices = found(folder)
    assert len(agents) == 1
    assert any("could not be read" in notice for notice in notices)


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    agents, notices = found(tmp_path / "gone")
    assert agents == []
    assert "was not looked at" in notices[0]
