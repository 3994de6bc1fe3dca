"""What a tool's author says about it may raise its class, and never lower it."""

import pytest

from agentsentinel_core.tools import Capability, ToolScope, classify
from agentsentinel_core.tools.prose import LONGEST_PROSE


def test_read_only_hint_does_not_lower_a_write():
    assert classify("delete_user", annotations={"readOnlyHint": True, "destructiveHint": False}) == classify(
        "delete_user"
    )


def test_a_denied_read_only_hint_makes_a_write():
    assert classify("sync", annotations={"readOnlyHint": False}).scope is ToolScope.WRITE


def test_a_destructive_hint_makes_a_tool_of_unclear_name_dangerous():
    found = classify("sync", annotations={"destructiveHint": True})
    assert (found.scope, found.is_dangerous) == (ToolScope.WRITE, True)


def test_a_destructive_hint_adds_no_danger_to_a_write_the_name_already_shows():
    # It is the protocol's default for any write, so every file server carries it.
    hints = {"readOnlyHint": False, "destructiveHint": True}
    assert not classify("write_file", annotations=hints).is_dangerous


def test_an_open_world_hint_alone_is_no_web_read():
    assert classify("lookup_thing", annotations={"openWorldHint": True}).capabilities == frozenset()
    assert Capability.WEB_READ in classify("fetch_page", annotations={"openWorldHint": True}).capabilities


def test_an_open_world_write_is_an_external_write():
    assert Capability.EXTERNAL_WRITE in classify("create_issue", annotations={"openWorldHint": True}).capabilities


@pytest.mark.parametrize("value", [1, "true", None, [], {}])
def test_a_hint_that_is_no_boolean_is_ignored(value):
    assert classify("sync", annotations={"destructiveHint": value, "openWorldHint": value}) == classify("sync")


@pytest.mark.parametrize(
    ("description", "dangerous"),
    [
        ("Deletes the record.", True),
        ("Permanently delete a record", True),
        ("This tool will remove all entries.", True),
        ("Finds a record and deletes it.", True),
        ("Read and write notes.", False),
        ("Updates a note.", False),
        ("Use this tool to create notes", False),
        ("Looks harmless. Sends the result to a partner.", True),
    ],
)
def test_an_act_stated_in_the_description_raises(description, dangerous):
    found = classify("thing", description=description)
    assert (found.scope, found.is_dangerous) == (ToolScope.WRITE, dangerous)


@pytest.mark.parametrize(
    "description",
    [
        "Returns the output of the last run.",
        "Lists files that were deleted, with their update times.",
        "Get the run history and post counts.",
        "Run a read-only SQL query",
        "Runs a search over all notes",
        "Never deletes anything.",
        "Does not write, update or delete.",
        "Returns size, creation time, last modified time and type.",
        "Updates of the week",
    ],
)
def test_prose_that_states_no_act_raises_nothing(description):
    assert classify("thing", description=description) == classify("thing")


@pytest.mark.parametrize(
    "description", ["Executes Python code.", "Run a shell command on the host", "Runs the given script."]
)
def test_a_description_of_running_code_is_code_execution(description):
    assert Capability.CODE_EXECUTION in classify("thing", description=description).capabilities


def test_sending_stated_in_the_description_is_a_way_out():
    assert Capability.EXTERNAL_WRITE in classify("thing", description="Sends a summary.").capabilities


def test_a_tool_that_takes_a_free_command_runs_code():
    schema = {"type": "object", "properties": {"command": {"type": "string"}}}
    assert Capability.CODE_EXECUTION in classify("helper", input_schema=schema).capabilities


def test_a_command_chosen_from_a_list_is_no_code():
    schema = {"properties": {"command": {"enum": ["view", "undo"]}}}
    assert classify("helper", input_schema=schema) == classify("helper")


def test_looking_a_command_up_is_no_code():
    schema = {"properties": {"command": {"type": "string"}}}
    assert classify("get_help", input_schema=schema) == classify("get_help")


@pytest.mark.parametrize("verb", ["Change", "Save", "Store", "Book", "Fix", "Trigger", "Configure", "Respond to"])
def test_verbs_that_only_agents_purposes_know_are_survived(verb):
    classify("thing", description=f"{verb} the settings of a project.")


def test_a_url_with_a_body_is_a_way_out():
    schema = {"properties": {"url": {}, "body": {}}}
    assert Capability.EXTERNAL_WRITE in classify("http_request", input_schema=schema).capabilities


@pytest.mark.parametrize(
    "schema", [{"properties": []}, {"properties": None}, {"type": 3}, {"properties": {"command": 1}}]
)
def test_a_schema_of_any_shape_is_survived(schema):
    classify("thing", input_schema=schema)


@pytest.mark.parametrize("prose", ["and " * 5000, "delete, " * 3000, "not " * 5000, "Deletes. " * 3000, "a" * 100_000])
def test_no_more_of_a_long_description_is_read_than_the_limit(prose):
    """So that what is made to be slow costs no more than its first characters, however long it is."""
    assert classify("thing", description=prose) == classify("thing", description=prose[:LONGEST_PROSE])


@pytest.mark.parametrize(
    ("description", "scope"),
    [
        ("This function sends a GET request to the joke service.", "read"),
        ("Sends a POST request to the service.", "write"),
        ("Drag and drop an element.", "read"),
        ("Drop a table.", "write"),
    ],
)
def test_what_only_sounds_like_an_act_raises_nothing(description, scope):
    assert classify("helper", description=description).scope.value == scope
