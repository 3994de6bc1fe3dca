"""PROMPT_INJECTION_VECTOR: a web read and a write."""

import pytest

from agentsentinel_core.agents import EvidenceKind
from core.posture.samples import agent, found, is_open, without

RULE = "PROMPT_INJECTION_VECTOR"


@pytest.mark.parametrize("web", ["http_fetch", "fetch", "web_search", "browser_navigate"])
@pytest.mark.parametrize("write", ["write_file", "send_email", "manage_roles"])
def test_a_web_read_and_a_write_together_are_a_vector(web, write):
    assert found(RULE, agent(web, write)).evidence == tuple(sorted((f"tool:{web}", f"tool:{write}")))


@pytest.mark.parametrize("tools", [("http_fetch", "read_file"), ("fetch_invoice", "write_file"), ("http_post",)])
def test_one_side_alone_is_none(tools):
    assert found(RULE, agent(*tools)) is None


def test_a_web_reader_that_keeps_what_it_read_is_no_second_tool():
    assert found(RULE, agent("fetch_and_save_url")) is None
    assert found(RULE, agent("fetch_and_save_url", "web_search")) is None
    assert found(RULE, agent("fetch_and_save_url", "write_file")) is not None


def test_a_browser_acts_on_the_page_that_it_reads():
    assert found(RULE, agent("browser_click")) is not None


def test_without_grants_it_is_open():
    assert is_open(RULE, without(agent("http_fetch", "write_file"), EvidenceKind.GRANTS))
