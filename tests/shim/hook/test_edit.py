"""Items are added to lists of hooks and taken out again, and every other byte stays."""

import json
from typing import Any

import pytest

from agentsentinel_shim.desk.documents import Broken
from agentsentinel_shim.hook.edit import added, ours_in, removed

OURS = {"hooks": [{"type": "command", "command": "sentinel hook"}]}
TEXTS = [
    "{}",
    '{"model": "m"}\n',
    '{\r\n\t"model": "m",\r\n\t"hooks": {}\r\n}\r\n',
    '{ // mine\n  "hooks": {\n    "Stop": [ { "hooks": [] }, ],  /* keep */\n  },\n}\n',
    '{"hooks":{"PreToolUse":[{"matcher":"Bash","hooks":[{"type":"command","command":"a"}]}]},"z":[1,2]}',
    '{"hooks": {"PostToolUse": [{"hooks": [{"command": "b"}]}], "PreToolUse": [{"x": 1}, {"y": 2}]}}',
]
WITHOUT_EMPTY_HOOKS = {TEXTS[2]: '{\r\n\t"model": "m"\r\n}\r\n'}
"""What held nothing before is not told from what holds nothing now; the backup of `install` gives it back."""


def is_ours(item: Any) -> bool:
    return bool(item == OURS)


@pytest.mark.parametrize("text", TEXTS)
def test_what_was_added_is_there_once_and_goes_without_a_trace(text: str) -> None:
    items = {"PreToolUse": OURS, "PostToolUse": OURS}
    more = added(text, items)
    assert ours_in(more, is_ours) == items
    back = removed(more, is_ours)
    assert back == WITHOUT_EMPTY_HOOKS.get(text, text)
    assert removed(back, is_ours) == back


def test_an_empty_file_gets_readable_lines() -> None:
    assert json.loads(added("{}\n", {"Stop": OURS})) == {"hooks": {"Stop": [OURS]}}
    assert added("{}\n", {"Stop": OURS}).splitlines()[1] == '  "hooks": {'


@pytest.mark.parametrize("text", ["[]", '{"hooks": []}', '{"hooks": {"Stop": {}}}', "{", '"x"'])
def test_a_file_of_another_shape_is_left_alone(text: str) -> None:
    with pytest.raises(Broken):
        added(text, {"Stop": OURS})


def test_only_ours_goes_from_between_others() -> None:
    ours = json.dumps(OURS)
    between = f'{{"hooks": {{"Stop": [{{"a": 1}}, {ours}, {{"b": 2}}]}}}}'
    assert removed(between, is_ours) == '{"hooks": {"Stop": [{"a": 1}, {"b": 2}]}}'
    first = f'{{"hooks": {{"Stop": [{ours}, {{"b": 2}}]}}}}'
    assert removed(first, is_ours) == '{"hooks": {"Stop": [ {"b": 2}]}}'
