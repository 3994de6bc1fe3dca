"""When a description reads as read-only."""

import pytest

from agentsentinel_core.tools import is_read_only_purpose


@pytest.mark.parametrize(
    "description",
    [
        "Searches and queries the CRM for sales reps",
        "View-only dashboard assistant",
        "Read-only access to the warehouse",
        "A read only helper. It never writes, updates or deletes.",
        "READONLY reporting bot",
        "Looks up orders by number",
        "Customer lookup agent",
        "Retrieves documents and fetches metrics",
        "An agent that gets account balances",
        "Searches deleted and updated records",
        "Views run logs",
        "Reads the CRM; does not send anything",
        "Searches posts and updates",
        "Searches the web and summarises the results",
        "Looks up stamps and all their prices",
        "Search the web, and explain it to a child",
    ],
)
def test_reading_and_nothing_else_is_read_only(description):
    assert is_read_only_purpose(description)


@pytest.mark.parametrize(
    "description",
    [
        "",
        "   ",
        "Sales assistant for the northern region",
        "Searches the CRM and sends follow-up emails",
        "Reads and writes files",
        "Queries tickets and updates them",
        "Reads orders. Can create refunds.",
        "Fetches pages, deletes duplicates",
        "Views pods and deploys containers",
        "Searches accounts and posts summaries to a channel",
        "Not read-only: searches and more",
        "Handles customer queries",
        "Helps customers get refunds",
        "Retrieval of profiles is for reviewers",
        "Targets budgets, already ready for interviews",
        "You can view tasks, clean up completed tasks",
        "Views tasks and tidies up old ones",
        "Search, read, and then polish the data",
        "Retrieves pages, pins them for later",
    ],
)
def test_a_stated_act_or_no_reading_is_not_read_only(description):
    assert not is_read_only_purpose(description)


@pytest.mark.parametrize("description", ["Read-only. Deletes nothing", "Strictly read-only; exports and sends no data"])
def test_the_words_read_only_always_count(description):
    assert is_read_only_purpose(description)


@pytest.mark.parametrize(
    "description",
    [
        "Comprehensive management of users. Use list_users to get the users first, then look up their groups.",
        "Use find_note to search. Call it when the user wants to look up a note.",
        "User administration: search and view users",
    ],
)
def test_instructions_for_the_model_and_management_state_no_reading(description):
    assert not is_read_only_purpose(description)


@pytest.mark.parametrize(
    "description",
    [
        "Routes a query to specialised agents: for simple questions, answer directly",
        "A data analyst. Read the uploaded file and analyse it by code.",
        "Uses the catalogue of Google Search and what customers prefer",
        "Call get_collections first, then choose search_documents or rag_query",
        "A research assistant with tools for calculations and search of the web",
        "Coordinates agents that search the web",
    ],
)
def test_a_noun_or_the_name_of_a_tool_does_not_say_that_an_agent_only_reads(description):
    assert not is_read_only_purpose(description)
