"""An agent is judged by its tools, and each finding says where it rests."""

from datetime import UTC, datetime

from agentsentinel_cli.scan.judge import EVIDENCE, judge, profile_of
from agentsentinel_cli.scan.model import Place, ServerFact
from agentsentinel_cli.scan.report_model import Location, ScanFinding, ScannedAgent, ScannedGrant, ScannedTool
from agentsentinel_core.agents import EvidenceKind
from agentsentinel_core.tools.classify import classify

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def tool(name: str, line: int, *, path: str = "a.py", is_sure: bool = True) -> ScannedTool:
    return ScannedTool(name, name, path, Place(line), "langchain", "decorator", "", classify(name), is_sure)


def agent(*tools: ScannedTool) -> ScannedAgent:
    return ScannedAgent("sales", "a.py", Place(40), "langchain", None, "Helps the sales team.", list(tools))


def judged(found: ScannedAgent) -> dict[str, ScanFinding]:
    judge(found, NOW)
    return {finding.rule_id: finding for finding in found.findings}


def test_an_agent_that_reads_inside_and_writes_outside_is_an_exfiltration_path() -> None:
    found = agent(tool("read_database", 3), tool("send_email", 9))
    finding = judged(found)["EXFILTRATION_PATH"]
    assert [(where.place.line, where.note) for where in finding.locations] == [
        (3, "tool read_database"),
        (9, "tool send_email"),
    ]
    assert finding.confidence == "high"
    assert found.score < 100
    assert found.status != "TRUSTED"


def test_an_agent_that_only_looks_things_up_is_clean() -> None:
    found = agent(tool("search_docs", 3))
    assert judged(found) == {}
    assert (found.score, found.status) == (100.0, "TRUSTED")


def test_a_claim_makes_a_finding_less_sure() -> None:
    found = agent(tool("read_database", 3), tool("send_email", 9, is_sure=False))
    assert judged(found)["EXFILTRATION_PATH"].confidence == "medium"


def test_every_definition_of_a_tool_is_a_place_once_and_in_order() -> None:
    twice = [tool("send_email", 9), tool("send_email", 9), tool("send_email", 2, path="b.py"), tool("read_database", 3)]
    finding = judged(agent(*twice))["EXFILTRATION_PATH"]
    assert [(where.path, where.place.line) for where in finding.locations] == [("a.py", 3), ("a.py", 9), ("b.py", 2)]


def test_a_credential_counts_where_it_stands_and_a_guess_is_medium() -> None:
    found = agent(tool("search_docs", 3))
    found.secrets = [(Location("keys.py", Place(7)), "github", "ghp_abcd…", True)]
    finding = judged(found)["HARDCODED_CREDENTIALS"]
    assert [(where.path, where.place.line) for where in finding.locations] == [("keys.py", 7)]
    assert finding.confidence == "high"
    found.secrets = [(Location("keys.py", Place(7)), "generic", "ghp_abcd…", False)]
    assert judged(found)["HARDCODED_CREDENTIALS"].confidence == "medium"


def test_the_profile_holds_granted_tools_with_a_class_and_connections() -> None:
    found = agent(tool("search_docs", 3))
    found.grants = [
        ScannedGrant("send_email", "imported", "mail", "a.py", Place(5), classify("send_email")),
        ScannedGrant("helper", "agent", "b.py", "a.py", Place(6), None),
    ]
    found.servers = (ServerFact("files", "http://10.0.0.5/mcp", Place(8)),)
    found.executors = [
        Location("a.py", Place(9), "b"),
        Location("a.py", Place(9), "a"),
        Location("a.py", Place(1), "a"),
    ]
    profile = profile_of(found)
    assert [grant.tool_name for grant in profile.grants] == ["search_docs", "send_email"]
    assert [(server.server_name, server.server_url) for server in profile.connections] == [
        ("files", "http://10.0.0.5/mcp")
    ]
    assert profile.code_executors == ("a", "b")
    assert profile.evidence == EVIDENCE
    assert EvidenceKind.USAGE not in EVIDENCE


def test_a_connection_over_plain_http_is_found_where_it_is_stated() -> None:
    found = agent(tool("search_docs", 3))
    found.servers = (
        ServerFact("crm", "http://crm.example.com/mcp", Place(8)),
        ServerFact("own", "http://localhost/mcp", Place(9)),
    )
    finding = judged(found)["INSECURE_MCP_CONNECTION"]
    assert [(where.place.line, where.note) for where in finding.locations] == [(8, "MCP server crm")]
