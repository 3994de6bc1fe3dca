"""Only the text that is evaluated counts as filtered; tests of whole bodies stand in test_effects.py."""

import pytest

from agentsentinel_cli.scan.recognize.python import extract_python


@pytest.mark.parametrize(
    ("lines", "is_code"),
    [
        (["clean = ''.join(c for c in text if c in '0123456789+')", "return eval(clean)"], False),
        (["if frozenset(text) <= frozenset('0123456789+'):", "    return eval(text)"], False),
        (["ALLOWED = ['0', '1', '+']", "if all(c in ALLOWED for c in text):", "    return eval(text)"], False),
        (["clean = ''.join(c for c in other if c in '0123456789+')", "return eval(text)"], True),
        (["if all(c in allowed for c in text):", "    return eval(text)"], True),
        (["return eval(text)"], True),
    ],
)
def test_a_filter_counts_for_the_text_that_it_checks(lines: list[str], is_code: bool) -> None:
    body = "\n".join(f"    {line}" for line in lines)
    source = f"from langchain_core.tools import tool\n\n@tool\ndef probe(text, other, allowed):\n{body}\n"
    (tool,) = extract_python("probe.py", source.encode()).tools
    assert ("eval" in {effect.kind for effect in tool.effects}) == is_code
